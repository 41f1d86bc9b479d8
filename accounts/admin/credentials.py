"""What people sign in with. Staff see that it exists and when it was used, never what it is."""

from __future__ import annotations

from django.contrib import admin

from accounts.models import ApiKey, EmailToken, KnownClient, Passkey, RecoveryCode, TotpSeed
from nexusvpn.admin_base import ReadOnlyAdmin


@admin.register(TotpSeed)
class TotpSeedAdmin(ReadOnlyAdmin):
    fields = ("user", "created_at", "confirmed_at")
    list_display = ("user", "created_at", "confirmed_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)


@admin.register(Passkey)
class PasskeyAdmin(ReadOnlyAdmin):
    fields = ("id", "user", "name", "sign_count", "created_at", "last_used_at")
    list_display = ("user", "name", "created_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "name")


@admin.register(RecoveryCode)
class RecoveryCodeAdmin(ReadOnlyAdmin):
    fields = ("user", "created_at", "used_at")
    list_display = ("user", "created_at", "used_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    fields = ("id", "user", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at")
    list_display = ("user", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "name", "=prefix")


@admin.register(EmailToken)
class EmailTokenAdmin(ReadOnlyAdmin):
    fields = ("user", "purpose", "email", "created_at", "expires_at", "used_at")
    list_display = ("user", "purpose", "email", "expires_at", "used_at")
    list_select_related = ("user",)
    list_filter = ("purpose",)
    search_fields = ("user__email", "email")


@admin.register(KnownClient)
class KnownClientAdmin(ReadOnlyAdmin):
    fields = ("user", "first_seen_at", "last_seen_at")
    list_display = ("user", "first_seen_at", "last_seen_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)
