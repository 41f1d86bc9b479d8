"""What staff are asked before they do something to an account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.forms_credentials import NEW_ONE
from accounts.models import User
from accounts.services.passwords import follow_new_password
from nexusvpn.forms import ServiceForm


class ReasonForm(ServiceForm):
    reason = forms.CharField(
        max_length=200,
        label=_("Reason"),
        help_text=_("Kept in the history of the account, which staff read; the customer does not see it."),
    )


class ActForm(ServiceForm):
    reason = forms.CharField(
        max_length=200,
        label=_("Reason"),
        help_text=_("The customer reads it: what you look for and the ticket's number, no names or addresses."),
    )


class RemoveFactorsForm(ServiceForm):
    reason = forms.CharField(
        max_length=200,
        label=_("How the person was verified"),
        help_text=_("Kept in the audit log: what was checked and the ticket's number, no names or addresses."),
    )


class SetPasswordForm(AdminPasswordChangeForm):
    """A password that staff set for somebody: what follows is what follows every new password."""

    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Django offers to take the password away, for who signs in elsewhere; here that would shut somebody out.
        if self.fields.pop("usable_password", None):
            for name in ("password1", "password2"):
                self.fields[name].required = True
        # Django's says "your", and the password is somebody else's.
        self.fields["password1"].help_text = NEW_ONE

    def save(self, commit: bool = True) -> User:
        with transaction.atomic():
            user: User = super().save(commit)
            follow_new_password(user)
        return user
