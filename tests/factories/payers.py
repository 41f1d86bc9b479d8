"""People who pay: with everything that syncs write about them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.models import User
from billing.models import LedgerEntry, Payment, StripeCustomer, Subscription
from tests.factories.payments import make_customer, make_invoice, make_payment, make_subscription


def make_payer(user: User, **fields: Any) -> StripeCustomer:
    """Somebody whose card Stripe has."""
    card = {"card_brand": "visa", "card_last4": "4242", "card_exp_month": 12, "card_exp_year": 2040}
    return make_customer(user, currency="USD", synced_at=timezone.now(), **{**card, **fields})


def make_subscriber(user: User, **fields: Any) -> Subscription:
    make_payer(user)
    return make_subscription(user, **fields)


def pay(subscription: Subscription) -> Payment:
    """Its period: an invoice that can be read at Stripe, a card that is recognised, an entry in the books."""
    user, page = subscription.user, f"https://invoice.stripe.example/{subscription.pk}"
    invoice = make_invoice(user, subscription, number=f"NX-{user.pk}", hosted_url=page, pdf_url=f"{page}/pdf")
    payment = make_payment(user, invoice, card_fingerprint_hash="0f" * 32)
    LedgerEntry.objects.create(
        account="money",
        kind="charge",
        source=payment.pk,
        user=user,
        price=invoice.price,
        invoice_id=invoice.pk,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        occurred_at=payment.created_at,
    )
    return payment
