"""The audit log: searched by staff, changed by nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.activity import in_words
from accounts.models import AuditEvent, User
from nexusvpn.admin_base import Column, ReadOnlyAdmin
from nexusvpn.admin_export import Export


def _address_of(column: str) -> Subquery:
    """The rows refer to nobody: whom an id means is looked up for the page, and is nothing once the account is erased."""
    return Subquery(User.objects.filter(pk=OuterRef(column)).values("email")[:1])


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "what", "actor_kind", "ip_address")
    list_filter = ("at", "actor_kind", "action")
    words: ClassVar[dict[str, Callable[[str], str]]] = {"action": in_words}
    search_fields = ("=actor_id", "=person_id", "=target_id", "=request_id", "=action")
    search_help_text = _(
        "The id of a person, of what something was done to, or of a request; or an action's code, which is on its page."
    )
    export = Export(
        "audit",
        [
            (name, name)
            for name in (
                "at",
                "action",
                "actor_kind",
                "actor_id",
                "person_id",
                "target_type",
                "target_id",
                "ip_address",
                "request_id",
                "details",
            )
        ],
        is_for_readers=True,
    )
    extra_columns: ClassVar[list[Column]] = [
        Column("actor_email", _("By"), _address_of("actor_id")),
        Column("person_email", _("About"), _address_of("person_id")),
    ]

    @admin.display(description=_("what was done"), ordering="action")
    def what(self, event: AuditEvent) -> str:
        return in_words(event.action)

    @admin.display(description=_("code"))
    def code(self, event: AuditEvent) -> str:
        """What is searched for, and written in logs, of the words above it."""
        return event.action

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fields = super().get_fields(request, obj)
        place = [field.name for field in self.opts.concrete_fields].index("action") + 1
        return [*fields[:place], "code", *fields[place:]]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Who did what, and about whom, comes first."""
        at, what, *others, by, about = super().get_list_display(request)
        return [at, what, by, about, *others]
