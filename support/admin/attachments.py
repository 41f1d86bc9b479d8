"""Files of messages, as lists of names: nothing of their content is shown here."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.people import signed_in
from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.languages import lazy as _
from nexusvpn.templatetags.nexusvpn_ui import bytes_exact, moment
from support.models import Attachment, AttachmentContent


@admin.register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "name", "kind", "size_in_words", "sender", "removed_at")
    list_select_related = ("sender",)
    list_filter = ("kind",)
    fields = ("id", "message", "sender", "name", "kind", "size_in_words", "sha256", "created_at", "removed_at")
    search_fields = ("name", "sender__email", "=message__ticket__id")
    ordering = ("-created_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attachment]:
        return super().get_queryset(request).exclude(message__is_note=True, message__ticket__user=signed_in(request))

    @admin.display(description=_("size"), ordering="size")
    def size_in_words(self, file: Attachment) -> SafeString | str:
        return bytes_exact(file.size)


@admin.register(AttachmentContent)
class AttachmentContentAdmin(ReadOnlyAdmin):
    """Which files are still there. The bytes are read by whoever may see the thread, as a download."""

    list_display = ("attachment", "kind", "size", "sent_at")
    list_select_related = ("attachment",)
    fields = ("attachment", "kind", "size", "sent_at")
    search_fields = ("attachment__name", "=attachment__id")
    ordering = ("attachment",)

    def get_queryset(self, request: object) -> object:  # type: ignore[override]
        return super().get_queryset(request).defer("data")  # type: ignore[arg-type]

    @admin.display(description=Attachment._meta.get_field("kind").verbose_name)
    def kind(self, content: AttachmentContent) -> str:
        return content.attachment.get_kind_display()

    @admin.display(description=_("size"))
    def size(self, content: AttachmentContent) -> SafeString | str:
        return bytes_exact(content.attachment.size)

    @admin.display(description=Attachment._meta.get_field("created_at").verbose_name)
    def sent_at(self, content: AttachmentContent) -> str:
        return moment(content.attachment.created_at)
