"""Every lock of this app. A customer of Stripe's comes before everything of ours: `StripeCustomer` → customer → payment."""

from __future__ import annotations

from billing.models import Payment, StripeCustomer


def lock_stripe_customer(customer_id: str) -> StripeCustomer | None:
    """Whose syncs are serialised by it; None if it is nobody's of ours.

    NO KEY: rows that refer to it may still be written meanwhile.
    """
    found: StripeCustomer | None = (
        StripeCustomer.objects.select_for_update(no_key=True, of=("self",))
        .select_related("user")
        .filter(pk=customer_id)
        .first()
    )
    return found


def lock_stripe_customer_at_once(customer_id: str) -> StripeCustomer | None:
    """The same without waiting: None also while a sync holds it, which asks Stripe under it. For requests of people."""
    rows = StripeCustomer.objects.select_for_update(no_key=True, skip_locked=True)
    found: StripeCustomer | None = rows.filter(pk=customer_id).first()
    return found


def lock_payment(payment_id: str) -> Payment:
    """Whose refunds are decided one after the other. Nothing else is locked under it."""
    found: Payment = (
        Payment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("user", "invoice__subscription")
        .get(pk=payment_id)
    )
    return found
