"""Credit that a person has earned: it goes to their balance at Stripe, which takes it off their next invoice and says so there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid5

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from billing.deferred import finish_orders_soon
from billing.errors import NobodyToCredit
from billing.inserts import insert_once
from billing.models import StripeOrder, Subscription
from billing.services.customers import customer_of
from nexusvpn.errors import InvalidInput

# An order's id is made of whom it is for and of the caller's key: the same credit is one row for ever, not only while it is open.
_KEYS = UUID("6f0f9e0c-9d2b-4f5e-8f0a-3b7c1d2e4a61")
Purpose, Status = StripeOrder.Purpose, Subscription.Status
# Of these a further invoice is made and collected.
_INVOICED = (Status.TRIALING, Status.ACTIVE, Status.PAST_DUE)


@dataclass(frozen=True, slots=True)
class CreditOutcome:
    """`result` is the id of Stripe's balance transaction, or Stripe's word for why it refused."""

    state: Literal["open", "done", "refused", "unknown"]
    result: str


def credit_currency(user: User) -> str:
    """The currency in which this person's next invoice will be, as "USD"; empty where none is to come that credit could pay a part of."""
    if user.erased_at is not None or user.deletion_due_at is not None:
        return ""
    found = invoiced_subscriptions().filter(user=user).select_related("customer", "price").first()
    if found is None:
        return ""
    return found.customer.currency or (found.price.currency if found.price else "")


def invoiced_subscriptions() -> QuerySet[Subscription]:
    """Those of which a further invoice is to come: who has none of these can be given no credit."""
    return Subscription.objects.filter(
        status__in=_INVOICED,
        is_surplus=False,
        cancel_at_period_end=False,
        cancel_at=None,
        pause_behavior="",
        withheld="",
        customer__deleted_at=None,
    )


def give_credit(*, user: User, key: str, amount_minor: int, currency: str, note: str) -> None:
    """Have a job add it to the person's balance at Stripe, once for a key. Inside the caller's transaction: both or neither.

    `note` is what their invoice's history says. Raises InvalidInput (`amount_minor`) or NobodyToCredit.
    """
    if amount_minor <= 0:
        raise InvalidInput(fields={"amount_minor": [_("Credit is more than nothing.")]})
    customer = customer_of(user)
    if customer is None:
        raise NobodyToCredit
    order = StripeOrder(
        pk=_order_id(user, key),
        user=user,
        purpose=Purpose.CREDIT,
        subject=key,
        parameters={
            "customer": customer.pk,
            # Stripe counts what the customer owes.
            "amount": -amount_minor,
            "currency": currency.lower(),
            "description": note,
        },
        is_durable=True,
    )
    if insert_once(order):
        finish_orders_soon()


def credit_outcome(user: User, key: str) -> CreditOutcome:
    """What became of it. Unknown where it was never asked for, or so long ago that its row is gone (BILLING_RECORDS_KEPT_DAYS)."""
    order = StripeOrder.objects.filter(pk=_order_id(user, key)).first()
    if order is None:
        return CreditOutcome("unknown", "")
    states: dict[str, Literal["open", "done", "refused"]] = {
        StripeOrder.State.OPEN: "open",
        StripeOrder.State.DONE: "done",
        StripeOrder.State.REFUSED: "refused",
    }
    return CreditOutcome(states[order.state], order.result)


def _order_id(user: User, key: str) -> UUID:
    return uuid5(_KEYS, f"{user.pk} {key}")
