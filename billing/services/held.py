"""The subscription that somebody has, as Stripe says now: what a change of it begins with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from billing.deferred import sync_soon
from billing.errors import NotSubscribed, Outdated
from billing.gateway.client import Object, Stripe
from billing.gateway.errors import GatewayMissing, PaymentsUnavailable
from billing.models import StripeOrder, Subscription
from billing.services.orders import (
    SUPERSEDED,
    count_done,
    end_order,
    finish_order,
    open_order,
    perform,
    place_or_find,
)
from billing.services.subscriptions_sync import read_subscription
from nexusvpn.audit import record_act

Given = ParamSpec("Given")
Result = TypeVar("Result")
OF_PRICES = ("price_id", "next_price_id", "next_price_at")
# Whatever Stripe has begun is done by then.
UNDER_WAY = timedelta(seconds=90)


def live_subscription(user: User) -> Subscription | None:
    """The person's one live subscription as last stored, with its price, its next price and its customer; one query."""
    live = Subscription.objects.filter(user=user, status__in=Subscription.LIVE, is_surplus=False)
    return live.select_related("customer", "price__plan", "next_price__plan").first()


@dataclass(slots=True)
class Held:
    """`row` is what we have stored, `found` what Stripe says; `row` is brought to that in memory, and stored by the sync alone."""

    user: User
    api: Stripe
    row: Subscription
    found: Object
    # As it was before the look at Stripe.
    done: int

    @property
    def id(self) -> str:
        return self.row.stripe_id

    def order(self, purpose: StripeOrder.Purpose, parameters: dict[str, Any], subject: str = "") -> StripeOrder:
        """An order that sets a state, which may be done twice without harm.

        One that is open is another click of the same person's, and taken, or was given up: after a while its key would only bring back
        an answer that no longer holds.
        """
        which: dict[str, Any] = {"user": self.user, "purpose": purpose, "subject": subject or self.id}
        former = open_order(**which)
        if former is not None and (former.parameters != parameters or former.created_at < timezone.now() - UNDER_WAY):
            end_order(former, SUPERSEDED)
        return self.place(**which, parameters=parameters)

    def place(self, **which: Any) -> StripeOrder:
        """Raises Outdated where something was done for this person since the look at Stripe on which the order rests.

        While it is open nobody else does anything of its kind, so nothing comes in between from here on.
        """
        order, is_new = place_or_find(**which)
        if count_done(self.user) != self.done:
            if is_new:
                end_order(order, SUPERSEDED)
            raise Outdated
        return order

    def close(self, *purposes: StripeOrder.Purpose) -> None:
        """Orders whose wish holds, or held until something else was wished: nobody performs them any more."""
        for purpose in purposes:
            former = open_order(user=self.user, purpose=purpose, subject=self.id)
            if former is not None:
                end_order(former, SUPERSEDED)

    def ask(self, order: StripeOrder) -> Object:
        try:
            return perform(order, self.api)
        except PaymentsUnavailable as error:
            raise outcome_unknown(error.retry_after or 5) from error

    def perform(self, order: StripeOrder, act: str, **details: Any) -> Object:
        """Ask Stripe, note it once, and have the subscription brought in by a sync."""
        answer = self.ask(order)
        with transaction.atomic(durable=True):
            self.note(order, answer["id"], act, **details)
        return answer

    def note(self, order: StripeOrder, result: str, act: str, **details: Any) -> bool:
        """In the caller's transaction; whether it was the first to note it."""
        first = finish_order(order, result)
        self.done += first
        if first:
            record_act(act, actor=self.user, person=self.user.pk, target=self.row, details=details)
        sync_soon(self.row.customer_id)
        return first

    def take_in(self, found: Object) -> Subscription:
        """What Stripe answered, for whoever shows it before the sync has stored it."""
        self.found = found
        return brought_to(self.row, found)


@contextmanager
def held_at_stripe(user: User) -> Iterator[Held]:
    """Raises NotSubscribed where nothing lives, here or at Stripe; PaymentsUnavailable."""
    row = live_subscription(user)
    if row is None:
        raise NotSubscribed
    done = count_done(user)
    with Stripe() as api:
        try:
            found = api.call(lambda v1: v1.subscriptions.retrieve(row.stripe_id, {"expand": ["latest_invoice"]}))
        except GatewayMissing:
            found = {}
        if found.get("status") not in Subscription.LIVE:
            sync_soon(row.customer_id)
            raise NotSubscribed
        yield Held(user, api, brought_to(row, found), found, done)


def twice_if_outdated(act: Callable[Given, Result]) -> Callable[Given, Result]:
    """Begin anew when another request of the same person came in between: it may have done the same."""

    @wraps(act)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        try:
            return act(*args, **kwargs)
        except Outdated:
            return act(*args, **kwargs)

    return run


def outcome_unknown(retry_after: int) -> PaymentsUnavailable:
    """After a request that changes something: other than before any, nobody can say that nothing was charged."""
    return PaymentsUnavailable(
        _(
            "The payment provider did not answer in time. Look at your subscription in a minute."
            " If you try again, nothing is charged twice."
        ),
        retry_after=retry_after,
    )


def brought_to(row: Subscription, found: Object) -> Subscription:
    """The row with what Stripe says, not stored: only syncs store it. Prices are left as they are known."""
    for name, value in read_subscription(found, {}).items():
        if name not in OF_PRICES:
            setattr(row, name, value)
    if not row.schedule_id:
        row.next_price, row.next_price_at = None, None
    return row
