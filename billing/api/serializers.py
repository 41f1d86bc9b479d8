"""What the billing endpoints take and answer. Amounts are in the currency's smallest unit."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from billing.models import Interval, Invoice, Subscription
from nexusvpn.api.fields import StrictSerializer, Text

# The year 2100: no moment of a proration is later.
LATEST = 4_102_444_800


class NothingForm(StrictSerializer):
    """Nothing needs to be said."""


class WantedForm(StrictSerializer):
    plan = Text(max_length=32, help_text="The `code` of a plan of billing/plans.")
    interval = serializers.ChoiceField(choices=Interval.choices, default=Interval.MONTH)


class CheckoutForm(WantedForm):
    currency = Text(
        min_length=3,
        max_length=3,
        required=False,
        help_text="One that the plan is sold in; without it the one that you pay in already, or the service's.",
    )
    promotion_code = Text(
        max_length=64, required=False, allow_blank=True, help_text="Without it the page asks for one."
    )


class ChangeForm(WantedForm):
    proration_date = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        max_value=LATEST,
        help_text="As the preview gave it: then exactly what it showed is charged.",
    )


class PauseForm(StrictSerializer):
    until = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="Within a year; without it until you end the pause."
    )


class PortalForm(StrictSerializer):
    flow = serializers.ChoiceField(
        choices=[("", "everything"), ("payment_method", "change the card")],
        default="",
        help_text="`payment_method` leads to the page on which the card is changed.",
    )


class UrlView(serializers.Serializer[Any]):
    url = serializers.CharField(help_text="A page of the payment provider's. It is a secret of yours.")


class CheckoutView(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="To look it up by.")
    state = serializers.ChoiceField(choices=[("open", "open"), ("complete", "paid"), ("expired", "over")])
    url = serializers.CharField(help_text="Where to pay; empty when it is no longer open.")
    plan = serializers.CharField()
    interval = serializers.ChoiceField(choices=Interval.choices)
    expires_at = serializers.DateTimeField(allow_null=True)


class BoughtPriceView(serializers.Serializer[Any]):
    plan = serializers.CharField()
    interval = serializers.ChoiceField(choices=Interval.choices)
    currency = serializers.CharField()
    amount_minor = serializers.IntegerField()


class PlannedChangeView(BoughtPriceView):
    at = serializers.DateTimeField(allow_null=True)


class CardView(serializers.Serializer[Any]):
    brand = serializers.CharField()
    last4 = serializers.CharField()
    exp_month = serializers.IntegerField(allow_null=True)
    exp_year = serializers.IntegerField(allow_null=True)


class SubscriptionView(serializers.Serializer[Any]):
    plan_code = serializers.CharField(help_text="What you may use now, from whatever gives the most.")
    plan_name = serializers.CharField()
    reason = serializers.CharField(help_text="What gives it.")
    valid_until = serializers.DateTimeField(allow_null=True, help_text="null: no end date is set.")
    status = serializers.ChoiceField(
        choices=Subscription.Status.choices, allow_null=True, help_text="Of your subscription; null: you never had one."
    )
    situation = serializers.CharField(help_text="Why the subscription gives its plan, or why not; none: there is none.")
    price = BoughtPriceView(allow_null=True)
    current_period_end = serializers.DateTimeField(allow_null=True)
    trial_end = serializers.DateTimeField(allow_null=True)
    cancel_at_period_end = serializers.BooleanField()
    cancel_at = serializers.DateTimeField(allow_null=True, help_text="When it ends; null: it goes on.")
    is_paused = serializers.BooleanField()
    pause_resumes_at = serializers.DateTimeField(allow_null=True)
    next_change = PlannedChangeView(allow_null=True, help_text="What waits for the period's end.")
    unpaid_since = serializers.DateTimeField(allow_null=True)
    card = CardView(allow_null=True, help_text="What the next payment is tried with.")


class LineView(serializers.Serializer[Any]):
    text = serializers.CharField()
    amount_minor = serializers.IntegerField(help_text="Negative: given back.")


class EffectView(serializers.Serializer[Any]):
    title = serializers.CharField()
    names = serializers.ListField(child=serializers.CharField())


class ChangeView(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=[("now", "at once"), ("at_period_end", "at the period's end")])
    price = BoughtPriceView()
    plan_code = serializers.CharField(
        help_text="What you may use then: this plan, or a larger one that is given to you."
    )
    amount_due_minor = serializers.IntegerField(help_text="Due today.")
    currency = serializers.CharField()
    effective_at = serializers.DateTimeField()
    next_amount_minor = serializers.IntegerField(help_text="For each period that follows, before taxes and discounts.")
    lines = LineView(many=True)
    effects = EffectView(many=True, help_text="What you would lose by it; of a preview only.")
    proration_date = serializers.IntegerField(
        allow_null=True, help_text="To be sent back with the confirmation within ten minutes; null: nothing is due."
    )


class InvoiceItemView(serializers.Serializer[Any]):
    id = serializers.CharField()
    number = serializers.CharField(help_text="Empty until it is final.")
    status = serializers.ChoiceField(choices=Invoice.Status.choices)
    currency = serializers.CharField()
    total_minor = serializers.IntegerField()
    refunded_minor = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    hosted_url = serializers.CharField(help_text="Where it is paid and printed.")
    pdf_url = serializers.CharField()
