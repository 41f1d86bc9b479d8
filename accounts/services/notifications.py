"""Telling people: a line in their list and, unless they want none of that kind, a mail. Both are rows of the caller's transaction.

They are written in the language of the person who is told, whoever caused it and in whichever language. `title` and `text` are therefore
said here and not by the caller: a text that is lazy (`gettext_lazy("Your data is used up")`), or, where something is filled in, a
function (`lambda: gettext("A server in %(place)s goes out of service") % {"place": name}`). A `str` is taken as it is: what
people themselves have written. What is in a mail's context may be any of the three, too; templates call functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import MailChoice, Notification, User
from accounts.services.outbox import queue_mail
from nexusvpn.audit import record_act
from nexusvpn.errors import Conflict, NotFound
from nexusvpn.languages import speaking

Kind = Notification.Kind
Words = str | Promise | Callable[[], str]
LONGEST_TITLE, LONGEST_TEXT = 120, 500


def notify(
    user: User,
    kind: Notification.Kind,
    title: Words,
    text: Words = "",
    *,
    link: str = "",
    mail: str = "",
    context: dict[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Add to the person's list, in their language; with `mail`, a folder below templates/emails, also write to them.

    `link` is a path of ours, `headers` are the mail's. Call it inside the transaction that makes it true.
    """
    with speaking(user.language):
        said = {"title": _said(title)[:LONGEST_TITLE], "text": _said(text)[:LONGEST_TEXT]}
    Notification.objects.create(user=user, kind=kind, link=link, **said)
    if mail and wants_mail(user, kind):
        queue_mail(mail, user.email, context or {}, user=user, headers=headers)


def _said(words: Words) -> str:
    return str(words() if callable(words) else words)


def wants_mail(user: User, kind: Notification.Kind) -> bool:
    """Whether mails of this kind go to the person. Those about security always do."""
    return kind == Kind.SECURITY or not MailChoice.objects.filter(user=user, kind=kind, wanted=False).exists()


def choose_mail(*, user: User, kind: Notification.Kind, wanted: bool) -> None:
    """Raises Conflict (`security_mail_required`) where there is no choice."""
    if kind == Kind.SECURITY and not wanted:
        raise Conflict(
            _("Mails about the security of your account cannot be switched off."), code="security_mail_required"
        )
    with transaction.atomic():
        MailChoice.objects.update_or_create(user=user, kind=kind, defaults={"wanted": wanted})
        details = {"kind": str(kind), "wanted": wanted}
        record_act("mail_choice_changed", actor=user, person=user.pk, details=details)


def mail_choices(user: User) -> dict[Notification.Kind, bool]:
    """Every kind, in the order of its list, and whether the person gets mails of it."""
    chosen = dict(user.mail_choices.values_list("kind", "wanted"))
    return {kind: chosen.get(kind, True) for kind in Kind}


def mark_read(*, user: User, notification_id: UUID) -> None:
    """Raises NotFound for anybody else's. Reading it again changes nothing."""
    own = Notification.objects.filter(user=user, pk=notification_id)
    if not own.filter(read_at=None).update(read_at=timezone.now()) and not own.exists():
        raise NotFound


def mark_all_read(*, user: User) -> int:
    return Notification.objects.filter(user=user, read_at=None).update(read_at=timezone.now())


def unread_count(user: User) -> int:
    """At most 100: the pages say "99+"."""
    return Notification.objects.filter(user=user, read_at=None)[:100].count()


def newest_unread(user: User, at_most: int = 3) -> list[Notification]:
    return list(Notification.objects.filter(user=user, read_at=None).order_by("-created_at", "id")[:at_most])
