"""Plans given by staff, and the column that says what plan somebody has."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from accounts.admin import LATEST, UserAdmin
from accounts.admin.customer_page import customer_page
from accounts.models import User
from accounts.people import signed_in
from billing.holding import plan_name_now
from billing.models import Plan, PlanGrant
from billing.services.grants import check_grant, grant_plan, revoke_grant
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import Column, Panel
from nexusvpn.errors import DomainError
from nexusvpn.languages import lazy as _
from nexusvpn.templatetags.nexusvpn_ui import day


def grants_panel(user: User) -> Panel:
    rows = [
        (
            grant.plan.name,
            grant.reason,
            grant.granted_by,
            day(grant.created_at),
            day(grant.valid_until),
            day(grant.revoked_at),
        )
        for grant in user.plan_grants.select_related("plan", "granted_by")[:LATEST]
    ]
    url = f"{reverse('admin:billing_plangrant_changelist')}?user__id__exact={user.pk}"
    return Panel(
        gettext("Plans given by staff"),
        (gettext("Plan"), gettext("Reason"), gettext("By"), gettext("Given"), gettext("Until"), gettext("Revoked")),
        rows,
        url,
    )


customer_page.add_panel(grants_panel, permission="billing.view_plangrant", place=25)
UserAdmin.extra_columns.append(Column("plan_name", _("plan"), Coalesce(plan_name_now(), Value("–"))))


class GrantForm(forms.ModelForm):
    granted_by: User

    class Meta:
        model = PlanGrant
        fields = ("user", "plan", "reason", "valid_until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "plan" in self.fields:
            plan: Any = self.fields["plan"]
            plan.queryset = Plan.objects.exclude(code=Plan.FREE)

    def clean(self) -> dict[str, Any]:
        """The service's own rule, so that its refusal is shown at its field."""
        values: dict[str, Any] = super().clean() or {}
        try:
            check_grant(
                user=values.get("user"),
                granted_by=self.granted_by,
                reason=values.get("reason", ""),
                valid_until=values.get("valid_until"),
            )
        except DomainError as error:
            for field, texts in error.fields.items():
                if field not in self.errors:
                    self.add_error(field, texts)
        return values


def _holds(grant: PlanGrant) -> bool:
    is_over = grant.valid_until is not None and grant.valid_until <= timezone.now()
    return grant.revoked_at is None and not is_over


@admin.register(PlanGrant)
class PlanGrantAdmin(ActionsAdmin):
    """Given and revoked, never edited or deleted: it is the record of what staff gave."""

    form = GrantForm
    raw_id_fields = ("user",)
    list_display = ("user", "plan", "reason", "created_at", "valid_until", "revoked_at")
    days = ("created_at", "valid_until", "revoked_at")
    list_select_related = ("user", "plan")
    list_filter = ("plan", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("user__email", "reason")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        given = ("user", "plan", "reason", "valid_until")
        return (*given, "granted_by", "created_at", "revoked_at") if obj else given

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.granted_by = signed_in(request)
        return form

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        given = grant_plan(granted_by=signed_in(request), **form.cleaned_data)
        obj.pk = given.pk

    @object_action(
        _("Revoke"),
        _("The plan ends now. Devices beyond what is left of the person's plan stay until they are removed."),
        applies=_holds,
        danger=True,
    )
    def revoke(self, request: HttpRequest, grant: PlanGrant) -> Outcome:
        revoke_grant(grant, by=signed_in(request))
        return gettext("The grant is revoked.")
