"""Everything that exists in the sandbox."""

from __future__ import annotations

import pickle
import secrets
import string
from collections.abc import Callable
from typing import Any

import stripe
from stripe import billing_portal, checkout

from billing.sandbox.clock import Clock
from billing.sandbox.errors import no_such
from billing.sandbox.shapes import Obj, complete

# The name in an answer's `object` → the beginning of its ids, and the SDK's class.
KINDS: dict[str, tuple[str, Any]] = {
    "product": ("prod", stripe.Product),
    "price": ("price", stripe.Price),
    "customer": ("cus", stripe.Customer),
    "tax_id": ("txi", stripe.TaxId),
    "customer_balance_transaction": ("cbtxn", stripe.CustomerBalanceTransaction),
    "payment_method": ("pm", stripe.PaymentMethod),
    "payment_intent": ("pi", stripe.PaymentIntent),
    "charge": ("ch", stripe.Charge),
    "refund": ("re", stripe.Refund),
    "dispute": ("dp", stripe.Dispute),
    "balance_transaction": ("txn", stripe.BalanceTransaction),
    "coupon": ("", stripe.Coupon),
    "promotion_code": ("promo", stripe.PromotionCode),
    "discount": ("di", stripe.Discount),
    "subscription": ("sub", stripe.Subscription),
    "subscription_item": ("si", stripe.SubscriptionItem),
    "subscription_schedule": ("sub_sched", stripe.SubscriptionSchedule),
    "invoice": ("in", stripe.Invoice),
    "line_item": ("il", stripe.InvoiceLineItem),
    "invoiceitem": ("ii", stripe.InvoiceItem),
    "invoice_payment": ("inpay", stripe.InvoicePayment),
    "checkout.session": ("cs_test", checkout.Session),
    "billing_portal.session": ("bps", billing_portal.Session),
    "billing_portal.configuration": ("bpc", billing_portal.Configuration),
    "event": ("evt", stripe.Event),
    "webhook_endpoint": ("we", stripe.WebhookEndpoint),
}
# The objects that change, pickled, and the events, which do not.
Saved = tuple[bytes, dict[str, Obj]]
_ALPHABET = string.ascii_letters + string.digits


def token(length: int = 24) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def new_id(kind: str) -> str:
    prefix = KINDS[kind][0]
    return f"{prefix}_{token()}" if prefix else token(8)


class Store:
    """Objects by kind and id, oldest first. Whoever reads or writes holds the sandbox's lock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._objects: dict[str, dict[str, Obj]] = {kind: {} for kind in KINDS}
        # What Stripe knows of an object and never answers: a card's number, the invoice of an intent.
        self._hidden: dict[str, Obj] = {}

    def make(self, kind: str, values: Obj) -> Obj:
        """An object in its full shape that is not kept: a preview, or a part of another."""
        _, shape = KINDS[kind]
        known = {"object": kind, "id": values.get("id") or new_id(kind)}
        for name, value in (("created", self._clock.now()), ("livemode", False), ("metadata", {})):
            if name in shape.__annotations__ and (name != "metadata" or kind != "discount"):
                known[name] = value
        return complete(shape, {**known, **values})

    def add(self, kind: str, values: Obj) -> Obj:
        made = self.make(kind, values)
        self._objects[kind][made["id"]] = made
        return made

    def get(self, kind: str, id: str | None) -> Obj | None:
        return self._objects[kind].get(id or "")

    def need(self, kind: str, id: str, param: str | None = None) -> Obj:
        """A 404, or a 400 if `param` named it."""
        found = self.get(kind, id)
        if found is None:
            raise no_such(kind, id, param)
        return found

    def find(self, id: str) -> Obj | None:
        """Whatever kind it is of."""
        return next((objects[id] for objects in self._objects.values() if id in objects), None)

    def all(self, kind: str, where: Callable[[Obj], bool] = lambda _: True) -> list[Obj]:
        """Newest first, as Stripe lists."""
        return [one for one in reversed(self._objects[kind].values()) if where(one)]

    def remove(self, kind: str, id: str) -> Obj:
        self.need(kind, id)
        return self._objects[kind].pop(id)

    def hidden(self, id: str) -> Obj:
        return self._hidden.setdefault(id, {})

    def copy(self) -> Saved:
        """Everything as it is now, to be restored. What is part of another object stays that same object in the copy."""
        changing = {kind: objects for kind, objects in self._objects.items() if kind != "event"}
        # Ten times faster than deepcopy, which keeps identities too.
        return pickle.dumps((changing, self._hidden)), dict(self._objects["event"])

    def restore(self, saved: Saved) -> None:
        pickled, events = saved
        changing, self._hidden = pickle.loads(pickled)  # noqa: S301  (our own, of this process)
        self._objects = {**changing, "event": events}


def list_of(data: list[Obj], url: str, has_more: bool = False, **more: Any) -> Obj:
    return {"object": "list", "data": data, "has_more": has_more, "url": url, **more}
