"""What staff do to an account. Each calls its service, and is in the audit log and in the account's history."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.admin.customer_page import customer_page
from accounts.admin.forms import ActForm, ReasonForm, RemoveFactorsForm
from accounts.models import User
from accounts.people import signed_in
from accounts.services.acting import ACT_AS, can_be_acted_for, start_acting
from accounts.services.deletion import leave, restore_account
from accounts.services.exports import request_export
from accounts.services.factor_removal import remove_all_factors
from accounts.services.sessions import end_all_sessions
from accounts.services.staff_factor import give_time_again, is_overdue
from accounts.services.suspension import suspend_account, unsuspend_account
from accounts.session_store import SessionStore
from nexusvpn.admin_actions import ActionsAdmin, ObjectAction, Outcome, object_action
from nexusvpn.audit import record_act

# Whoever may take away an authenticator's seed may take away what stands beside it; nothing else asks for this permission.
REMOVE_FACTORS = "accounts.delete_totpseed"
# Nobody deletes a row; this is the permission to begin a deletion for its owner.
DELETE = "accounts.delete_user"
EXPORT = "accounts.add_dataexport"
# Of staff a superuser alone does these: their password alone would open the admin then.
_OPENS_STAFF = {"remove_factors", "give_time"}


def has_factor(user: User) -> bool:
    """The customer's page has asked already."""
    known: bool | None = getattr(user, "page_has_factor", None)
    return user.has_second_factor() if known is None else known


def _with(text: str, user: User, parts: Iterable[Callable[[User], Iterable[str]]]) -> str:
    return "\n\n".join([text, *(sentence for part in parts for sentence in part(user))])


def suspend_question(user: User) -> str:
    text = _(
        "The person is signed out everywhere and can neither sign in nor use the API until you reinstate them. Their devices are off "
        "until then."
    )
    return _with(text, user, customer_page.on_shutting)


def reinstate_question(user: User) -> str:
    if user.deletion_due_at is not None:
        return _("The suspension ends. The account is still being deleted: until its owner comes back, all stays off.")
    text = _("The person may sign in and use the API again, and their devices work as before.")
    return _with(text, user, customer_page.on_opening)


def delete_question(user: User) -> str:
    text = _(
        "Only if its owner wants it. Devices are off, everything is signed out and API keys end at once; the owner is told by mail, and "
        "can come back until the account is erased."
    )
    return _with(text, user, customer_page.on_shutting)


def restore_question(user: User) -> str:
    assert user.deletion_due_at is not None
    text = _(
        "The person asked us to delete the account, which is due on %(day)s. It stays, its devices work again, and the person is told by"
        " mail. Be sure that it is the person who wants this."
    ) % {"day": date_format(user.deletion_due_at, "DATE_FORMAT")}
    return _with(text, user, customer_page.on_opening)


class CustomerActions(ActionsAdmin):
    def may_act(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_change_permission(request, obj)

    def allows(self, request: HttpRequest, obj: Any, action: ObjectAction) -> bool:
        if action.method in _OPENS_STAFF and obj.belongs_to_staff and not signed_in(request).is_superuser:
            return False
        return super().allows(request, obj, action)

    @object_action(
        gettext_lazy("Act as this customer"),
        gettext_lazy(
            "For 30 minutes this browser shows you the customer's own pages. You can change very little there, and the customer reads in "
            "their activity that our staff looked at their account, and why."
        ),
        applies=can_be_acted_for,
        form=ActForm,
        permission=ACT_AS,
    )
    def act_as(self, request: HttpRequest, user: User, reason: str) -> Outcome:
        session = cast(SessionStore, request.session)
        start_acting(staff=signed_in(request), session_id=session.row_id, customer=user, reason=reason)
        return HttpResponseRedirect(reverse("dashboard"))

    @object_action(
        gettext_lazy("Suspend"),
        suspend_question,
        applies=lambda user: not user.is_suspended and user.erased_at is None,
        danger=True,
        form=ReasonForm,
    )
    def suspend(self, request: HttpRequest, user: User, reason: str) -> Outcome:
        suspend_account(user=user, by=signed_in(request))
        return _("The account is suspended and signed out everywhere.")

    @object_action(
        gettext_lazy("Reinstate"),
        reinstate_question,
        applies=lambda user: user.is_suspended,
        form=ReasonForm,
    )
    def reinstate(self, request: HttpRequest, user: User, reason: str) -> Outcome:
        unsuspend_account(user=user, by=signed_in(request))
        if user.is_active:
            return _("The account is active again.")
        return _("The account is not suspended any more. It is still being deleted, unless its owner comes back.")

    @object_action(
        gettext_lazy("Remove second factors"),
        gettext_lazy(
            "For somebody who has lost theirs, and whom you have verified as the runbook says. Authenticator app, passkeys and recovery "
            "codes are gone at once, every session and API key ends, and the person is told by mail. Their password alone opens the "
            "account then."
        ),
        applies=has_factor,
        danger=True,
        form=RemoveFactorsForm,
        permission=REMOVE_FACTORS,
    )
    def remove_factors(self, request: HttpRequest, user: User, reason: str) -> Outcome:
        remove_all_factors(user=user, by=signed_in(request), reason=reason)
        return _("The second factors are removed, and the person is signed out everywhere.")

    @object_action(
        gettext_lazy("Give time for a second factor again"),
        gettext_lazy(
            "Only if you have seen the colleague's face: whoever has their password may set up a factor then, within "
            "the time that begins with their next look at the admin."
        ),
        applies=is_overdue,
    )
    def give_time(self, request: HttpRequest, user: User) -> Outcome:
        give_time_again(user=user, by=signed_in(request))
        return _("They have time again to set up a second factor.")

    @object_action(
        gettext_lazy("Sign out everywhere"),
        gettext_lazy("Every browser and every API token of this person is signed out at once."),
    )
    def sign_out(self, request: HttpRequest, user: User) -> Outcome:
        with transaction.atomic():
            ended = end_all_sessions(user=user)
            record_act(
                "sessions_ended", actor=signed_in(request), person=user.pk, target=user, details={"ended": ended}
            )
        return ngettext("%(count)s session ended.", "%(count)s sessions ended.", ended) % {"count": ended}

    @object_action(
        gettext_lazy("Export their data"),
        gettext_lazy(
            "A file of everything that we hold about the person is made. They alone can download it, in their settings, and are told by "
            "mail when it is ready."
        ),
        applies=lambda user: user.is_active,
        permission=EXPORT,
    )
    def export_data(self, request: HttpRequest, user: User) -> Outcome:
        request_export(user=user, by=signed_in(request))
        return _("The export is being made. The person is told by mail when it is ready.")

    @object_action(
        gettext_lazy("Delete the account"),
        delete_question,
        applies=lambda user: user.is_active and not user.belongs_to_staff,
        danger=True,
        form=ReasonForm,
        permission=DELETE,
    )
    def delete_account(self, request: HttpRequest, user: User, reason: str) -> Outcome:
        due = leave(user=user, by=signed_in(request)).deletion_due_at
        assert due is not None
        return _("The account is shut, and is erased on %(day)s.") % {"day": date_format(due, "DATE_FORMAT")}

    @object_action(
        gettext_lazy("Take back the deletion"),
        restore_question,
        applies=lambda user: user.is_leaving and not user.is_suspended,
    )
    def restore(self, request: HttpRequest, user: User) -> Outcome:
        restore_account(user=user, by=signed_in(request))
        return _("The account stays.")
