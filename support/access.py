"""Who of our staff works on tickets. One rule each for pages, API and admin: a permission, and a second factor where one is due."""

from __future__ import annotations

from accounts.models import User


def may_read_tickets(user: User) -> bool:
    """Whether this person sees other people's tickets."""
    return user.acts_as_staff and user.has_perm("support.view_ticket")


def may_answer_tickets(user: User) -> bool:
    """Whether this person answers, moves and closes other people's tickets."""
    return may_read_tickets(user) and user.has_perm("support.change_ticket")


def may_be_given_tickets(user: User) -> bool:
    """Whether a colleague may give this person a ticket; their second factor is looked at when they come."""
    return user.is_staff and user.has_perm("support.change_ticket")
