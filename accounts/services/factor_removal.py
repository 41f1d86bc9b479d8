"""Taking away all second factors: of somebody who has lost them, by staff, after they have verified who asks; of an account whose
mailbox is proved by a new password, since somebody else may have set them up.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.locks import lock_person
from accounts.models import ApiKey, Passkey, RecoveryCode, TotpSeed, User
from accounts.services.second_factor import Method, methods_of, tell
from accounts.services.sessions import end_all_sessions
from nexusvpn.audit import record_act
from nexusvpn.errors import Conflict, NotAllowed


def check_may_remove_factors(user: User, by: User) -> None:
    """Nobody does it for themselves, and only a superuser for staff. Raises NotAllowed."""
    if user.pk == by.pk:
        raise NotAllowed(_("You cannot remove your own second factors here. Ask a colleague."))
    if user.belongs_to_staff and not by.is_superuser:
        raise NotAllowed(_("Only a superuser may remove the second factors of a member of staff."))


def remove_all_factors(*, user: User, by: User, reason: str) -> None:
    """From now on the password alone opens the account; sessions and API keys end, and the person is told.

    Raises NotAllowed, or Conflict (`second_factor_not_set_up`).
    """
    check_may_remove_factors(user, by)
    with transaction.atomic(durable=True):
        lock_person(user.pk)
        methods = delete_factors(user)
        if not methods:
            raise Conflict(_("This account has no second factor."), code="second_factor_not_set_up")
        # A key may have been made by whoever the person is locked out by.
        ApiKey.objects.filter(user=user).delete()
        end_all_sessions(user=user)
        details = {"reason": reason, "methods": methods}
        record_act("second_factors_removed", actor=by, person=user.pk, target=user, details=details)
        text = gettext_lazy(
            "Our support removed them because you, or somebody who seemed to be you, said that they were lost."
            " You were signed out everywhere, and your API keys have ended."
        )
        tell(user, gettext_lazy("Your second factors were removed"), text)


def remove_unproved_factors(user: User) -> None:
    """What was set up before anybody had shown that they read the mailbox. Call it in a transaction, with the person's row locked."""
    methods = delete_factors(user)
    if methods:
        details = {"reason": "The address was not confirmed when they were set up.", "methods": methods}
        record_act("second_factors_removed", actor=user, person=user.pk, target=user, details=details)
        text = gettext_lazy("They were set up before your e-mail address was confirmed. Set up your own.")
        tell(user, gettext_lazy("The second factors of your account were removed"), text)


def delete_factors(user: User) -> list[Method]:
    """Returns what there was, which is also gone if it was not finished."""
    methods = methods_of(user)
    for kind in (TotpSeed, Passkey, RecoveryCode):
        kind._default_manager.filter(user=user).delete()
    return methods
