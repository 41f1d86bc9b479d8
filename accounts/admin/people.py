"""The customer's page, which is also the colleague's."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.activity import in_words
from accounts.models import AuditEvent, User
from accounts.people import signed_in
from accounts.services.acting import ACT_AS, can_be_acted_for, start_acting
from accounts.services.deletion import restore_account
from accounts.services.factor_removal import remove_all_factors
from accounts.services.passwords import follow_new_password
from accounts.services.sessions import end_all_sessions
from accounts.services.staff_factor import give_time_again, is_overdue
from accounts.services.suspension import suspend_account, unsuspend_account
from accounts.session_store import SessionStore
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import Column, Panel
from nexusvpn.audit import record_act
from nexusvpn.forms import ServiceForm
from nexusvpn.templatetags.nexusvpn_ui import ago

LATEST = 10
# Whoever may take away an authenticator's seed may take away what stands beside it; nothing else asks for this permission.
REMOVE_FACTORS = "accounts.delete_totpseed"
RIGHTS = {"is_staff", "is_superuser", "groups", "user_permissions"}


class RemoveFactorsForm(ServiceForm):
    reason = forms.CharField(
        max_length=200,
        label="How the person was verified",
        help_text="Kept in the audit log: what was checked and the ticket's number, no names or addresses.",
    )


class ActForm(ServiceForm):
    reason = forms.CharField(
        max_length=200,
        help_text="The customer reads it: what you look for and the ticket's number, no names or addresses.",
    )


class SetPasswordForm(AdminPasswordChangeForm):
    """A password that staff set for somebody: what follows is what follows every new password."""

    user: User

    def save(self, commit: bool = True) -> User:
        with transaction.atomic():
            user: User = super().save(commit)
            follow_new_password(user)
        return user


def sessions_panel(user: User) -> Panel:
    rows = [
        (session.get_kind_display(), session.ip_address, session.user_agent, ago(session.last_seen_at))
        for session in user.sessions.live().defer("data", "key_hash")[:LATEST]
    ]
    url = f"{reverse('admin:accounts_session_changelist')}?user__id__exact={user.pk}"
    return Panel("Signed in", ("Kind", "Address", "Client", "Last seen"), rows, url)


def sign_ins_panel(user: User) -> Panel:
    rows = [
        (ago(entry.timestamp), entry.get_outcome_display(), entry.get_kind_display(), entry.ip_address)
        for entry in user.login_history.all()[:LATEST]
    ]
    url = f"{reverse('admin:accounts_loginhistory_changelist')}?user__id__exact={user.pk}"
    return Panel("Latest sign-ins", ("When", "Outcome", "Kind", "Address"), rows, url)


def activity_panel(user: User) -> Panel:
    acts = AuditEvent.objects.filter(person_id=user.pk)[:LATEST]
    rows = [(ago(act.at), in_words(act.action), act.get_actor_kind_display(), act.ip_address) for act in acts]
    url = f"{reverse('admin:accounts_auditevent_changelist')}?q={user.pk}"
    return Panel("Account activity", ("When", "What", "By", "Address"), rows, url)


@admin.register(User)
class UserAdmin(ActionsAdmin, DjangoUserAdmin):
    """The customer's page. The apps above this one add their columns and panels."""

    change_password_form = SetPasswordForm
    fieldsets = (
        (None, {"fields": ("email", "full_name", "password", "is_active")}),
        (
            "Facts",
            {"fields": ("id", "referral_code", "referred_by", "stripe_customer_id", "date_joined", "last_login")},
        ),
        ("Staff", {"fields": ("is_staff", "is_superuser", "groups", "user_permissions")}),
    )
    readonly_fields = (
        "id",
        "is_active",
        "referral_code",
        "referred_by",
        "stripe_customer_id",
        "date_joined",
        "last_login",
    )
    # What opens somebody else's account, or more of one's own, is a superuser's business.
    SUPERUSER_FIELDS = ("email", "is_staff", "is_superuser", "groups", "user_permissions")
    list_display = ("email", "full_name", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "full_name", "=id", "=referral_code", "=stripe_customer_id")
    ordering = ("-date_joined", "id")
    panels: ClassVar[list[Any]] = [sessions_panel, sign_ins_panel, activity_panel]
    extra_columns: ClassVar[list[Column]] = []

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People sign up themselves; a colleague's account is then made one of staff here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if isinstance(obj, User) and obj.is_staff and not signed_in(request).is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """A password opens the account, so setting somebody's is a superuser's business."""
        if not signed_in(request).is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def may_act(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_change_permission(request, obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """What somebody may do as staff has changed: what they are signed in to ends, in the transaction of the change."""
        super().save_related(request, form, formsets, change)
        if change and RIGHTS & set(form.changed_data):
            ended = end_all_sessions(user=form.instance)
            details = {"changed": sorted(RIGHTS & set(form.changed_data)), "sessions_ended": ended}
            record_act(
                "rights_changed", actor=request.user, person=form.instance.pk, target=form.instance, details=details
            )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.readonly_fields if signed_in(request).is_superuser else self.readonly_fields + self.SUPERUSER_FIELDS

    @object_action(
        "Suspend",
        "The person is signed out everywhere and can neither sign in nor use the API until you reinstate them.",
        applies=lambda user: not user.is_suspended and user.erased_at is None,
        danger=True,
    )
    def suspend(self, request: HttpRequest, user: User) -> Outcome:
        suspend_account(user=user, by=signed_in(request))
        return "The account is suspended and signed out everywhere."

    @object_action(
        "Reinstate",
        "The person may sign in and use the service again.",
        applies=lambda user: user.is_suspended,
    )
    def reinstate(self, request: HttpRequest, user: User) -> Outcome:
        unsuspend_account(user=user, by=signed_in(request))
        if user.is_active:
            return "The account is active again."
        return "The account is not suspended any more. It is still being deleted, unless its owner comes back."

    @object_action(
        "Remove second factors",
        "For somebody who has lost theirs, and whom you have verified as the runbook says. Authenticator app, passkeys and recovery "
        "codes are gone at once, every session and API key ends, and the person is told by mail. Their password alone opens the account "
        "then.",
        applies=User.has_second_factor,
        danger=True,
        form=RemoveFactorsForm,
        permission=REMOVE_FACTORS,
    )
    def remove_factors(self, request: HttpRequest, user: User, reason: str) -> Outcome:
        remove_all_factors(user=user, by=signed_in(request), reason=reason)
        return "The second factors are removed, and the person is signed out everywhere."

    @object_action(
        "Give time for a second factor again",
        "Only if you have seen the colleague's face: whoever has their password may set up a factor then, within "
        "the time that begins with their next look at the admin.",
        applies=is_overdue,
    )
    def give_time(self, request: HttpRequest, user: User) -> Outcome:
        give_time_again(user=user, by=signed_in(request))
        return "They have time again to set up a second factor."

    @object_action(
        "Take back the deletion",
        lambda user: (
            f"The person asked us to delete the account, which is due on {user.deletion_due_at:%-d %B %Y}. It stays,"
            " its devices work again, and the person is told by mail. Be sure that it is the person who wants this."
        ),
        applies=lambda user: user.is_leaving and not user.is_suspended,
    )
    def restore(self, request: HttpRequest, user: User) -> Outcome:
        restore_account(user=user, by=signed_in(request))
        return "The account stays."

    @object_action(
        "Act as this customer",
        "For 30 minutes this browser shows you the customer's own pages. You can change very little there, and the customer reads in "
        "their activity that our staff looked at their account, and why.",
        applies=can_be_acted_for,
        form=ActForm,
        permission=ACT_AS,
    )
    def act_as(self, request: HttpRequest, user: User, reason: str) -> Outcome:
        session = cast(SessionStore, request.session)
        start_acting(staff=signed_in(request), session_id=session.row_id, customer=user, reason=reason)
        return HttpResponseRedirect(reverse("dashboard"))

    @object_action("Sign out everywhere", "Every browser and every API token of this person is signed out at once.")
    def sign_out(self, request: HttpRequest, user: User) -> Outcome:
        ended = end_all_sessions(user=user)
        return f"{ended} session{'' if ended == 1 else 's'} ended."
