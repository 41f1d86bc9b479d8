"""The outbox: a mail is a row of the transaction that has a reason for it, and goes out after the commit.

Rolled back means never sent. The Message-ID is the row's, so a mail that is sent again after a crash between sending and marking is
the same one to every mail server. Without a crash none is sent twice: an attempt claims the row before it begins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.deferred import deliver_soon
from accounts.encrypted import mail_place
from accounts.models import Mail, User
from nexusvpn.encryption import decrypt, encrypt
from nexusvpn.errors import Conflict
from nexusvpn.languages import speaking

MAX_ATTEMPTS = 16
# An attempt has the row to itself for so long; a mail server may take ten seconds for each of its eight answers.
CLAIM = timedelta(minutes=5)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
# Of one look for what lost jobs have left.
SWEEP = 500
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z-]{1,50}")
# Nothing that would end the line, or be taken for the beginning of another.
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{1,900}")


def queue_mail(
    name: str,
    to: str,
    context: dict[str, Any],
    *,
    user: User | None = None,
    headers: Mapping[str, str] | None = None,
) -> Mail:
    """Queue the mail `templates/emails/<name>/{subject.txt,body.txt,body.html}`; call it inside the transaction.

    `user` is whose mail it is, where it belongs to an account: it is in their export and goes with the account. `headers` go out with
    it: one line of plain characters each, or a ValueError.
    """
    for header, value in (headers or {}).items():
        if not _HEADER_NAME.fullmatch(header) or not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"{header[:50]!r} is no header of one line")
    subject, bodies = _write(name, context, user.language if user else get_language() or "")
    mail = Mail(user=user, to=to, kind=name, subject=subject[:200])
    content = {**bodies, "headers": dict(headers or {})}
    mail.content = encrypt(orjson.dumps(content), mail_place(mail.pk))
    mail.save(force_insert=True)
    deliver_soon(mail.pk)
    return mail


def _write(name: str, context: dict[str, Any], language: str) -> tuple[str, dict[str, str]]:
    """Subject and bodies in a person's language."""
    with speaking(language):
        context = {
            "site_url": settings.SITE_URL,
            "site_name": settings.BRAND_NAME,
            "language": get_language(),
            **context,
        }
        subject = " ".join(render_to_string(f"emails/{name}/subject.txt", context).split())
        return subject, {part: render_to_string(f"emails/{name}/body.{part}", context) for part in ("txt", "html")}


def bodies_of(mail: Mail) -> dict[str, str]:
    """The text (`txt`) and HTML (`html`) of a mail that has not gone out yet."""
    content = _content_of(mail)
    return {part: content[part] for part in ("txt", "html")}


def headers_of(mail: Mail) -> dict[str, str]:
    """The headers of its own of a mail that has not gone out yet."""
    return dict(_content_of(mail).get("headers", {}))


def _content_of(mail: Mail) -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(decrypt(bytes(mail.content), mail_place(mail.pk)))
    return content


def message_id(mail: Mail) -> str:
    return id_of_ours(str(mail.pk))


def id_of_ours(name: str) -> str:
    """A Message-ID at our own host."""
    host = settings.SITE_URL.split("//")[-1].split("/")[0].split(":")[0]
    return f"<{name}@{host}>"


def deliver(mail_id: UUID) -> bool:
    """Try to send a mail that is due; returns whether it went out now. What cannot be sent is due again later."""
    mail = _claim(mail_id)
    if mail is None:
        return False
    try:
        _send(mail)
    except Exception as error:
        given_up = mail.attempts >= MAX_ATTEMPTS
        state = Mail.State.FAILED if given_up else Mail.State.QUEUED
        wait = min(FIRST_WAIT * 2 ** (mail.attempts - 1), LONGEST_WAIT)
        _own(mail).update(state=state, due_at=timezone.now() + wait, last_error=type(error).__name__)
        raise
    _own(mail).update(state=Mail.State.SENT, sent_at=timezone.now(), content=b"", last_error="")
    return True


def _own(mail: Mail) -> QuerySet[Mail]:
    """The row, as long as it belongs to this attempt: one that comes back late overwrites nothing that another has noted."""
    return Mail.objects.filter(pk=mail.pk, state=Mail.State.QUEUED, attempts=mail.attempts)


def _claim(mail_id: UUID) -> Mail | None:
    """The mail, if it is due and nobody else has begun on it; nobody else does for CLAIM."""
    now = timezone.now()
    mail = Mail.objects.filter(pk=mail_id, state=Mail.State.QUEUED, due_at__lte=now).first()
    if mail is None:
        return None
    # Two workers may have read the row: the number of attempts lets one of them through.
    claimed = Mail.objects.filter(pk=mail_id, state=Mail.State.QUEUED, attempts=mail.attempts).update(
        attempts=F("attempts") + 1, due_at=now + CLAIM
    )
    mail.attempts += 1
    return mail if claimed else None


def _send(mail: Mail) -> None:
    content = _content_of(mail)
    headers = {**content.get("headers", {}), "Message-ID": message_id(mail)}
    message = EmailMultiAlternatives(
        mail.subject, content["txt"], settings.DEFAULT_FROM_EMAIL, [mail.to], headers=headers
    )
    message.attach_alternative(content["html"], "text/html")
    message.send()


def queue_due_mails() -> int:
    """Ask for a job for every mail that is due and waits: its job was lost, or its last attempt failed. Returns how many."""
    due = Mail.objects.filter(state=Mail.State.QUEUED, due_at__lte=timezone.now()).order_by("due_at")
    ids = list(due.values_list("pk", flat=True)[:SWEEP])
    for mail_id in ids:
        deliver_soon(mail_id)
    return len(ids)


def send_again(mail: Mail) -> None:
    """Let a mail that was given up have another round of attempts. Raises Conflict (`mail_not_failed`)."""
    claimed = Mail.objects.filter(pk=mail.pk, state=Mail.State.FAILED).update(
        state=Mail.State.QUEUED, attempts=0, due_at=timezone.now()
    )
    if not claimed:
        raise Conflict(_("This mail is not one that was given up."), code="mail_not_failed")
    deliver_soon(mail.pk)
