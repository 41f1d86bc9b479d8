"""The mails about an account: each a row of the caller's transaction, sent after its commit."""

from __future__ import annotations

from accounts.models import Invitation, User
from accounts.people import greeting_name
from accounts.services.outbox import queue_mail


def queue_welcome(user: User) -> None:
    queue_mail("welcome", user.email, {"name": greeting_name(user)}, user=user)


def queue_verification(user: User, token: str) -> None:
    queue_mail("verify_email", user.email, {"name": greeting_name(user), "token": token}, user=user)


def queue_account_exists(user: User) -> None:
    """For somebody who signs up with an address that has an account."""
    context = {"name": greeting_name(user), "leaving": user.is_leaving}
    queue_mail("account_exists", user.email, context, user=user)


def queue_reset(user: User, token: str) -> None:
    queue_mail("password_reset", user.email, {"name": greeting_name(user), "token": token}, user=user)


def queue_address_question(user: User, *, to: str, new: str, token: str, kind: str) -> None:
    """`kind` is the mail's folder: to the present mailbox `email_change_old`, to the new one `email_change_new`."""
    queue_mail(kind, to, {"name": greeting_name(user), "old": user.email, "new": new, "token": token}, user=user)


def queue_address_changed(user: User, *, to: str, old: str) -> None:
    queue_mail("email_changed", to, {"name": greeting_name(user), "old": old, "new": user.email}, user=user)


def queue_invitation(invitation: Invitation, code: str) -> None:
    queue_mail("invitation", invitation.email, {"code": code, "expires_at": invitation.expires_at})
