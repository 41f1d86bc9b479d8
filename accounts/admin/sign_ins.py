"""Where people are signed in and how they tried, and what staff did in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import LoginHistory, Session, User
from accounts.people import signed_in
from accounts.roles import may_manage
from accounts.services.sessions import end_sessions
from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.admin_menu import NAMES
from nexusvpn.staff_history import said
from nexusvpn.templatetags.nexusvpn_ui import UNKNOWN, program


@admin.display(description=gettext_lazy("program"), ordering="user_agent")
def used_program(row: Session | LoginHistory) -> str:
    """What the program said of itself is on hover, and on the row's page."""
    agent = row.user_agent
    return format_html('<span title="{}">{}</span>', agent, program(agent)) if agent else UNKNOWN


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
    list_display = ("user", "kind", "ip_address", used_program, "last_seen_at", "expires_at")
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
        """Those that were ticked, never more than a page: nobody has looked at "all of the table". Of staff only whom one may manage."""
        keys = request.POST.getlist(ACTION_CHECKBOX_NAME)[: self.list_per_page]
        chosen = list(sessions.model._default_manager.filter(pk__in=keys).select_related("user"))
        owners = {session.user_id: session.user for session in chosen}
        may_end = {pk: _may_end(signed_in(request), owner) for pk, owner in owners.items()}
        # One by one in the order in which whatever else ends sessions locks them.
        mine = sorted((session for session in chosen if may_end[session.user_id]), key=lambda session: session.pk)
        with transaction.atomic():
            # Of two who end the same one, one has done it.
            ended = [session for session in mine if end_sessions(Session.objects.filter(pk=session.pk))]
            self.log_deletions(request, ended)
        if len(mine) < len(chosen):
            messages.warning(request, _("Sessions of colleagues go on: you may not decide about them."))
        count = {"count": len(ended)}
        messages.success(request, ngettext("%(count)s session ended.", "%(count)s sessions ended.", len(ended)) % count)


def _may_end(by: User, owner: User | None) -> bool:
    return owner is None or not owner.belongs_to_staff or owner.pk == by.pk or may_manage(by, owner)


@admin.register(LoginHistory)
class LoginHistoryAdmin(ReadOnlyAdmin):
    list_display = ("timestamp", "user", "outcome", "kind", "ip_address", used_program)
    list_select_related = ("user",)
    list_filter = ("timestamp", "outcome", "kind")
    search_fields = ("user__email", "ip_address")


class KindFilter(admin.ChoicesFieldListFilter):
    """By what Django calls a flag."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("kind")


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """What staff did in the admin; nobody can change it here."""

    fields = ("action_time", "user", "kind", "listed", "object_id", "called", "what")
    list_display = ("action_time", "user", "listed", "called", "kind", "what")
    list_select_related = ("user", "content_type")
    list_filter = ("action_time", ("action_flag", KindFilter))
    ordering = ("-id",)
    search_fields = ("user__email", "object_repr", "=object_id")

    @admin.display(description=gettext_lazy("what was done"))
    def what(self, entry: LogEntry) -> str:
        return said(entry)

    @admin.display(description=gettext_lazy("kind"), ordering="action_flag")
    def kind(self, entry: LogEntry) -> str:
        return entry.get_action_flag_display()

    @admin.display(description=gettext_lazy("list"), ordering="content_type")
    def listed(self, entry: LogEntry) -> str:
        kind = entry.content_type
        model = kind.model_class() if kind else None
        return str(NAMES.get(model._meta.object_name or "", kind)) if model else UNKNOWN

    @admin.display(description=gettext_lazy("name"), ordering="object_repr")
    def called(self, entry: LogEntry) -> str:
        return entry.object_repr

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Django's own name for an entry says twice that something was changed, and not what."""
        entry = kwargs["obj"]
        context["subtitle"] = f"{self.listed(entry)}: {self.called(entry)}"
        return super().render_change_form(request, context, *args, **kwargs)
