"""The customer's page, which is also the colleague's: what decides, what can be done, and the latest of everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.admin.customer_actions import CustomerActions
from accounts.admin.customer_page import customer_page
from accounts.admin.forms import SetPasswordForm
from accounts.admin.permissions import PermissionsField
from accounts.models import User
from accounts.people import signed_in
from accounts.roles import MANAGE_STAFF, givable_groups, givable_permissions, may_manage
from accounts.services.sessions import end_all_sessions
from accounts.signals import Changed, account_changed
from nexusvpn.admin_base import Column, Panel
from nexusvpn.admin_export import Export
from nexusvpn.audit import record_act

RIGHTS = {"is_staff", "is_superuser", "groups", "user_permissions"}
# In the address of a customer's page: with what they may do as staff, and with the panels that are seldom looked at.
WITH_RIGHTS, WITH_MORE = "rights", "more"


@admin.register(User)
class UserAdmin(CustomerActions, DjangoUserAdmin):
    """The customer's page. The apps above this one add their columns, and their parts to `customer_page`."""

    change_form_template = "admin/accounts/user/change_form.html"
    change_password_form = SetPasswordForm
    details = (
        _("Details"),
        {
            "fields": (
                "email",
                "full_name",
                "password",
                "is_active",
                "id",
                "language",
                "referral_code",
                "referred_by",
                "stripe_customer_id",
                "date_joined",
                "last_login",
            ),
            "classes": ("collapse",),
        },
    )
    rights = (_("Staff"), {"fields": ("is_staff", "is_superuser", "groups", "user_permissions")})
    readonly_fields = (
        "id",
        "is_active",
        "language",
        "referral_code",
        "referred_by",
        "stripe_customer_id",
        "date_joined",
        "last_login",
    )
    # What opens somebody else's account, or all of ours, is a superuser's business; what others of staff may do is the owner's too.
    SUPERUSER_FIELDS = ("email", "is_superuser", "user_permissions")
    MANAGER_FIELDS = ("is_staff", "groups")
    list_display = ("email", "full_name", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "full_name", "=id", "=referral_code", "=stripe_customer_id")
    ordering = ("-date_joined", "id")
    export = Export(
        "people",
        [
            (name, name)
            for name in ("id", "email", "full_name", "is_active", "date_joined", "email_verified_at", "last_login")
        ],
    )
    extra_columns: ClassVar[list[Column]] = []

    @classmethod
    def bring(cls, action: Callable[..., Any]) -> None:
        """An app adds an action on a customer: a function that `object_action` has marked."""
        setattr(cls, action.__name__, action)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: QuerySet[User] = super().get_queryset(request)
        on_page = request.resolver_match is not None and "object_id" in request.resolver_match.kwargs
        return rows.select_related("referred_by").annotate(**customer_page.columns) if on_page else rows

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What somebody may do as staff is on the page of staff, and of others for who asks: seldom, and several queries."""
        name, options = self.details
        if not signed_in(request).is_superuser:
            # What is beside it leads to a page that is a superuser's alone.
            options = {**options, "fields": tuple(field for field in options["fields"] if field != "password")}
        details = (name, options)
        return (details, self.rights) if self._shows_rights(request, obj) else (details,)

    @staticmethod
    def _shows_rights(request: HttpRequest, obj: Any) -> bool:
        return obj is not None and (obj.belongs_to_staff or WITH_RIGHTS in request.GET)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People sign up themselves; a colleague's account is then made one of staff here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if isinstance(obj, User) and obj.erased_at is not None:
            # Nobody is to be known by it again.
            return False
        if isinstance(obj, User) and obj.belongs_to_staff and not may_manage(signed_in(request), obj):
            return False
        return super().has_change_permission(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """A password opens the account, so setting somebody's is a superuser's business."""
        if not signed_in(request).is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """In the transaction of the change: a new address is told, and with other rights what they are signed in to ends."""
        super().save_related(request, form, formsets, change)
        if change and "email" in form.changed_data:
            account_changed.send(sender=User, user=form.instance, what=Changed.ADDRESS)
        if change and RIGHTS & set(form.changed_data):
            ended = end_all_sessions(user=form.instance)
            details = {"changed": sorted(RIGHTS & set(form.changed_data)), "sessions_ended": ended}
            record_act(
                "rights_changed", actor=request.user, person=form.instance.pk, target=form.instance, details=details
            )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        by = signed_in(request)
        if by.is_superuser:
            return self.readonly_fields
        is_manager = isinstance(obj, User) and self._shows_rights(request, obj) and may_manage(by, obj)
        return self.readonly_fields + self.SUPERUSER_FIELDS + (() if is_manager else self.MANAGER_FIELDS)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any) -> Any:
        """Nobody gives what they do not have."""
        assert request is not None
        by, of = signed_in(request), db_field.remote_field.model
        if of is Group:
            kwargs["queryset"] = givable_groups(by)
        elif of is Permission:
            kwargs["queryset"] = givable_permissions(by).select_related("content_type")
            kwargs["form_class"] = PermissionsField
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def panels_for(self, request: HttpRequest, obj: Any) -> list[Panel]:
        return customer_page.panels_for(request.user, obj, more=WITH_MORE in request.GET)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        user, by = cast(User, kwargs["obj"]), signed_in(request)
        context |= {
            "facts": customer_page.facts_for(by, user),
            "links": customer_page.links_for(by, user),
            "has_more": WITH_MORE not in request.GET,
            "may_give_rights": not self._shows_rights(request, user) and by.has_perm(MANAGE_STAFF),
        }
        return super().render_change_form(request, context, *args, **kwargs)
