"""What Stripe told us, and what followed."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext

from billing.models import Effect, StripeEvent
from billing.services.events import process_again
from nexusvpn.admin_actions import ActionsAdmin, Outcome, object_action
from nexusvpn.admin_base import ReadOnlyAdmin
from nexusvpn.languages import lazy as _


@admin.register(StripeEvent)
class StripeEventAdmin(ActionsAdmin, ReadOnlyAdmin):
    list_display = ("stripe_id", "type", "object_id", "state", "reason", "attempts", "was_missed", "received_at")
    list_filter = ("state", "was_missed", "type")
    search_fields = ("=stripe_id", "=object_id", "=customer_id", "type")

    @object_action(
        _("Process again"),
        _(
            "What the event is about is fetched from Stripe once more, and what follows from it is done. What was done already is not "
            "done twice."
        ),
        applies=lambda event: event.state != StripeEvent.State.WAITING,
        is_one_with_history=True,
    )
    def process_again(self, request: HttpRequest, event: StripeEvent) -> Outcome:
        process_again(event)
        return gettext("The event is being processed again. Look at it in a moment.")


@admin.register(Effect)
class EffectAdmin(ReadOnlyAdmin):
    """Mails and notices that happened once."""

    list_display = ("key", "created_at")
    search_fields = ("key",)
    ordering = ("-created_at",)
