"""What nodes say of themselves, what they noted, and which secrets they have had."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from nexusvpn.admin_base import ReadOnlyAdmin
from vpn.models import NodeNote, NodeStatus, NodeToken
from vpn.node_notes import note_in_words


@admin.register(NodeStatus)
class NodeStatusAdmin(ReadOnlyAdmin):
    list_display = (
        "server",
        "last_report_at",
        "in_sync",
        "applied_revision",
        "peer_count",
        "cpu_percent",
        "memory_percent",
        "agent_version",
    )
    list_select_related = ("server",)
    list_filter = ("in_sync",)
    search_fields = ("server__name",)


@admin.register(NodeNote)
class NodeNoteAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "server", "code", "detail")
    list_select_related = ("server",)
    search_fields = ("server__name", "code", "detail")
    words: ClassVar[dict[str, Callable[[str], str]]] = {"code": note_in_words}


@admin.register(NodeToken)
class NodeTokenAdmin(ReadOnlyAdmin):
    """Which secrets a node has had; not even their hashes are shown."""

    fields = ("server", "kind", "created_at", "expires_at", "used_by_key", "revoked_at")
    list_display = ("server", "kind", "created_at", "expires_at", "used_by_key", "revoked_at")
    list_select_related = ("server",)
    list_filter = ("kind", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("server__name", "=used_by_key")

    def get_queryset(self, request: HttpRequest) -> QuerySet[NodeToken]:
        rows: QuerySet[NodeToken] = super().get_queryset(request).defer("token_hash")
        return rows
