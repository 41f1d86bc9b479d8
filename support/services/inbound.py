"""Mails that come in: a customer's answer goes into its thread, once; of everything else it is noted why it does not.

Nobody is told anything but the ticket's own customer at the address of their account: what a stranger sends has no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.locks import lock_person
from accounts.models import User
from accounts.services.email_tokens import had_enough_mails
from accounts.services.verification import address_is_known
from nexusvpn.batches import delete_in_batches
from nexusvpn.errors import DomainError, InvalidInput, RateLimited, Unavailable
from nexusvpn.languages import lazy as _
from nexusvpn.languages import speaking
from nexusvpn.logs import logger
from nexusvpn.ratelimit import UPLOADS, enforce
from nexusvpn.uploads import uploader_key
from support.emails import queue_mail_refused
from support.errors import AttachmentsOverQuota, TooManyMails
from support.files.checking import MAX_FILES, CheckedFile
from support.files.names import clean_name
from support.inbound.automatic import is_ours
from support.inbound.contents import SentFile
from support.inbound.messages import SentMail, UnreadableMail, read_mail
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
_TOO_LONG = _("The end is in the file “mail.txt”.")
WHY_REFUSED = {
    "ticket_closed": _("It was closed a while ago: please open a new ticket."),
    "empty": _("We found no text in it. It may be encrypted, which we cannot read: please write on the ticket's page."),
}
_OTHERWISE = _("Please write on the ticket's page.")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail with the ticket that its token names, good or gone, and what tells it from every other."""

    mail: SentMail
    ticket_id: UUID | None
    fingerprint: str


def receive_mail(raw: bytes) -> InboundMail | None:
    """Take one mail as a mail server hands it over; None for one that was taken before.

    Raises UnreadableMail, also for what could be noted but not read, and passes on what the database raises: then nothing was
    taken, and the server may try again.
    """
    arrival = _arrival(read_mail(raw))
    if InboundMail.objects.filter(fingerprint=arrival.fingerprint).exists():
        return None
    try:
        taken = _take(arrival)
    except _TakenBefore:
        return None
    log.info("mail_received", state=taken.state, reason=taken.reason)
    return taken


class _TakenBefore(Exception):
    """Another process has noted the same mail meanwhile."""


def _arrival(mail: SentMail) -> Arrival:
    """The first good token counts: a server hands a mail to two tickets over twice, and says each time whom it is for."""
    named = (id_in(Purpose.ANSWER, token) for token in tokens_in(mail.recipients))
    ticket_id = next((ticket_id for ticket_id in named if ticket_id is not None), None)
    return Arrival(mail, ticket_id, mail.fingerprint(str(ticket_id or "")))


def _take(arrival: Arrival) -> InboundMail:
    """Who sent it is known before anything else of it is looked at."""
    mail = arrival.mail
    if reason := _why_ignored(mail):
        return _note(arrival, State.IGNORED, reason)
    ticket = _ticket_of(arrival)
    if ticket is None:
        return _note(arrival, State.REFUSED, "bad_token")
    if not _is_from(mail, ticket.user):
        return _note(arrival, State.REFUSED, "other_sender")
    if _mailed_lately(ticket.merged_into_id or ticket.pk) >= MAILS_AN_HOUR:
        return _note(arrival, State.IGNORED, "too_many")
    try:
        text, files = trimmed(mail.text), mail.files
    except UnreadableMail:
        # Its server says so to the customer.
        _note(arrival, State.REFUSED, "unreadable")
        raise
    if not text and not files:
        return _refuse(arrival, ticket, "empty")
    try:
        return _write(arrival, ticket, text)
    except TooManyMails:
        # Not told: that mail might be answered by a program too.
        return _note(arrival, State.IGNORED, "too_many")
    except Unavailable:
        raise
    except DomainError as refused:
        return _refuse(arrival, ticket, refused.code)


def _why_ignored(mail: SentMail) -> str:
    return "loop" if is_ours(mail.sender, own_addresses()) else mail.automatic


def _ticket_of(arrival: Arrival) -> Ticket | None:
    """Where it was merged into another, the service finds that."""
    if arrival.ticket_id is None:
        return None
    return Ticket.objects.select_related("user").filter(pk=arrival.ticket_id).first()


def _mailed_lately(ticket_id: UUID) -> int:
    """How many of its messages came by mail in the last hour. Exact under the ticket's lock."""
    since = timezone.now() - timedelta(hours=1)
    mailed = TicketMessage.objects.filter(ticket=ticket_id, via=TicketMessage.Via.MAIL, created_at__gt=since)
    return mailed.count()


