"""What is stored of every customer, beside what Stripe has."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from billing.locks import lock_stripe_customer
from billing.models import Discrepancy, StripeCustomer, StripeEvent, Subscription
from billing.services.comparing import AT_ONCE, Comparison
from billing.services.copies import copy
from billing.services.discrepancies import report
from billing.services.failures import recorded
from billing.services.listed_comparison import SUBSCRIPTION_FIELDS, look_through_list
from billing.services.sync import ToCopy, sync_without_copy

# A day, and somewhat less, so that the hour of the day stays.
DUE_AFTER = timedelta(hours=23)
# Whose comparison failed has their turn so much later: at the head of the queue they would keep it from everybody.
AGAIN_AFTER = timedelta(hours=1)
# A run that has taken so long leaves the rest to the next one.
LONGEST = timedelta(minutes=9)
CUSTOMER_FIELDS = ("currency", "balance_minor", "card_last4")
Kind = Discrepancy.Kind
Facts = dict[str, dict[str, Any]]


def compare_customers(comparison: Comparison) -> datetime | None:
    """Compare those whose turn it is, the longest ago first; returns when Stripe's list of subscriptions was read last, if ever.

    Raises PaymentsUnavailable.
    """
    listed_at = comparison.since
    if comparison.cursor or listed_at is None or listed_at <= comparison.now - DUE_AFTER:
        # Whatever becomes of the list, those whose turn it is are compared.
        with comparison.one_of_many("list"):
            if look_through_list(comparison):
                listed_at = comparison.now
    ends = timezone.now() + LONGEST
    done: set[str] = set()
    while timezone.now() < ends and (ids := _due(comparison.now, done)):
        for customer_id in ids:
            done.add(customer_id)
            _compare_one(customer_id, comparison)
    return listed_at


def compare_customer(customer_id: str) -> bool:
    """Bring everything of one customer to what Stripe has; whether it was different. Raises PaymentsUnavailable."""
    # Under the lock that syncs take, so that what one of them writes at the same moment is not taken for a difference.
    with transaction.atomic():
        customer = lock_stripe_customer(customer_id)
        if customer is None or customer.deleted_at is not None:
            return False
        differs, to_copy = _bring_up(customer)
    # Which may ask Stripe, and so waits for no lock and holds none.
    if to_copy:
        copy(*to_copy)
    return differs


def _bring_up(customer: StripeCustomer) -> tuple[bool, ToCopy | None]:
    """Whether anything was different, and what is to be copied."""
    customer_id = customer.pk
    is_awaited = StripeEvent.objects.filter(customer_id=customer_id, state=StripeEvent.State.WAITING).exists()
    before = _facts(customer_id)
    to_copy = sync_without_copy(customer_id, everything=True)
    # A deletion is written down by the sync that finds it.
    if StripeCustomer.objects.filter(pk=customer_id, deleted_at__isnull=False).exists():
        return True, to_copy
    after = _facts(customer_id)
    if is_awaited or not customer.synced_at:
        return False, to_copy
    differing = {id: found for id in {*before, *after} if (found := _difference(before.get(id), after.get(id)))}
    for id, found in differing.items():
        report(Kind.SUBSCRIPTION, id, user=customer.user, details=found, healed=True)
    return bool(differing), to_copy


def _due(now: datetime, done: set[str]) -> list[str]:
    customers = StripeCustomer.objects.filter(deleted_at=None)
    never = customers.filter(compared_at=None).order_by("created_at")
    turn = customers.filter(compared_at__lte=now - DUE_AFTER).order_by("compared_at")
    for rows in (never, turn):
        if found := list(rows.filter(~Q(pk__in=done)).values_list("pk", flat=True)[:AT_ONCE]):
            return found
    return []


def _compare_one(customer_id: str, comparison: Comparison) -> None:
    with comparison.one_of_many(customer_id):
        try:
            with recorded(customer_id):
                comparison.differences += compare_customer(customer_id)
            comparison.compared += 1
        except Exception:
            again_at = comparison.now - DUE_AFTER + AGAIN_AFTER
            StripeCustomer.objects.filter(pk=customer_id).update(compared_at=again_at)
            raise


def _facts(customer_id: str) -> Facts:
    """By the object's id, what Stripe says of it, as it is stored."""
    subscriptions = Subscription.objects.filter(customer_id=customer_id).values("pk", *SUBSCRIPTION_FIELDS)
    facts = {str(row.pop("pk")): row for row in subscriptions}
    for row in StripeCustomer.objects.filter(pk=customer_id).values(*CUSTOMER_FIELDS):
        facts[customer_id] = row
    return facts


def _difference(before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, list[Any]]:
    """By field: what we had and what Stripe has; None for an object that one of the two did not know."""
    names = (before or after or {}).keys()
    pairs = {name: [_plain((before or {}).get(name)), _plain((after or {}).get(name))] for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
