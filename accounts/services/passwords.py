"""What a password must be, and changing one's own."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import WrongPassword
from accounts.locks import lock_person
from accounts.models import EmailToken, User
from accounts.people import greeting_name
from accounts.services.email_tokens import CHANGES, Purpose
from accounts.services.notifications import Kind, notify
from accounts.services.sessions import end_all_sessions
from nexusvpn.audit import record_act
from nexusvpn.errors import InvalidInput


def check_new_password(password: str, user: User, field: str = "password") -> None:
    """8 to 128 characters, neither common nor breached nor the person's own name. Raises InvalidInput at `field`."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(fields={field: list(error.messages)}) from None


def change_password(*, user: User, new_password: str, keep: UUID | None) -> None:
    """A new password; every session but `keep` ends. Ask for the present one first (`reauthentication.check_person`).

    Raises InvalidInput, or WrongPassword if the password was changed elsewhere meanwhile.
    """
    check_new_password(new_password, user, "new_password")
    hashed = make_password(new_password)
    # The lock closes the race with a sign-in by the old password, and with another change.
    with transaction.atomic(durable=True):
        now = lock_person(user.pk)
        if now is None or now.password != user.password:
            raise WrongPassword(fields={"current_password": [WrongPassword.message]})
        store_password(now, hashed, keep=keep)
        record_act("password_changed", actor=now, person=now.pk)
    user.password = hashed


def store_password(user: User, hashed: str, *, keep: UUID | None = None) -> None:
    """Write it, with what follows. Call it with the person's row locked."""
    user.password = hashed
    user.save(update_fields=["password"])
    follow_new_password(user, keep=keep)


def follow_new_password(user: User, *, keep: UUID | None = None) -> None:
    """Whoever is signed in with the former password is not any more, but for `keep`; the person is told, and which keys go on.

    Call it in the transaction that writes the password.
    """
    end_all_sessions(user=user, but=keep)
    # A link that was mailed before must not undo this, nor a change of address that somebody else asked for.
    EmailToken.objects.filter(user=user, purpose__in=(Purpose.RESET, *CHANGES)).delete()
    keys = list(user.api_keys.exclude(expires_at__lte=timezone.now()).values_list("name", flat=True))
    notify(
        user,
        Kind.SECURITY,
        gettext_lazy("Your password was changed"),
        lambda: _what_follows_new_password(has_keys=bool(keys)),
        link=reverse("settings-api-keys" if keys else "password-forgot"),
        mail="password_changed",
        context={"name": greeting_name(user), "keys": keys},
    )


def _what_follows_new_password(*, has_keys: bool) -> str:
    text = _("Everything else that was signed in is signed out. If this was not you, set a new password at once.")
    if not has_keys:
        return text
    of_keys = _("Your API keys go on working: revoke those that you do not know.")
    return f"{text} {of_keys}"
