"""Who somebody is at Stripe: one customer per person ever, unless somebody deletes it there."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from billing.deferred import finish_orders_soon, sync_soon
from billing.gateway.client import Stripe
from billing.gateway.errors import GatewayMissing, PaymentsUnavailable
from billing.locks import lock_stripe_customer_at_once
from billing.models import StripeCustomer, StripeOrder
from billing.services.order_requests import USER, contact_of
from billing.services.orders import SUPERSEDED, end_order, finish_order, perform, place_order


def customer_of(user: User) -> StripeCustomer | None:
    return StripeCustomer.objects.filter(user=user, deleted_at=None).first()


def ensure_customer(user: User, api: Stripe) -> str:
    """The id of the person's customer, who is made at Stripe now if there is none.

    However many ask at once: they share one open order, whose id is the request's key. Raises PaymentsUnavailable.
    """
    known = customer_of(user)
    if known is not None:
        return known.stripe_id
    asked: dict[str, Any] = {**contact_of(user), "metadata": {USER: str(user.pk)}}
    order = place_order(user=user, purpose=StripeOrder.Purpose.CUSTOMER, parameters=asked)
    # If the order is new although somebody else's has been done since the look above, that one's customer can be seen by now.
    known = customer_of(user)
    if known is not None:
        end_order(order, SUPERSEDED)
        return known.stripe_id
    made = str(perform(order, api)["id"])
    # Both rows or none. Of several with the same answer the first writes them; the others wait for it here.
    with transaction.atomic(durable=True):
        if finish_order(order, made):
            StripeCustomer.objects.create(stripe_id=made, user=user)
            User.objects.filter(pk=user.pk).update(stripe_customer_id=made)
    return made


def order_contact(user: User, customer_id: str) -> None:
    """A job tells Stripe the person's address and language, as they are by then: what it sends them goes there, and is in it."""
    place_order(user=user, purpose=StripeOrder.Purpose.ADDRESS, subject=customer_id, is_durable=True)
    finish_orders_soon()


def tell_contact(user: User) -> None:
    """After the address or the language has changed. Whoever has no customer yet has both told with it when it is made."""
    known = customer_of(user)
    if known is not None and user.deletion_due_at is None:
        order_contact(user, known.pk)


def forget_if_deleted(customer_id: str, api: Stripe) -> bool:
    """Whether a customer is no longer at Stripe; then the next purchase makes another one, and a sync ends what they had.

    Raises PaymentsUnavailable while a sync has the customer, which finds that out as well: nobody waits for it with a connection.
    """
    try:
        if not api.call(lambda v1: v1.customers.retrieve(customer_id)).get("deleted"):
            return False
    except GatewayMissing:
        pass
    with transaction.atomic(durable=True):
        sync_soon(customer_id)
        gone = lock_stripe_customer_at_once(customer_id)
        if gone is not None and gone.deleted_at is None:
            StripeCustomer.objects.filter(pk=customer_id).update(deleted_at=timezone.now())
            User.objects.filter(stripe_customer_id=customer_id).update(stripe_customer_id=None)
    if gone is None:
        raise PaymentsUnavailable
    return True
