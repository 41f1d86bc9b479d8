"""What was fetched of a customer, written into their rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from billing.gateway.client import Object
from billing.gateway.fetch import Fetched
from billing.gateway.values import id_of
from billing.models import (
    CheckoutSession,
    Discrepancy,
    Dispute,
    Invoice,
    Payment,
    StripeCustomer,
    StripeOrder,
    Subscription,
)
from billing.services.checkout_parameters import CHECKOUT
from billing.services.customers import order_contact
from billing.services.discrepancies import heal, report
from billing.services.invoices_sync import invoice_price_ids, read_invoice, subscription_id
from billing.services.ledger import record_credits, record_transactions
from billing.services.orders import is_refused_lately
from billing.services.payments_sync import read_dispute, read_payment, transactions_of
from billing.services.stored import Rows, prices_by_stripe_id, save_changes
from billing.services.subscriptions_sync import price_id, price_ids, read_subscription
from billing.services.surplus import surplus_among
from nexusvpn.languages import known_language

_PAGES = {
    "open": CheckoutSession.State.OPEN,
    "complete": CheckoutSession.State.COMPLETE,
    "expired": CheckoutSession.State.EXPIRED,
}
_PAGE_IS_OPEN = (CheckoutSession.State.ASKED, CheckoutSession.State.OPEN)


def write_customer(customer: StripeCustomer, found: Fetched) -> None:
    """The customer's own columns, for everybody whose payments we may show."""
    if found.customer is None or customer.user.erased_at is not None:
        return
    card = _card(found)
    values: dict[str, Any] = {
        "currency": (found.customer["currency"] or "").upper(),
        "balance_minor": found.customer["balance"],
        "card_brand": card.get("brand") or "",
        "card_last4": card.get("last4") or "",
        "card_exp_month": card.get("exp_month"),
        "card_exp_year": card.get("exp_year"),
    }
    if not save_changes(customer, values):
        StripeCustomer.objects.filter(pk=customer.pk).update(synced_at=timezone.now())


def keep_contact(customer: StripeCustomer, found: Fetched) -> None:
    """Receipts go to the address that the person has now, not to a mailbox that may be somebody else's, and are in their language.

    What Stripe refused is told again on another day, or when the address or the language changes.
    """
    user, stored = customer.user, found.customer
    if stored is None or user.erased_at is not None or user.deletion_due_at is not None:
        return
    language = known_language(user.language)
    is_kept = (stored["email"] or "").lower() == user.email.lower()
    if language and (stored.get("preferred_locales") or [""])[0] != language:
        is_kept = False
    if not is_kept and not is_refused_lately(user=user, purpose=StripeOrder.Purpose.ADDRESS, subject=customer.pk):
        order_contact(user, customer.pk)


def note_deleted(customer: StripeCustomer, subscriptions: Rows[Subscription]) -> None:
    """Stripe ends what a deleted customer had, and lists it no longer."""
    now = timezone.now()
    live = [row for row in subscriptions.all() if row.customer_id == customer.pk and row.is_live]
    for row in live:
        subscriptions.put(row.pk, {"status": Subscription.Status.CANCELED, "ended_at": now, "canceled_at": now})
    is_news = customer.deleted_at is None
    if is_news:
        StripeCustomer.objects.filter(pk=customer.pk).update(deleted_at=now, synced_at=now)
        customer.deleted_at = now
        User.objects.filter(stripe_customer_id=customer.pk).update(stripe_customer_id=None)
    if (is_news or live) and customer.user.erased_at is None:
        details = {"ended": [row.pk for row in live]}
        report(Discrepancy.Kind.CUSTOMER_DELETED, customer.pk, user=customer.user, details=details, healed=True)


def write_subscriptions(customer: StripeCustomer, found: Fetched, subscriptions: Rows[Subscription]) -> None:
    """In an order in which the person never has two that count: what ended first, then what is too much, then the one."""
    prices = prices_by_stripe_id(id for one in found.subscriptions for id in price_ids(one))
    known = {row.pk: row for row in subscriptions.all()}
    surplus = surplus_among([one for one in found.subscriptions if one["status"] in Subscription.LIVE], known)

    def turn(one: Object) -> tuple[bool, bool]:
        return one["status"] in Subscription.LIVE, one["id"] not in surplus

    for one in sorted(found.subscriptions, key=turn):
        row = known.get(one["id"])
        is_live = one["status"] in Subscription.LIVE
        values = {
            **read_subscription(one, prices),
            "customer_id": customer.pk,
            "user_id": customer.user_id,
            "is_surplus": one["id"] in surplus if is_live else bool(row and row.is_surplus),
        }
        _note_price(subscriptions.put(one["id"], values), one)


