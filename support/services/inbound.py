"""Mails that come in: a customer's answer goes into its thread, once; of everything else it is noted why it does not.

Nobody is told anything but the ticket's own customer at the address of their account: what a stranger sends has no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NoReturn

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.services.verification import address_is_known
from nexusvpn.batches import delete_in_batches
from nexusvpn.errors import DomainError, InvalidInput, Unavailable
from nexusvpn.logs import logger
from support.emails import queue_mail_refused
from support.errors import AttachmentsOverQuota, TooManyMails
from support.files.checking import MAX_FILES, CheckedFile
from support.files.names import clean_name
from support.inbound.automatic import is_ours
from support.inbound.messages import SentFile, SentMail, read_mail
from support.inbound.trimming import trimmed
from support.models import InboundMail, Ticket, TicketMessage
from support.services.attachments import check_files
from support.services.tickets import reply_to_ticket
from support.tokens import Purpose, id_in, own_addresses, tokens_in
from support.validators import MESSAGE_MAX

log = logger(__name__)
State = InboundMail.State
# Two programs that answer each other write more than a person does.
MAILS_AN_HOUR = 10
_TOO_LONG = "The end is in the file “mail.txt”."
WHY_REFUSED = {
    "ticket_closed": "It was closed a while ago: please open a new ticket.",
    "empty": "We found no text in it. It may be encrypted, which we cannot read: please write on the ticket's page.",
}
_OTHERWISE = "Please write on the ticket's page."


def receive_mail(raw: bytes) -> InboundMail | None:
    """Take one mail as a mail server hands it over; None for one that was taken before.

    Raises UnreadableMail, and passes on what the database raises: then nothing was taken, and the server may try again.
    """
    mail = read_mail(raw)
    if InboundMail.objects.filter(fingerprint=mail.fingerprint).exists():
        return None
    try:
        taken = _take(mail)
    except _TakenBefore:
        return None
    log.info("mail_received", state=taken.state, reason=taken.reason)
    return taken


class _TakenBefore(Exception):
    """Another process has noted the same mail meanwhile."""


def _take(mail: SentMail) -> InboundMail:
    if reason := _why_ignored(mail):
        return _note(mail, State.IGNORED, reason)
    ticket = _ticket_of(mail)
    if ticket is None:
        return _note(mail, State.REFUSED, "bad_token")
    if not _is_from(mail, ticket.user):
        return _note(mail, State.REFUSED, "other_sender")
    text = trimmed(mail.text)
    if not text and not mail.files:
        return _refuse(mail, ticket, "empty")
    try:
        return _write(mail, ticket, text)
    except TooManyMails:
        # Not told: that mail might be answered by a program too.
        return _note(mail, State.IGNORED, "too_many")
    except Unavailable:
        raise
    except DomainError as refused:
        return _refuse(mail, ticket, refused.code)


def _why_ignored(mail: SentMail) -> str:
    return "loop" if is_ours(mail.sender, own_addresses()) else mail.automatic


def _ticket_of(mail: SentMail) -> Ticket | None:
    """The ticket that a good token of the mail names; where it was merged into another, the service finds that."""
    named = (id_in(Purpose.ANSWER, token) for token in tokens_in(mail.recipients))
    ticket_id = next((ticket_id for ticket_id in named if ticket_id is not None), None)
    if ticket_id is None:
        return None
    return Ticket.objects.select_related("user").filter(pk=ticket_id).first()


def _is_from(mail: SentMail, customer: User) -> bool:
    """Whether it names the customer's present address as its sender, which is known to be theirs, and they are not shut out."""
    return customer.is_active and address_is_known(customer) and mail.sender == customer.email.lower()


def _note(mail: SentMail, state: InboundMail.State, reason: str, message: TicketMessage | None = None) -> InboundMail:
    """Raises _TakenBefore where the same mail was noted meanwhile; the unique index closes that race, and the other waits for it."""
    try:
        with transaction.atomic():
            return InboundMail.objects.create(fingerprint=mail.fingerprint, state=state, reason=reason, message=message)
    except IntegrityError as error:
        if "inbound_mail_once" not in str(error):
            raise
        raise _TakenBefore from None


def _refuse(mail: SentMail, ticket: Ticket, reason: str) -> InboundMail:
    """Say so to the customer, once for each mail."""
    # The note's unique index closes the race of the same mail in two processes: one of them writes to the customer.
    with transaction.atomic(durable=True):
        noted = _note(mail, State.REFUSED, reason)
        queue_mail_refused(ticket, WHY_REFUSED.get(reason, _OTHERWISE))
    return noted


def _write(mail: SentMail, ticket: Ticket, text: str) -> InboundMail:
    """The message and the note in one transaction, so that a mail that is handed over again finds either both or nothing."""
    noted: list[InboundMail] = []

    def note(message: TicketMessage) -> None:
        # Under the ticket's lock: two mails at the same moment count each other.
        since = timezone.now() - timedelta(hours=1)
        mailed = TicketMessage.objects.filter(
            ticket=message.ticket_id, via=TicketMessage.Via.MAIL, created_at__gt=since
        )
        if mailed.count() > MAILS_AN_HOUR:
            raise TooManyMails
        noted.append(_note(mail, State.WRITTEN, "", message))

    files, left_out = _good_files(mail.files, text)

    def write(files: Sequence[CheckedFile], left_out: Sequence[str]) -> None:
        body = _body(text, left_out)
        reply_to_ticket(
            ticket_id=ticket.pk,
            author=ticket.user,
            message=body,
            files=files,
            via=TicketMessage.Via.MAIL,
            alongside=note,
        )

    try:
        write(files, left_out)
    except (AttachmentsOverQuota, Unavailable) as refused:
        if not files or refused.code not in ("attachments_over_quota", "attachments_full"):
            raise
        write((), [*left_out, *(file.name for file in files)])
    return noted[-1]


def _good_files(files: Sequence[SentFile], text: str) -> tuple[list[CheckedFile], list[str]]:
    """What can be kept, and the names of what cannot. A text that is too long for a message is a file too."""
    sent = [ContentFile(text.encode(), "mail.txt")] if len(text) > MESSAGE_MAX else []
    sent += [ContentFile(file.data, file.name) for file in files]
    good: list[CheckedFile] = []
    left_out: list[str] = []
    for upload in sent:
        try:
            good += check_files([upload]) if len(good) < MAX_FILES else _one_too_many()
        except InvalidInput:
            left_out.append(clean_name(upload.name or ""))
    return good, left_out


def _one_too_many() -> NoReturn:
    raise InvalidInput(fields={"files": [f"At most {MAX_FILES} files."]})


def _body(text: str, left_out: Sequence[str]) -> str:
    """The message, with a line that names the files which are not there."""
    names = ", ".join(f"“{name}”" for name in left_out[:MAX_FILES])
    more = len(left_out) - MAX_FILES
    names += f" and {more} more" if more > 0 else ""
    notes = [f"(Not taken: {names}.)"] if left_out else []
    room = MESSAGE_MAX - sum(len(note) + 2 for note in notes)
    if len(text) > room:
        notes.insert(0, f"({_TOO_LONG})")
        text = text[: room - len(notes[0]) - 4].rstrip() + " …"
    return "\n\n".join([text or "(A mail without text.)", *notes])


def forget_old_mails() -> int:
    """Delete what is known of mails that came long ago; returns how many. No server hands one over again after that time."""
    oldest = timezone.now() - timedelta(days=settings.INBOUND_MAILS_KEPT_DAYS)
    return delete_in_batches(InboundMail.objects.filter(received_at__lt=oldest))
