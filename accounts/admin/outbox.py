"""The outbox as staff see it: who was written to about what and whether it went out, not what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.mail_kinds import kind_in_words
from accounts.models import Mail, Notification
from accounts.services.outbox import send_again
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import ReadOnlyAdmin


@admin.register(Mail)
class MailAdmin(ActionsAdmin, ReadOnlyAdmin):
    fields = (
        "id",
        "user",
        "to",
        "kind",
        "subject",
        "state",
        "attempts",
        "due_at",
        "last_error",
        "created_at",
        "sent_at",
    )
    list_display = ("created_at", "to", "subject", "state", "attempts", "last_error", "sent_at")
    list_filter = ("state", "kind")
    words: ClassVar[dict[str, Callable[[str], str]]] = {"kind": kind_in_words}
    search_fields = ("to", "=id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mail]:
        rows: QuerySet[Mail] = super().get_queryset(request).defer("content")
        return rows

    @object_action(
        gettext_lazy("Send again"),
        gettext_lazy(
            "The mail was given up. It gets another round of attempts; mend first what is named as its last error."
        ),
        applies=lambda mail: mail.state == Mail.State.FAILED,
        is_one_with_history=True,
    )
    def send_again(self, request: HttpRequest, mail: Mail) -> Outcome:
        send_again(mail)
        return _("The mail is on its way.")


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "user", "kind", "title", "read_at")
    list_select_related = ("user",)
    list_filter = ("kind",)
    search_fields = ("user__email",)