def write_invoices(customer: StripeCustomer, found: Fetched, subscriptions: Rows[Subscription]) -> Rows[Invoice]:
    invoices = Rows(Invoice, found.invoices)
    prices = prices_by_stripe_id(id for one in found.invoices.values() for id in invoice_price_ids(one))
    for id, one in found.invoices.items():
        subscription = subscriptions.get(subscription_id(one))
        values = {**read_invoice(one, prices), "user_id": customer.user_id}
        values["subscription_id"] = subscription.pk if subscription else None
        if customer.user.erased_at is not None:
            values |= {"hosted_url": "", "pdf_url": ""}
        invoices.put(id, values)
    return invoices


def write_payments(customer: StripeCustomer, found: Fetched, invoices: Rows[Invoice]) -> Rows[Payment]:
    """With the disputes of each, and what it moved in the books."""
    payments = Rows(Payment, found.charges)
    disputes = Rows(Dispute, found.disputes)
    for id, one in found.charges.items():
        values = {**read_payment(one), "user_id": customer.user_id}
        if customer.user.erased_at is not None:
            values["card_fingerprint_hash"] = ""
        # Where an older charge comes without its invoice, that is what it was.
        invoice = invoices.get(found.invoice_of(one))
        payment = payments.put(id, {**values, "invoice_id": invoice.pk} if invoice else values)
        payment.invoice = invoice or payment.invoice
        its_own = [dispute for dispute in found.disputes.values() if id_of(dispute["charge"]) == id]
        for dispute in its_own:
            disputes.put(dispute["id"], {**read_dispute(dispute), "payment_id": payment.pk})
            if dispute["id"] in disputes.changed:
                payments.changed.add(id)
        record_transactions(transactions_of(one, its_own), payment)
    record_credits(found.credits, customer.user)
    return payments


def open_pages(customer: StripeCustomer) -> list[str]:
    """Ids of the pages on which this person may be paying."""
    rows = CheckoutSession.objects.filter(user=customer.user, state=CheckoutSession.State.OPEN)
    return [str(id) for id in rows.exclude(stripe_id=None).values_list("stripe_id", flat=True)]


def write_pages(customer: StripeCustomer, sessions: Iterable[Object]) -> None:
    """What became of pages that are open as far as we know. One whose answer never came is known by our id, which it carries."""
    for one in sessions:
        state = _PAGES[one["status"]]
        ended_at = None if state == CheckoutSession.State.OPEN else timezone.now()
        which = Q(stripe_id=one["id"]) | Q(stripe_id=None, parameters__metadata__contains=_named(one))
        CheckoutSession.objects.filter(which, user=customer.user, state__in=_PAGE_IS_OPEN).update(
            state=state, stripe_id=one["id"], url=one["url"] or "", ended_at=ended_at
        )


def _named(session: Object) -> dict[str, str]:
    return {CHECKOUT: str((session["metadata"] or {}).get(CHECKOUT))}


def _note_price(subscription: Subscription, found: Object) -> None:
    if subscription.price_id is None and subscription.is_live:
        details = {"price": price_id(found)}
        report(Discrepancy.Kind.UNKNOWN_PRICE, subscription.pk, user=subscription.user, details=details)
    else:
        heal(Discrepancy.Kind.UNKNOWN_PRICE, subscription.pk)


def _card(found: Fetched) -> Object:
    """What the next payment is tried with: the live subscription's own card, or the customer's."""
    live = [one["default_payment_method"] for one in found.subscriptions if one["status"] in Subscription.LIVE]
    settings = (found.customer or {}).get("invoice_settings") or {}
    for method in (*live, settings.get("default_payment_method")):
        if isinstance(method, dict) and method.get("card"):
            return dict(method["card"])
    return {}
