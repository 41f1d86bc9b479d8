"""The mails about tickets: each a row of the caller's transaction. All of one ticket are one conversation to mail programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from accounts.models import User
from accounts.people import greeting_name
from accounts.services.notifications import Kind, Words, notify, wants_mail
from accounts.services.outbox import id_of_ours, queue_mail
from accounts.services.verification import address_is_known
from nexusvpn.languages import lazy as _
from nexusvpn.texts import without_links
from support.models import Ticket
from support.tokens import reply_address

# `support.inbound.trimming` knows it again in each language.
MARKER_WORDS = _("--- Answer above this line ---")
# Asks automatic answers to stay away (RFC 3834; the second is what Exchange understands).
_SILENCE = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def gets_mails(customer: User) -> bool:
    """Whether what we say about their tickets also comes to their mailbox: they want it, and the address is known to be theirs."""
    return address_is_known(customer) and wants_mail(customer, Kind.SUPPORT)


def conversation_headers(ticket: Ticket) -> dict[str, str]:
    """What a mail program knows the conversation by; what was never sent under that name is its beginning."""
    beginning = id_of_ours(f"ticket-{ticket.pk}")
    headers = {"References": beginning, "In-Reply-To": beginning}
    address = reply_address(ticket.pk)
    return {**headers, "Reply-To": address} if address else headers


def _context(ticket: Ticket) -> dict[str, str]:
    return {
        "name": greeting_name(ticket.user),
        "subject": without_links(ticket.subject),
        "path": f"/support/{ticket.pk}",
        "marker": MARKER_WORDS if settings.SUPPORT_MAIL_ADDRESS else "",
    }


def queue_ticket_opened(ticket: Ticket) -> None:
    """That the question has come."""
    customer = ticket.user
    if gets_mails(customer):
        headers = {**conversation_headers(ticket), **_SILENCE}
        queue_mail("ticket_opened", customer.email, _context(ticket), user=customer, headers=headers)


def queue_ticket_answered(ticket: Ticket, message: str) -> None:
    """Queued inside the transaction that holds the answer. Says what was answered, never who of us did."""
    context = {**_context(ticket), "message": message}
    headers = {**conversation_headers(ticket), "X-Auto-Response-Suppress": "All"}
    _tell(ticket, _about(ticket, _("Support answered: {subject}")), "ticket_answered", context, headers)


def queue_ticket_closing(ticket: Ticket, *, closes_at: datetime) -> None:
    """That an answered ticket will be closed unless its customer writes."""
    context = {**_context(ticket), "answered_at": ticket.updated_at, "closes_at": closes_at}
    headers = {**conversation_headers(ticket), **_SILENCE}
    _tell(ticket, _about(ticket, _("Ticket will be closed: {subject}")), "ticket_closing", context, headers)


def _about(ticket: Ticket, words: str) -> Words:
    """A title with the ticket's subject, said in the language of whoever reads it."""
    return lambda: str(words).format(subject=ticket.subject)


def _tell(ticket: Ticket, title: Words, mail: str, context: dict[str, Any], headers: dict[str, str]) -> None:
    """A line in the customer's list, and the mail. An answer to that could not be taken from an address that is not known."""
    customer, link = ticket.user, f"/support/{ticket.pk}"
    mail = mail if address_is_known(customer) else ""
    notify(customer, Kind.SUPPORT, title, link=link, mail=mail, context=context, headers=headers)


def tell_closed(ticket: Ticket) -> None:
    """A line in the customer's list; a mail would say nothing that they can answer."""
    notify(ticket.user, Kind.SUPPORT, _about(ticket, _("Ticket closed: {subject}")), link=f"/support/{ticket.pk}")


def tell_merged(source: Ticket, target: Ticket) -> None:
    title = _about(source, _("Ticket goes on in another: {subject}"))
    notify(target.user, Kind.SUPPORT, title, link=f"/support/{target.pk}")


def queue_mail_refused(ticket: Ticket, why: str) -> None:
    """To a customer whose mail is not in their thread; whatever they chose, since they wait for an answer to it."""
    headers = {**conversation_headers(ticket), "Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
    headers.pop("Reply-To", None)
    context = {**_context(ticket), "why": why, "marker": ""}
    queue_mail("ticket_mail_refused", ticket.user.email, context, user=ticket.user, headers=headers)
