"""The second factor: whether somebody has one, what they may show, and how often they may be wrong.

Everything that lets somebody in asks here. Wrong codes are counted by the account's history, under the lock of its row: over all
sessions and addresses, in windows that slide, and whether the password was right or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.errors import AlreadyEnabled, InvalidCode, NotSetUp, StaffFactorRequired
from accounts.locks import lock_active_person, lock_person
from accounts.models import AuditEvent, LoginHistory, Passkey, RecoveryCode, Session, TotpSeed, User
from accounts.people import greeting_name
from accounts.services import recovery_codes, totp
from accounts.services.notifications import Kind, Words, notify
from accounts.services.sign_in import record
from accounts.services.staff_factor import refuse_overdue
from nexusvpn.audit import record_act
from nexusvpn.errors import RateLimited
from nexusvpn.ratelimit import WRONG_CODES

SECURITY_PAGE = "/settings/security"


class Method(StrEnum):
    """The names are part of the API's contract."""

    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery_code"


def methods_of(user: User) -> list[Method]:
    """What the person may show beside the password; empty: nothing is asked of them."""
    found = []
    if TotpSeed.objects.filter(user=user, confirmed_at__isnull=False).exists():
        found.append(Method.TOTP)
    if Passkey.objects.filter(user=user).exists():
        found.append(Method.PASSKEY)
    if found and recovery_codes.count_left(user):
        found.append(Method.RECOVERY_CODE)
    return found


def typed_methods(methods: Iterable[Method]) -> list[Method]:
    """Those whose code somebody types. Whoever has a passkey alone, and has used up the recovery codes, has none."""
    return [method for method in methods if method != Method.PASSKEY]


def prove_by_code(request: HttpRequest, *, user: User, code: str, kind: Session.Kind) -> Method:
    """Use up a code of the authenticator, or a recovery code; returns which of them it was.

    Raises InvalidCode, which is recorded and counted, or RateLimited when there were too many of those.
    """
    # A flood that is refused anyway does not queue for the lock.
    refuse_after_failures(user)
    # The lock closes the race of two sessions with the same code, and that of many guessing at once.
    with transaction.atomic(durable=True):
        lock_person(user.pk)
        refuse_after_failures(user)
        method = _take_code(user, code)
        if method is None:
            record(request, user, LoginHistory.Outcome.WRONG_CODE, kind)
    if method is None:
        raise InvalidCode
    return method


def refuse_after_failures(user: User) -> None:
    """Raises RateLimited if the account has had as many wrong codes as are allowed."""
    now = timezone.now()
    wrong = LoginHistory.objects.filter(user=user, outcome=LoginHistory.Outcome.WRONG_CODE)
    for limit in WRONG_CODES:
        window = timedelta(seconds=limit.seconds)
        newest = wrong.filter(timestamp__gt=now - window).order_by("-timestamp", "-id")
        at_limit = list(newest.values_list("timestamp", flat=True)[limit.count - 1 : limit.count])
        # Whoever guessed with the former password cannot go on, and its owner is not shut out by them.
        if at_limit and not (limit.until_new_password and _has_new_password(user, since=at_limit[0])):
            wait = (at_limit[0] + window - now).total_seconds()
            raise RateLimited(_("Too many wrong codes. Wait, then try again."), retry_after=max(1, int(wait) + 1))


def _has_new_password(user: User, *, since: datetime) -> bool:
    acts = AuditEvent.objects.filter(person_id=user.pk, at__gt=since)
    return acts.filter(action__in=("password_changed", "password_reset")).exists()


def _take_code(user: User, code: str) -> Method | None:
    digits = totp.plain_code(code)
    seed = TotpSeed.objects.filter(user=user, confirmed_at__isnull=False).first() if digits else None
    if digits and seed is not None:
        step = totp.matching_step(seed, digits)
        if step is None:
            return None
        TotpSeed.objects.filter(pk=seed.pk).update(last_step=step)
        return Method.TOTP
    if user.has_second_factor() and recovery_codes.take_code(user, code):
        _tell_recovery_code_used(user)
        return Method.RECOVERY_CODE
    return None


