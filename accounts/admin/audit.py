"""The audit log: searched by staff, changed by nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.acts import in_words
from accounts.admin.audit_rows import AuditList, find_rows, row_in_words
from accounts.models import AuditEvent, User
from nexusvpn.admin_base import Column, ReadOnlyAdmin
from nexusvpn.admin_export import Export
from nexusvpn.templatetags.nexusvpn_ui import UNKNOWN


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

    @admin.display(description=_("About"))
    def about(self, event: Any) -> str:
        """The person; where it was nobody's, the row."""
        return event.person_email or row_in_words(event)

    @admin.display(description=_("By"))
    def by(self, event: Any) -> str:
        return _person(event.actor_id, event.actor_email)

    @admin.display(description=_("About whom"))
    def person(self, event: Any) -> str:
        return _person(event.person_id, event.person_email)

    @admin.display(description=_("About what"))
    def row(self, event: AuditEvent) -> str:
        return row_in_words(event)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return AuditList

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Who did what, and about whom or what, comes first."""
        at, what, *others, by, _person_email = super().get_list_display(request)
        return [at, what, by, "about", *others]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Ids as what they stand for, and the code below its words."""
        words = {"actor_id": "by", "person_id": "person", "target_type": "row"}
        shown = [words.get(name, name) for name in super().get_fields(request, obj) if name != "target_id"]
        place = shown.index("row")
        return [*shown[:place], "code", *shown[place:]]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        event = super().get_object(request, object_id, from_field)
        if event is not None:
            find_rows(request, [event])
        return event


def _person(pk: UUID | None, email: str | None) -> str:
    """The id is what the log is searched by, also once the account is erased."""
    if pk is None:
        return UNKNOWN
    url = reverse("admin:accounts_user_change", args=[pk])
    return format_html('<a href="{}">{}</a> ({})', url, email, pk) if email else str(pk)
