"""What each kind of order is at Stripe: a pure function of its row, so that it is the very same request when it is repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.models import User
from billing.gateway.client import Object, Stripe, keyed
from billing.gateway.errors import GatewayMissing, GatewayRefused
from billing.models import StripeOrder
from nexusvpn.languages import known_language

# Our names for our rows in Stripe's metadata.
USER, ORDER, REWARD = "nexusvpn_user", "nexusvpn_order", "nexusvpn_reward"
Purpose = StripeOrder.Purpose


def ask_for(order: StripeOrder, api: Stripe) -> Object:
    """Have it done, under the order's id as key."""
    return _REQUESTS[Purpose(order.purpose)](order, api)


def ask_whether_done(order: StripeOrder, api: Stripe) -> Object | None:
    """Look for what an order made whose key Stripe has forgotten. Orders that may be done twice without harm are not looked for."""
    if order.purpose == Purpose.CUSTOMER:
        # The address as it was asked for; the person may have another one by now.
        return _named_user(order, api, order.parameters["email"])
    if order.purpose == Purpose.REFUND:
        of = {name: order.parameters[name] for name in ("charge", "payment_intent") if name in order.parameters}
        return _named(api.each(lambda v1, page: v1.refunds.list(page), **of), ORDER, str(order.pk))
    if order.purpose == Purpose.CREDIT:
        customer = order.parameters["customer"]
        listed = api.each(lambda v1, page: v1.customers.balance_transactions.list(customer, page))
        return _named(listed, ORDER, str(order.pk))
    return None


def _named_user(order: StripeOrder, api: Stripe, email: str) -> Object | None:
    """The customer whom an order for this person made."""
    listed = api.each(lambda v1, page: v1.customers.list(page), email=email)
    return _named(listed, USER, str(order.user_id))


def _named(listed: Any, name: str, value: str) -> Object | None:
    return next((found for found in listed if (found.get("metadata") or {}).get(name) == value), None)


def _make_customer(order: StripeOrder, api: Stripe) -> Object:
    return api.call(lambda v1: v1.customers.create(order.parameters, options=keyed(order.pk)))


def _update_subscription(order: StripeOrder, api: Stripe) -> Object:
    return api.call(lambda v1: v1.subscriptions.update(order.subject, order.parameters, options=keyed(order.pk)))


def _schedule(order: StripeOrder, api: Stripe) -> Object:
    """The subscription goes on as it is to its period's end, then with the other price, for one interval, then by itself."""
    asked = order.parameters
    if asked["schedule"]:
        schedule = api.call(lambda v1: v1.subscription_schedules.retrieve(asked["schedule"]))
    else:
        new: Any = {"from_subscription": order.subject}
        schedule = api.call(lambda v1: v1.subscription_schedules.create(new, options=keyed(f"{order.pk}-schedule")))
    update: Any = {"phases": _phases(schedule, asked), "end_behavior": "release"}
    # A state that is set may be set twice; with a key, a schedule that changed in between would be another request.
    return api.call(lambda v1: v1.subscription_schedules.update(schedule["id"], update))


def _phases(schedule: Object, asked: Object) -> list[Object]:
    """The present phase as it is, and the one that follows. What a phase does not name, Stripe takes away: its trial, its discounts."""
    begins = schedule["current_phase"]["start_date"]
    phase = next(found for found in schedule["phases"] if found["start_date"] == begins)
    kept: Object = {"discounts": [_discount(one) for one in phase["discounts"]]} if phase.get("discounts") else {}
    present = {
        "items": [{"price": item["price"], "quantity": item["quantity"]} for item in phase["items"]],
        "start_date": begins,
        "end_date": asked["at"],
        **({"trial_end": phase["trial_end"]} if phase.get("trial_end") else {}),
        **kept,
    }
    following = {
        "items": [{"price": asked["price"], "quantity": 1}],
        "start_date": asked["at"],
        "duration": {"interval": asked["interval"], "interval_count": 1},
        "proration_behavior": "none",
        **kept,
    }
    return [present, following]