def _is_from(mail: SentMail, customer: User) -> bool:
    """Whether it names the customer's present address as its sender, which is known to be theirs, and they are not shut out."""
    return customer.is_active and address_is_known(customer) and mail.sender == customer.email.lower()


def _note(arrival: Arrival, state: State, reason: str, message: TicketMessage | None = None) -> InboundMail:
    """Raises _TakenBefore where the same mail was noted meanwhile; the unique index closes that race, and the other waits for it."""
    try:
        with transaction.atomic():
            return InboundMail.objects.create(
                fingerprint=arrival.fingerprint, state=state, reason=reason, message=message
            )
    except IntegrityError as error:
        if "inbound_mail_once" not in str(error):
            raise
        raise _TakenBefore from None


def _refuse(arrival: Arrival, ticket: Ticket, reason: str) -> InboundMail:
    """Say so to the customer, once for each mail and a few times an hour: who knows the address can send any number."""
    # The note's unique index closes the race of the same mail in two processes, the person's lock that of several mails: they
    # count each other.
    with transaction.atomic(durable=True):
        lock_person(ticket.user_id)
        noted = _note(arrival, State.REFUSED, reason)
        if not had_enough_mails(ticket.user, "ticket_mail_refused"):
            queue_mail_refused(ticket, WHY_REFUSED.get(reason, _OTHERWISE))
    return noted


def _write(arrival: Arrival, ticket: Ticket, text: str) -> InboundMail:
    """The message and the note in one transaction, so that a mail that is handed over again finds either both or nothing."""
    noted: list[InboundMail] = []

    def note(message: TicketMessage) -> None:
        # Under the ticket's lock: two mails at the same moment count each other.
        if _mailed_lately(message.ticket_id) > MAILS_AN_HOUR:
            raise TooManyMails
        noted.append(_note(arrival, State.WRITTEN, "", message))

    files, left_out = _good_files(ticket.user, arrival.mail.files, text)

    def in_their_words(left_out: Sequence[str]) -> str:
        with speaking(ticket.user.language):
            return _body(text, left_out)

    def write(files: Sequence[CheckedFile], left_out: Sequence[str]) -> None:
        reply_to_ticket(
            ticket_id=ticket.pk,
            author=ticket.user,
            message=in_their_words(left_out),
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


def _good_files(sender: User, files: Sequence[SentFile], text: str) -> tuple[list[CheckedFile], list[str]]:
    """What can be kept, and the names of what cannot. A text that is too long for a message is a file too.

    Counts the mail against UPLOADS if it has any, with the person's forms: beyond that its words come without them.
    """
    sent = [ContentFile(text.encode(), "mail.txt")] if len(text) > MESSAGE_MAX else []
    sent += [ContentFile(file.data, file.name) for file in files]
    try:
        if sent:
            enforce(None, UPLOADS, uploader_key(sender))
    except RateLimited:
        return [], [clean_name(upload.name or "") for upload in sent]
    good: list[CheckedFile] = []
    left_out: list[str] = []
    for upload in sent:
        try:
            good += check_files([upload]) if len(good) < MAX_FILES else _one_too_many()
        except InvalidInput:
            left_out.append(clean_name(upload.name or ""))
    return good, left_out


def _one_too_many() -> NoReturn:
    raise InvalidInput(fields={"files": [_("At most {n} files.").format(n=MAX_FILES)]})


def _body(text: str, left_out: Sequence[str]) -> str:
    """The message, with a line that names the files which are not there; in the language of whoever wrote it."""
    names = ", ".join(f"“{name}”" for name in left_out[:MAX_FILES])
    more = len(left_out) - MAX_FILES
    names += _(" and {n} more").format(n=more) if more > 0 else ""
    notes = [_("(Not taken: {names}.)").format(names=names)] if left_out else []
    room = MESSAGE_MAX - sum(len(note) + 2 for note in notes)
    if len(text) > room:
        notes.insert(0, f"({_TOO_LONG})")
        text = text[: room - len(notes[0]) - 4].rstrip() + " …"
    return "\n\n".join([text or str(_("(A mail without text.)")), *notes])


def forget_old_mails() -> int:
    """Delete what is known of mails that came long ago; returns how many. No server hands one over again after that time."""
    oldest = timezone.now() - timedelta(days=settings.INBOUND_MAILS_KEPT_DAYS)
    return delete_in_batches(InboundMail.objects.filter(received_at__lt=oldest))
