"""Who may sign up, as staff have it."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts.errors import InvitationRequired, RegistrationClosed, RegistrationThrottled
from accounts.locks import lock_policy
from accounts.models import RegistrationPolicy, SignupOrigin

Mode = RegistrationPolicy.Mode
HOUR = timedelta(hours=1)


def sign_up_mode() -> RegistrationPolicy.Mode:
    """While there is no policy, everybody may sign up."""
    mode = RegistrationPolicy.objects.values_list("mode", flat=True).first()
    return Mode(mode) if mode else Mode.OPEN


def check_sign_up(invitation_code: str) -> None:
    """A first look, before anything is computed. Raises RegistrationClosed or InvitationRequired."""
    _check_mode(sign_up_mode(), invitation_code)


def _check_mode(mode: str, invitation_code: str) -> None:
    if mode == Mode.CLOSED:
        raise RegistrationClosed
    if mode == Mode.INVITED and not invitation_code.strip():
        raise InvitationRequired


def admit_sign_up(invitation_code: str) -> None:
    """Admit one more account to this hour. Binding in a transaction: where there is a policy, sign-ups come one after the other.

    Raises RegistrationThrottled, or what `check_sign_up` raises if staff changed their mind meanwhile.
    """
    # The lock closes the race of two accounts for the hour's last place, and that of a sign-up with a change of the policy.
    policy = lock_policy()
    if policy is None:
        return
    _check_mode(policy.mode, invitation_code)
    if policy.accounts_an_hour is None:
        return
    now = timezone.now()
    newest = SignupOrigin.objects.filter(created_at__gt=now - HOUR).order_by("-created_at")
    # The one whose hour has to pass before there is room again.
    oldest_counted = list(newest.values_list("created_at", flat=True)[: policy.accounts_an_hour])
    if len(oldest_counted) >= policy.accounts_an_hour:
        until = oldest_counted[-1] + HOUR if oldest_counted else now + HOUR
        raise RegistrationThrottled(retry_after=max(1, int((until - now).total_seconds()) + 1))
