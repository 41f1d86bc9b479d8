"""Taking away the second factors of somebody who has lost them; by staff only, after they have verified who asks."""

from __future__ import annotations

from django.db import transaction

from accounts.locks import lock_person
from accounts.models import ApiKey, Passkey, RecoveryCode, TotpSeed, User
from accounts.services.second_factor import methods_of, tell
from accounts.services.sessions import end_all_sessions
from nexusvpn.audit import record_act
from nexusvpn.errors import Conflict, NotAllowed


def check_may_remove_factors(user: User, by: User) -> None:
    """Nobody does it for themselves, and only a superuser for staff. Raises NotAllowed."""
    if user.pk == by.pk:
        raise NotAllowed("You cannot remove your own second factors here. Ask a colleague.")
    if user.is_staff and not by.is_superuser:
        raise NotAllowed("Only a superuser may remove the second factors of a member of staff.")


def remove_all_factors(*, user: User, by: User, reason: str) -> None:
    """From now on the password alone opens the account; sessions and API keys end, and the person is told.

    Raises NotAllowed, or Conflict (`second_factor_not_set_up`).
    """
    check_may_remove_factors(user, by)
    with transaction.atomic(durable=True):
        lock_person(user.pk)
        methods = methods_of(user)
        if not methods:
            raise Conflict("This account has no second factor.", code="second_factor_not_set_up")
        # A key may have been made by whoever the person is locked out by.
        for kind in (TotpSeed, Passkey, RecoveryCode, ApiKey):
            kind._default_manager.filter(user=user).delete()
        end_all_sessions(user=user)
        details = {"reason": reason, "methods": methods}
        record_act("second_factors_removed", actor=by, person=user.pk, target=user, details=details)
        text = "Our support removed them because you, or somebody who seemed to be you, said that they were lost."
        tell(
            user,
            "Your second factors were removed",
            f"{text} You were signed out everywhere, and your API keys have ended.",
        )
