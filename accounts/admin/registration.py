"""Who may sign up, whom staff invited, and which accounts are to be looked at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import AbuseFlag, Invitation, RegistrationPolicy
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import ReadOnlyAdmin, StaffModelAdmin


@admin.register(RegistrationPolicy)
class RegistrationPolicyAdmin(StaffModelAdmin):
    fields = ("mode", "accounts_an_hour", "changed_at")
    readonly_fields = ("changed_at",)
    list_display = ("__str__", "mode", "accounts_an_hour", "changed_at")
    search_fields = ("=mode",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There is one; while there is none, everybody may sign up."""
        return super().has_add_permission(request) and not RegistrationPolicy.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    fields = ("id", "email", "note", "created_by", "created_at", "expires_at", "used_at", "used_by")
    list_display = ("created_at", "email", "note", "created_by", "expires_at", "used_at")
    list_select_related = ("created_by",)
    search_fields = ("email", "note")


@admin.register(AbuseFlag)
class AbuseFlagAdmin(ReadOnlyAdmin, ActionsAdmin):
    list_display = ("created_at", "user", "reason", "detail", "cleared_at")
    list_select_related = ("user",)
    list_filter = ("reason", ("cleared_at", admin.EmptyFieldListFilter))
    search_fields = ("user__email", "detail")

    @object_action("Clear", "The account was looked at and is in order.", applies=lambda flag: flag.cleared_at is None)
    def clear(self, request: HttpRequest, flag: AbuseFlag) -> Outcome:
        AbuseFlag.objects.filter(pk=flag.pk, cleared_at=None).update(cleared_at=timezone.now())
        return "The flag is cleared."
