"""What billing holds about people: in words, for their export, and what is left of it once they are erased."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet

from accounts.models import User
from accounts.privacy import StoredKind, register_section, register_stored, rows_of
from billing.entitlements import entitlement_for
from billing.gateway.copies import read_copies
from billing.models import Dispute

BOOKS = "As long as the law wants our books; after your account is erased as amounts of somebody without a name."
RECORDS = "{BILLING_RECORDS_KEPT_DAYS} days, or until your account is erased."


def _plan(user: User) -> dict[str, Any]:
    has = entitlement_for(user)
    grants = rows_of(
        user.plan_grants.order_by("created_at", "pk"),
        "reason",
        "created_at",
        "valid_until",
        "revoked_at",
        plan_name=F("plan__name"),
    )
    return {"now": {"plan": has.plan_name, "valid_until": has.valid_until}, "given": grants}


_CUSTOMER = ("stripe_id", "created_at", "currency", "balance_minor", "deleted_at")
_CARD = ("card_brand", "card_last4", "card_exp_month", "card_exp_year")
_SUBSCRIPTION = ("stripe_id", "status", "started_at", "trial_end", "current_period_start", "current_period_end")
_ITS_END = ("cancel_at_period_end", "cancel_at", "canceled_at", "ended_at", "pause_behavior", "pause_resumes_at")
_PRICE = {"plan_name": F("price__plan__name"), "interval": F("price__interval")}
_INVOICE = (
    "stripe_id",
    "number",
    "status",
    "currency",
    "total_minor",
    "tax_minor",
    "amount_paid_minor",
    "promotion_codes",
)
_ITS_TIME = ("created_at", "paid_at", "period_start", "period_end", "hosted_url", "pdf_url")
_PAYMENT = ("stripe_id", "status", "currency", "amount_minor", "refunded_minor", "failure_code", "created_at")
_DISPUTE = ("stripe_id", "payment_id", "status", "reason", "currency", "amount_minor", "created_at")
_ENTRY = ("account", "kind", "amount_minor", "currency", "occurred_at", "invoice_id", "note")
_CHECKOUT = ("state", "created_at", "ended_at")
_ORDER = ("purpose", "subject", "state", "created_at", "finished_at")


def _payments(user: User) -> dict[str, Any]:
    disputes: QuerySet[Any] = Dispute.objects.filter(payment__user=user)
    return {
        "payments": rows_of(user.payments.order_by("created_at", "pk"), *_PAYMENT, invoice_number=F("invoice__number")),
        "disputes": rows_of(disputes.order_by("created_at", "pk"), *_DISPUTE),
    }


def _stripe_copy(user: User) -> list[dict[str, Any]]:
    return read_copies(user.stripe_customers.values_list("pk", flat=True))


def register() -> None:
    _register_sections()
    _register_plans()
    _register_payments()
    _register_requests()
    _register_service()


def _register_sections() -> None:
    register_section("plan", "What you may use, and plans that our staff gave you.", _plan)
    register_section(
        "customer",
        "Who you are at Stripe, our payment provider, and the card that it charges.",
        lambda user: rows_of(user.stripe_customers.order_by("created_at"), *_CUSTOMER, *_CARD),
    )
    register_section(
        "subscriptions",
        "What you subscribed to.",
        lambda user: rows_of(user.subscriptions.order_by("started_at", "pk"), *_SUBSCRIPTION, *_ITS_END, **_PRICE),
    )
    register_section(
        "invoices",
        "Your invoices. Amounts are in the currency's smallest unit (cents, yen).",
        lambda user: rows_of(user.invoices.order_by("created_at", "pk"), *_INVOICE, *_ITS_TIME),
    )
    register_section("payments", "What was charged to your card, and what your bank asked back.", _payments)
    register_section(
        "ledger",
        "Our books about you: money that came and went, and credit.",
        lambda user: rows_of(user.ledger_entries.order_by("occurred_at", "pk"), *_ENTRY),
    )
    register_section(
        "checkouts",
        "When you were on the payment page.",
        lambda user: rows_of(user.checkouts.order_by("created_at", "pk"), *_CHECKOUT, **_PRICE),
    )
    register_section(
        "orders",
        "What we asked of Stripe for you.",
        lambda user: rows_of(user.stripe_orders.order_by("created_at", "pk"), *_ORDER),
    )
    register_section(
        "gift_codes",
        "Gift codes that you redeemed.",
        lambda user: rows_of(
            user.gift_codes.order_by("redeemed_at", "pk"), "redeemed_at", plan_name=F("batch__plan__name")
        ),
    )
    register_section(
        "stripe_copy", "Our copy of what Stripe has about you, in Stripe's own words, without keys.", _stripe_copy
    )


def _register_plans() -> None:
    register_stored(
        StoredKind(
            "billing.PlanGrant",
            "Plans that our staff gave you, with the reason.",
            "To know what you may use.",
            "As long as the law wants our books; without the reason once your account is erased.",
            section="plan",
        ),
        StoredKind(
            "billing.GiftCode",
            "A hash of each gift code, and who redeemed it.",
            "So that it is redeemed once.",
            BOOKS,
            section="gift_codes",
        ),
        StoredKind("billing.Plan", "What can be had.", "To offer it.", "Always.", about_people=False),
        StoredKind("billing.PlanPrice", "What it costs and cost.", "To offer it.", "Always.", about_people=False),
        StoredKind(
            "billing.Coupon",
            "Discounts that we offer, and how often each was used. Not by whom.",
            "To offer them.",
            "As long as the law wants our books.",
            about_people=False,
        ),
        StoredKind(
            "billing.PromotionCode",
            "Codes for these discounts, and how often each was used. Not by whom.",
            "To offer them.",
            "As long as the law wants our books.",
            about_people=False,
        ),
        StoredKind(
            "billing.GiftBatch",
            "Gift codes that were made together, and by which of our staff.",
            "To give plans away.",
            "As long as the law wants our books.",
            about_people=False,
        ),
    )


def _register_payments() -> None:
    register_stored(
        StoredKind(
            "billing.StripeCustomer",
            "Your number at Stripe, our payment provider; brand, last four digits and expiry of the card that it charges.",
            "To know whose payment it is, and to show you which card is charged.",
            "Your number as long as the law wants our books; the card until your account is erased.",
            section="customer",
        ),
        StoredKind(
            "billing.Subscription",
            "What you subscribed to, when it renews and when it ends.",
            "To know what you may use.",
            BOOKS,
            section="subscriptions",
        ),
        StoredKind(
            "billing.Invoice",
            "Your invoices: numbers, amounts, times and the promotion codes on them, and where they can be read at Stripe.",
            "The law wants it, and so that you can read them.",
            BOOKS,
            section="invoices",
        ),
        StoredKind(
            "billing.Payment",
            "What was charged when, and a hash by which the same card is recognised. Never the card's number.",
            "To pay back what has to be, and to notice one card used by many.",
            BOOKS,
            section="payments",
        ),
        StoredKind(
            "billing.Dispute",
            "Payments that your bank asked back.",
            "To answer the bank.",
            BOOKS,
            section="payments",
        ),
        StoredKind(
            "billing.LedgerEntry",
            "Our books: every amount that came, went, or is your credit.",
            "The law wants it.",
            BOOKS,
            section="ledger",
        ),
        StoredKind(
            "djstripe",
            "A copy of what Stripe has about you: the address you pay with, card brand and last digits, invoices and payments.",
            "So that our staff can help with a payment while Stripe cannot be reached.",
            "Until your account is erased; then you are deleted at Stripe too.",
            section="stripe_copy",
        ),
    )


def _register_requests() -> None:
    register_stored(
        StoredKind(
            "billing.CheckoutSession",
            "When you were on the payment page, and for which plan.",
            "So that nobody pays twice.",
            RECORDS,
            section="checkouts",
        ),
        StoredKind(
            "billing.StripeOrder",
            "What we asked of Stripe for you: another plan, an end, a refund.",
            "So that it happens once, even if a machine fails.",
            RECORDS,
            section="orders",
        ),
        StoredKind(
            "billing.StripeEvent",
            "That Stripe told us of something, by its ids. Not what it said.",
            "To ask Stripe how things are now, and to find out what went wrong.",
            "{BILLING_RECORDS_KEPT_DAYS} days.",
            not_exported="It holds ids of what is in the other sections.",
        ),
        StoredKind(
            "billing.Effect",
            "That you were written to about a payment, by its id.",
            "So that you are written to once.",
            "{BILLING_RECORDS_KEPT_DAYS} days.",
            not_exported="The mails and notices themselves are in the sections “mails” and “notifications”.",
        ),
        StoredKind(
            "billing.Discrepancy",
            "Where our copy of your payments was not as Stripe has them.",
            "To put it right.",
            "{BILLING_RECORDS_KEPT_DAYS} days after it was put right.",
            not_exported="It holds ids and former values of what is in the other sections.",
        ),
    )


def _register_service() -> None:
    register_stored(
        StoredKind(
            "billing.ReconcileRun",
            "When we compared our books with Stripe's.",
            "To know that they are right.",
            "{BILLING_RECORDS_KEPT_DAYS} days.",
            about_people=False,
        )
    )