def begin_totp(*, user: User) -> totp.Setup:
    """A seed to put into an authenticator app; it counts once `enable_totp` has seen a code of it.

    Raises AlreadyEnabled or StaffFactorOverdue.
    """
    with transaction.atomic(durable=True):
        refuse_overdue(lock_active_person(user.pk))
        if TotpSeed.objects.filter(user=user, confirmed_at__isnull=False).exists():
            raise AlreadyEnabled
        return totp.setup_of(totp.write_seed(user), user)


def enable_totp(*, user: User, code: str) -> list[str]:
    """The authenticator counts from now on; returns new recovery codes.

    Raises AlreadyEnabled, StaffFactorOverdue, NotSetUp or InvalidCode.
    """
    digits = totp.plain_code(code)
    with transaction.atomic(durable=True):
        refuse_overdue(lock_active_person(user.pk))
        if TotpSeed.objects.filter(user=user, confirmed_at__isnull=False).exists():
            raise AlreadyEnabled
        seed = totp.begun_setup(user)
        if seed is None:
            raise NotSetUp
        step = totp.matching_step(seed, digits) if digits else None
        if step is None:
            raise InvalidCode
        TotpSeed.objects.filter(pk=seed.pk).update(confirmed_at=timezone.now(), last_step=step)
        codes = recovery_codes.write_codes(user)
        note_added(user, Method.TOTP, gettext_lazy("An authenticator app was added"))
    return codes


def disable_totp(*, user: User) -> None:
    """The caller has asked for password and factor again. Raises NotSetUp, or StaffFactorRequired for staff's last factor."""
    with transaction.atomic(durable=True):
        lock_person(user.pk)
        seed = TotpSeed.objects.filter(user=user, confirmed_at__isnull=False)
        if not seed.exists():
            raise NotSetUp
        refuse_last_of_staff(user, remaining=Passkey.objects.filter(user=user).exists())
        seed.delete()
        note_removed(user, Method.TOTP, gettext_lazy("The authenticator app was removed"))


def renew_recovery_codes(*, user: User) -> list[str]:
    """New recovery codes; the former ones end. Raises NotSetUp for somebody who has nothing that they could stand in for."""
    with transaction.atomic(durable=True):
        lock_person(user.pk)
        if not user.has_second_factor():
            raise NotSetUp
        codes = recovery_codes.write_codes(user)
        record_act("recovery_codes_made", actor=user, person=user.pk)
        tell(user, gettext_lazy("New recovery codes were made"), gettext_lazy("The former ones work no more."))
    return codes


def mark_session(session_id: UUID) -> None:
    """Note that a factor was shown in this session, now."""
    Session.objects.filter(pk=session_id).update(second_factor_at=timezone.now())


def refuse_last_of_staff(user: User, *, remaining: bool) -> None:
    if user.is_staff and not remaining:
        raise StaffFactorRequired


def note_added(user: User, method: Method, title: Words) -> None:
    record_act("second_factor_added", actor=user, person=user.pk, details={"method": method})
    tell(user, title, gettext_lazy("From now on it is a way to sign in to your account."))


def note_removed(user: User, method: Method, title: Words) -> None:
    """Also ends recovery codes that stand in for nothing any more."""
    record_act("second_factor_removed", actor=user, person=user.pk, details={"method": method})
    was_last = not user.has_second_factor()
    if was_last:
        RecoveryCode.objects.filter(user=user).delete()
    tell(user, title, lambda: _what_follows_removal(was_last=was_last))


def _what_follows_removal(*, was_last: bool) -> str:
    text = _("It can no longer be used to sign in to your account.")
    if not was_last:
        return text
    what_else = _("Your password alone signs you in now, and your recovery codes have ended.")
    return f"{text} {what_else}"


def _tell_recovery_code_used(user: User) -> None:
    left = recovery_codes.count_left(user)
    record_act("recovery_code_used", actor=user, person=user.pk, details={"left": left})

    def text() -> str:
        # Translators: recovery codes
        said = ngettext("%(left)s of %(count)s is left.", "%(left)s of %(count)s are left.", left)
        return said % {"left": left, "count": recovery_codes.COUNT} if left else _("None is left: make new ones now.")

    tell(user, gettext_lazy("A recovery code was used"), text)


def tell(user: User, title: Words, text: Words) -> None:
    """On the person's list and by mail. Call it in the transaction that makes it true."""
    context = {"name": greeting_name(user), "title": title, "text": text}
    notify(user, Kind.SECURITY, title, text, link=SECURITY_PAGE, mail="second_factor", context=context)
