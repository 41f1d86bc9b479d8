"""What billing holds about people: in words, for their export, and what is left of it once they are erased."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet

from accounts.models import User
from accounts.privacy import StoredKind, register_section, register_stored, rows_of
from billing.entitlements import entitlement_for
from billing.gateway.copies import read_copies
from billing.models import Dispute
from nexusvpn.languages import lazy as _

BOOKS = _("As long as the law wants our books; after your account is erased as amounts of somebody without a name.")
RECORDS = _("{BILLING_RECORDS_KEPT_DAYS} days, or until your account is erased.")


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
    _register_subscriptions()
    _register_payments()
    _register_requests()
    _register_service()


def _register_sections() -> None:
    register_section("plan", _("What you may use, and plans that our staff gave you."), _plan)
    register_section(
        "customer",
        _("Who you are at Stripe, our payment provider, and the card that it charges."),
        lambda user: rows_of(user.stripe_customers.order_by("created_at"), *_CUSTOMER, *_CARD),
    )
    register_section(
        "subscriptions",
        _("What you subscribed to."),
        lambda user: rows_of(user.subscriptions.order_by("started_at", "pk"), *_SUBSCRIPTION, *_ITS_END, **_PRICE),
    )
    register_section(
        "invoices",
        _("Your invoices. Amounts are in the currency's smallest unit (cents, yen)."),
        lambda user: rows_of(user.invoices.order_by("created_at", "pk"), *_INVOICE, *_ITS_TIME),
    )
    register_section("payments", _("What was charged to your card, and what your bank asked back."), _payments)
    register_section(
        "ledger",
        _("Our books about you: money that came and went, and credit."),
        lambda user: rows_of(user.ledger_entries.order_by("occurred_at", "pk"), *_ENTRY),
    )
    register_section(
        "checkouts",
        _("When you were on the payment page."),
        lambda user: rows_of(user.checkouts.order_by("created_at", "pk"), *_CHECKOUT, **_PRICE),
    )
    register_section(
        "orders",
        _("What we asked of Stripe for you."),
        lambda user: rows_of(user.stripe_orders.order_by("created_at", "pk"), *_ORDER),
    )
    register_section(
        "gift_codes",
        _("Gift codes that you redeemed."),
        lambda user: rows_of(
            user.gift_codes.order_by("redeemed_at", "pk"), "redeemed_at", plan_name=F("batch__plan__name")
        ),
    )
    register_section(
        "stripe_copy", _("Our copy of what Stripe has about you, in Stripe's own words, without keys."), _stripe_copy
    )


def _register_plans() -> None:
    register_stored(
        StoredKind(
            "billing.PlanGrant",
            _("Plans that our staff gave you, with the reason."),
            _("To know what you may use."),
            _("As long as the law wants our books; without the reason once your account is erased."),
            section="plan",
        ),
        StoredKind(
            "billing.GiftCode",
            _("A hash of each gift code with its last group, and who redeemed it."),
            _("So that it is redeemed once."),
            BOOKS,
            section="gift_codes",
        ),
        StoredKind("billing.Plan", _("What can be had."), _("To offer it."), _("Always."), about_people=False),
        StoredKind(
            "billing.PlanPrice", _("What it costs and has cost."), _("To offer it."), _("Always."), about_people=False
        ),
        StoredKind(
            "billing.Coupon",
            _("Discounts that we offer, and how often each was used. Not by whom."),
            _("To offer them."),
            _("As long as the law wants our books."),
            about_people=False,
        ),
        StoredKind(
            "billing.PromotionCode",
            _("Codes for these discounts, and how often each was used. Not by whom."),
            _("To offer them."),
            _("As long as the law wants our books."),
            about_people=False,
        ),
        StoredKind(
            "billing.GiftBatch",
            _("Gift codes that were made together, and by which of our staff."),
            _("To give plans away."),
            _("As long as the law wants our books."),
            about_people=False,
        ),
    )


def _register_subscriptions() -> None:
    register_stored(
        StoredKind(
            "billing.StripeCustomer",
            _(
                "Your number at Stripe, our payment provider; brand, last four digits and expiry of the card that it charges."
            ),
            _("To know whose payment it is, and to show you which card is charged."),
            _("Your number as long as the law wants our books; the card until your account is erased."),
            section="customer",
        ),
        StoredKind(
            "billing.Subscription",
            _("What you subscribed to, when it renews and when it ends."),
            _("To know what you may use."),
            BOOKS,
            section="subscriptions",
        ),
        StoredKind(
            "billing.Invoice",
            _(
                "Your invoices: numbers, amounts, times and the promotion codes on them, and where they can be read at Stripe."
            ),
            _("The law wants it, and so that you can read them."),
            BOOKS,
            section="invoices",
        ),
    )


def _register_payments() -> None:
    register_stored(
        StoredKind(
            "billing.Payment",
            _("What was charged when, and a hash by which the same card is recognised. Never the card's number."),
            _("To refund what has to be, and to notice one card used by many."),
            BOOKS,
            section="payments",
        ),
        StoredKind(
            "billing.Dispute",
            _("Payments that your bank asked back."),
            _("To answer the bank."),
            BOOKS,
            section="payments",
        ),
        StoredKind(
            "billing.LedgerEntry",
            _("Our books: every amount that came, went, or is your credit."),
            _("The law wants it."),
            BOOKS,
            section="ledger",
        ),
        StoredKind(
            "djstripe",
            _(
                "A copy of what Stripe has about you: the address you pay with, your language, card brand and last digits, invoices "
                "and payments."
            ),
            _("So that our staff can help with a payment while Stripe cannot be reached."),
            _("Until your account is erased; then you are deleted at Stripe too."),
            section="stripe_copy",
        ),
    )


def _register_requests() -> None:
    register_stored(
        StoredKind(
            "billing.CheckoutSession",
            _("When you were on the payment page, and for which plan."),
            _("So that nobody pays twice."),
            RECORDS,
            section="checkouts",
        ),
        StoredKind(
            "billing.StripeOrder",
            _("What we asked of Stripe for you: another plan, an end, a refund."),
            _("So that it happens once, even if a machine fails."),
            RECORDS,
            section="orders",
        ),
        StoredKind(
            "billing.StripeEvent",
            _("That Stripe told us of something, by its ids. Not what it said."),
            _("To ask Stripe how things are now, and to find out what went wrong."),
            _("{BILLING_RECORDS_KEPT_DAYS} days."),
            not_exported=_("It holds ids of what is in the other sections."),
        ),
        StoredKind(
            "billing.Effect",
            _("That you were written to about a payment, by its id."),
            _("So that you are written to once."),
            _("{BILLING_RECORDS_KEPT_DAYS} days."),
            not_exported=_("The mails and notices themselves are in the sections “mails” and “notifications”."),
        ),
        StoredKind(
            "billing.Discrepancy",
            _("Where our copy of your payments was not as Stripe has them."),
            _("To put it right."),
            _("{BILLING_RECORDS_KEPT_DAYS} days after it was put right."),
            not_exported=_("It holds ids and former values of what is in the other sections."),
        ),
    )


def _register_service() -> None:
    register_stored(
        StoredKind(
            "billing.ReconcileRun",
            _("When we compared our books with Stripe's."),
            _("To know that they are right."),
            _("{BILLING_RECORDS_KEPT_DAYS} days."),
            about_people=False,
        ),
        *(
            StoredKind(
                f"billing.{name}",
                what,
                _("To report revenue without reading every payment."),
                _("Always."),
                about_people=False,
            )
            for name, what in (
                ("LedgerDay", _("What came in and went out on a day, of everybody together.")),
                ("RecurringMonth", _("How recurring revenue moved in a month, of everybody together.")),
                ("RecurringCount", _("When recurring revenue was counted last, and what it was by plan.")),
            )
        ),
    )