def _discount(one: Object) -> Object:
    """One that is there is named by itself: by its coupon it would begin anew."""
    return next({name: one[name]} for name in ("discount", "promotion_code", "coupon") if one.get(name))


def _release(order: StripeOrder, api: Stripe) -> Object:
    return api.call(lambda v1: v1.subscription_schedules.release(order.subject, {}, options=keyed(order.pk)))


def _end(order: StripeOrder, api: Stripe) -> Object:
    """What ends at once is not collected any more: Stripe stops trying, but an invoice that stays open could still be paid."""
    parameters: Any = order.parameters
    try:
        ended = api.call(lambda v1: v1.subscriptions.cancel(order.subject, parameters))
    except GatewayMissing:
        # Stripe's answer for one that has ended.
        ended = {"id": order.subject}
    for invoice in api.each(lambda v1, page: v1.invoices.list(page), subscription=order.subject, status="open"):
        _make_void(invoice["id"], api)
    return ended


def _make_void(invoice_id: str, api: Stripe) -> None:
    try:
        api.call(lambda v1: v1.invoices.void_invoice(invoice_id))
    except (GatewayMissing, GatewayRefused):
        # Paid meanwhile, or void already.
        return


def _refund(order: StripeOrder, api: Stripe) -> Object:
    metadata = {**order.parameters.get("metadata", {}), ORDER: str(order.pk)}
    parameters: Any = {**order.parameters, "metadata": metadata}
    return api.call(lambda v1: v1.refunds.create(parameters, options=keyed(order.pk)))


def _give_credit(order: StripeOrder, api: Stripe) -> Object:
    """The key says in the books that it is a reward, and whose decision it was."""
    asked = {name: value for name, value in order.parameters.items() if name != "customer"}
    parameters: Any = {**asked, "metadata": {ORDER: str(order.pk), REWARD: order.subject}}
    customer = order.parameters["customer"]
    return api.call(lambda v1: v1.customers.balance_transactions.create(customer, parameters, options=keyed(order.pk)))


def contact_of(user: User) -> Object:
    """Where Stripe's receipts and invoices go, and in which language; in Stripe's own choice for whoever has never chosen one."""
    language = known_language(user.language)
    return {"email": user.email, **({"preferred_locales": [language]} if language else {})}


def _change_contact(order: StripeOrder, api: Stripe) -> Object:
    """To what the person has now: it may have changed once more, and rows keep no addresses."""
    contact: Any = contact_of(order.user)
    try:
        return api.call(lambda v1: v1.customers.update(order.subject, contact))
    except GatewayMissing:
        return {"id": order.subject}


def _delete_customer(order: StripeOrder, api: Stripe) -> Object:
    """One without a subject is for a customer of whom we never heard: the answer to the request that made it was lost."""
    asked: Any = order.parameters
    found = {"id": order.subject} if order.subject else _named_user(order, api, asked["email"])
    if found is None:
        return {"id": ""}
    try:
        return api.call(lambda v1: v1.customers.delete(found["id"]))
    except GatewayMissing:
        return {"id": found["id"]}


_REQUESTS: dict[StripeOrder.Purpose, Callable[[StripeOrder, Stripe], Object]] = {
    Purpose.CUSTOMER: _make_customer,
    Purpose.CHANGE: _update_subscription,
    Purpose.SCHEDULE: _schedule,
    Purpose.UNSCHEDULE: _release,
    Purpose.CANCEL: _update_subscription,
    Purpose.RESUME: _update_subscription,
    Purpose.PAUSE: _update_subscription,
    Purpose.UNPAUSE: _update_subscription,
    Purpose.END: _end,
    Purpose.REFUND: _refund,
    Purpose.ADDRESS: _change_contact,
    Purpose.CREDIT: _give_credit,
    Purpose.DELETE_CUSTOMER: _delete_customer,
}
