"""Bringing what we have of a customer to what Stripe has now."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from billing.gateway.client import JOB_S, Stripe
from billing.gateway.fetch import Fetched, fetch_customer, live_subscriptions
from billing.locks import lock_stripe_customer
from billing.models import Discrepancy, Payment, StripeCustomer, StripeEvent, StripeOrder, Subscription
from billing.services.copies import copy
from billing.services.derived import derive
from billing.services.discrepancies import heal, report
from billing.services.dunning import follow
from billing.services.events import settle_events
from billing.services.orders import refusal_of
from billing.services.outcomes import tell_of_invoice, tell_of_subscription, tell_of_surplus
from billing.services.stored import Rows
from billing.services.surplus import is_ours, settle_surplus
from billing.services.sync_rows import (
    keep_contact,
    note_deleted,
    open_pages,
    write_customer,
    write_invoices,
    write_pages,
    write_payments,
    write_subscriptions,
)
from billing.signals import entitlement_changed
from billing.states import state_of

Purpose = StripeOrder.Purpose
State = StripeEvent.State
# Whose, what was fetched, and the ids of what is to be copied of it.
ToCopy = tuple[StripeCustomer, Fetched, set[str]]


def sync_customer(customer_id: str, *, everything: bool = False, for_events: bool = False) -> None:
    """Fetch what the customer's waiting events name and what they have, write it, and do once what follows from it.

    `everything` looks at all that Stripe has of them; with `for_events` nothing is done if no event waits any more.
    Raises PaymentsUnavailable, and then nothing is written.
    """
    # Two events at once, of which the older one's fetch is slow: whoever comes later fetches after the other has written.
    with transaction.atomic():
        to_copy = sync_without_copy(customer_id, everything=everything, for_events=for_events)
    if to_copy:
        copy(*to_copy)


def sync_without_copy(customer_id: str, *, everything: bool = False, for_events: bool = False) -> ToCopy | None:
    """The same inside the caller's transaction; returns what is to be given to `copy` after its commit, if anything."""
    customer = lock_stripe_customer(customer_id)
    waiting = list(StripeEvent.objects.filter(customer_id=customer_id, state=State.WAITING))
    if for_events and not waiting:
        return None
    names = {event.object_id for event in waiting}
    with Stripe(within_s=JOB_S, retries=1, in_transaction=True) as api:
        if customer is None:
            _ignore(api, customer_id, waiting)
            return None
        names |= set(open_pages(customer))
        found = fetch_customer(api, customer_id, named=names, everything=everything)
    changed = _write(customer, found)
    if everything:
        StripeCustomer.objects.filter(pk=customer_id).update(compared_at=timezone.now())
    settle_events((event.pk for event in waiting), State.DONE)
    return customer, found, found.ids() if everything else changed | names


def _ignore(api: Stripe, customer_id: str, waiting: list[StripeEvent]) -> None:
    """Events of a customer whom nobody here knows. Staff are told if that one pays."""
    live = live_subscriptions(api, customer_id)
    if live:
        report(Discrepancy.Kind.UNKNOWN_CUSTOMER, customer_id, details={"subscriptions": live})
    settle_events((event.pk for event in waiting), State.IGNORED, "not a customer of ours")


def _write(customer: StripeCustomer, found: Fetched) -> set[str]:
    """Returns the ids of what was not as it is now."""
    subscriptions = Rows(Subscription, _ids_of(customer, found))
    before = _inputs(subscriptions.all())
    write_customer(customer, found)
    write_subscriptions(customer, found, subscriptions)
    if found.customer is None:
        note_deleted(customer, subscriptions)
    invoices = write_invoices(customer, found, subscriptions)
    payments = write_payments(customer, found, invoices)
    write_pages(customer, found.sessions.values())
    touched = set(subscriptions.changed)
    touched |= {str(row.subscription_id) for row in invoices.all() if row.pk in invoices.changed}
    touched |= {
        str(row.invoice.subscription_id) for row in payments.all() if row.pk in payments.changed and row.invoice
    }
    _derive([row for row in subscriptions.all() if row.is_live or row.pk in touched])
    _heal_refusals(subscriptions, payments)
    for invoice in invoices.all():
        if invoice.pk in invoices.changed:
            tell_of_invoice(invoice)
    _follow(found, subscriptions, touched)
    for row in subscriptions.all():
        if row.is_live or row.pk in touched:
            follow(row)
    # An order and its job are keys that others wait for: whoever has them locks nobody any more.
    keep_contact(customer, found)
    if _inputs(subscriptions.all()) != before:
        entitlement_changed.send(sender=Subscription, user_id=customer.user_id)
    return subscriptions.changed | invoices.changed | payments.changed


def _ids_of(customer: StripeCustomer, found: Fetched) -> set[str]:
    """What is stored of the person's subscriptions, and what Stripe has."""
    stored = Subscription.objects.filter(user=customer.user_id).values_list("pk", flat=True)
    return {*stored, *(one["id"] for one in found.subscriptions)}


def _inputs(rows: Iterable[Subscription]) -> dict[str, object]:
    """What an entitlement is computed from."""
    return {row.pk: (state_of(row), row.price_id) for row in rows}


def _derive(rows: Iterable[Subscription]) -> None:
    names = ("paid_until", "unpaid_since", "withheld", "look_at")
    for row in rows:
        before = [getattr(row, name) for name in names]
        derive(row)
        if [getattr(row, name) for name in names] != before:
            row.save(update_fields=[*names])


def _heal_refusals(subscriptions: Rows[Subscription], payments: Rows[Payment]) -> None:
    """What Stripe refused to us has happened all the same: at Stripe's dashboard, or by time."""
    over = [row.pk for row in subscriptions.all() if row.pk in subscriptions.changed and not row.is_live]
    paid_back = [row.pk for row in payments.all() if row.pk in payments.changed and not row.refundable_minor]
    ended = (refusal_of(purpose, id) for id in over for purpose in (Purpose.END, Purpose.CANCEL))
    for object_id in (*ended, *(refusal_of(Purpose.REFUND, id) for id in paid_back)):
        heal(Discrepancy.Kind.ORDER_REFUSED, object_id)


def _follow(found: Fetched, subscriptions: Rows[Subscription], touched: set[str]) -> None:
    for one in found.subscriptions:
        row = subscriptions.get(one["id"])
        # What Stripe refused to undo is tried again, though nothing is new.
        if row is not None and (row.pk in touched or (row.is_surplus and is_ours(one))):
            settle_surplus(row, one, found.subscriptions)
            if row.is_surplus and is_ours(one):
                tell_of_surplus(row)
    for row in subscriptions.all():
        if row.pk in touched:
            tell_of_subscription(row)
