"""Stripe's objects in dj-stripe's tables: a copy for staff and other programs. Nothing here reads it.

Left to itself dj-stripe looks up whose account a key belongs to, stores the key in clear, and fetches whatever an object refers to. Here
it does neither: it is given the objects, and what it would ask for is absent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import stripe
from django.db import transaction
from djstripe import models
from djstripe.models.base import StripeModel

from billing.gateway.client import Object, Stripe
from billing.gateway.values import id_of

# No request is made under it.
_NO_KEY = "none"
# Whatever refers to something comes after it.
_ORDER = ("product", "price", "customer", "payment_method", "subscription", "charge", "invoice", "refund", "dispute")
_MODELS: dict[str, type[StripeModel]] = {
    "product": models.Product,
    "price": models.Price,
    "customer": models.Customer,
    "payment_method": models.PaymentMethod,
    "subscription": models.Subscription,
    "charge": models.Charge,
    "invoice": models.Invoice,
    "refund": models.Refund,
    "dispute": models.Dispute,
}


class _Closed(stripe.HTTPClient):
    """What the SDK's global functions get, which dj-stripe uses: there is nothing."""

    name = "closed"

    def request(self, method: str, url: str, headers: Any, post_data: Any = None, **_: Any) -> tuple[str, int, Any]:
        if url.partition("?")[0].endswith("/features"):
            return json.dumps({"object": "list", "data": [], "has_more": False, "url": url}), 200, {}
        error = {"type": "invalid_request_error", "code": "resource_missing", "message": "No such object"}
        return json.dumps({"error": error}), 404, {}

    def close(self) -> None:
        """Nothing is open."""


def _no_account(cls: type[StripeModel], data: Any, api_key: Any = None, livemode: Any = None) -> None:
    """The copy is of one account, and its key is nobody's to read."""


stripe.default_http_client = _Closed()
StripeModel._find_owner_account = classmethod(_no_account)


def mirror(api: Stripe, objects: Iterable[Object]) -> None:
    """Write Stripe's objects, and the prices that they have and the copy has not: those are asked for by `api`, once each.

    One transaction. Raises whatever goes wrong.
    """
    found = [_plain(one) for one in objects]
    found += _prices(api, found)
    with transaction.atomic():
        for one in sorted(found, key=lambda one: _ORDER.index(one["object"])):
            data = stripe.convert_to_stripe_object(one)
            _MODELS[one["object"]].sync_from_stripe_data(data, api_key=_NO_KEY)


def _prices(api: Stripe, objects: list[Object]) -> list[Object]:
    ids = {id_of(item["price"]) for one in objects if one["object"] == "subscription" for item in one["items"]["data"]}
    found = []
    for id in ids - set(models.Price.objects.filter(id__in=ids).values_list("id", flat=True)):
        expand: Any = {"expand": ["product"]}
        price = _plain(api.call(lambda v1: v1.prices.retrieve(id, expand)))  # noqa: B023  (called at once)
        found += [price["product"], {**price, "product": id_of(price["product"])}]
    return found


def _plain(found: Object) -> Object:
    """As JSON has it: without the SDK's decimals, and without what opens something. What was expanded for us alone is an id again."""
    plain: Object = json.loads(json.dumps(found, default=str), object_hook=_without_secret)
    for name in ("default_payment_method", "schedule"):
        if isinstance(plain.get(name), dict):
            plain[name] = plain[name]["id"]
    return plain


def _without_secret(part: Object) -> Object:
    part.pop("client_secret", None)
    return part
