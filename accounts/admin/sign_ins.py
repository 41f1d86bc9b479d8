"""Where people are signed in and how they tried, and what staff did in the admin."""

from __future__ import annotations

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import LoginHistory, Session
from accounts.people import signed_in
from nexusvpn.admin_base import ReadOnlyAdmin


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    """Where people are signed in. Neither the secret's hash nor the session's data is shown."""

    fields = (
        "id",
        "user",
        "kind",
        "created_at",
        "last_seen_at",
        "expires_at",
        "ip_address",
        "user_agent",
    )
    list_display = ("user", "kind", "ip_address", "user_agent", "last_seen_at", "expires_at")
    list_select_related = ("user",)
    list_filter = ("kind",)
    # The end moves on with each use, so that of a kind those seen last come first, by an index that is there for another reason.
    ordering = ("-expires_at", "id")
    search_fields = ("user__email", "ip_address")
    actions = ("end_sessions",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        rows: QuerySet[Session] = super().get_queryset(request).defer("data", "key_hash")
        return rows

    def has_end_permission(self, request: HttpRequest) -> bool:
        return signed_in(request).has_perm("accounts.delete_session")

    @admin.action(description=gettext_lazy("End the selected sessions"), permissions=["end"])
    def end_sessions(self, request: HttpRequest, sessions: QuerySet[Session]) -> None:
        self.log_deletions(request, sessions)
        ended, _ = sessions.delete()
        messages.success(
            request, ngettext("%(count)s session ended.", "%(count)s sessions ended.", ended) % {"count": ended}
        )


@admin.register(LoginHistory)
class LoginHistoryAdmin(ReadOnlyAdmin):
    list_display = ("timestamp", "user", "outcome", "kind", "ip_address", "user_agent")
    list_select_related = ("user",)
    list_filter = ("timestamp", "outcome", "kind")
    search_fields = ("user__email", "ip_address")


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """What staff did in the admin; nobody can change it here."""

    fields = ("action_time", "user", "content_type", "object_id", "object_repr", "change_message")
    list_display = ("action_time", "user", "content_type", "object_repr", "action_flag", "change_message")
    list_select_related = ("user", "content_type")
    list_filter = ("action_time", "action_flag")
    ordering = ("-id",)
    search_fields = ("user__email", "object_repr", "=object_id")
