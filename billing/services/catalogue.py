"""Bringing the plans and their prices to Stripe: made there, or matched with what is there already."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from billing.gateway.client import JOB_S, Object, Stripe, keyed
from billing.models import Plan, PlanPrice

# Stripe's own names for our rows, so that a repeated push finds what a lost answer left.
PLAN, PRICE = "nexusvpn_plan", "nexusvpn_price"


@dataclass(slots=True)
class Pushed:
    """What a push did, in words for whoever ran it; nothing where all was there."""

    made: list[str] = field(default_factory=list)
    matched: list[str] = field(default_factory=list)
    archived: list[str] = field(default_factory=list)


def push_catalogue() -> Pushed:
    """Make every plan's product and prices exist at Stripe, and take what is no longer current off sale there. May be repeated.

    A price that is no longer current goes on for the subscriptions that have it. Raises PaymentsUnavailable; what was done until
    then stays done, and the next push goes on from there.
    """
    pushed = Pushed()
    with Stripe(within_s=JOB_S, retries=2) as api:
        products = {_named(product, PLAN): product for product in api.each(lambda v1, page: v1.products.list(page))}
        for plan in Plan.objects.filter(prices__isnull=False).distinct():
            _push_plan(api, plan, products.get(plan.code), pushed)
    return pushed


def _named(found: Object, name: str) -> str:
    return str((found.get("metadata") or {}).get(name, ""))


def _push_plan(api: Stripe, plan: Plan, product: Object | None, pushed: Pushed) -> None:
    words: dict[str, Any] = {"name": plan.name, "metadata": {PLAN: plan.code}}
    if plan.description:
        words["description"] = plan.description
    if product is None:
        key = keyed(f"product-{plan.code}-{plan.pk}-{plan.name}-{plan.description}")
        product = api.call(lambda v1: v1.products.create(words, options=key))
        pushed.made.append(plan.code)
    elif (product["name"], product["description"] or "") != (plan.name, plan.description):
        there = product["id"]
        product = api.call(lambda v1: v1.products.update(there, words))
    if plan.stripe_product_id != product["id"]:
        Plan.objects.filter(pk=plan.pk).update(stripe_product_id=product["id"])
    listed = list(api.each(lambda v1, page: v1.prices.list(page), product=product["id"]))
    for price in plan.prices.all():
        _push_price(api, price, product["id"], listed, pushed)


def _push_price(api: Stripe, price: PlanPrice, product_id: str, listed: list[Object], pushed: Pushed) -> None:
    there = next((found for found in listed if found["id"] == price.stripe_price_id), None)
    there = there or next((found for found in listed if _named(found, PRICE) == str(price.pk)), None)
    there = there or next((found for found in _unnamed(listed) if _is_same(found, price)), None)
    if there is None:
        if not price.is_current:
            return
        there = _make_price(api, price, product_id)
        pushed.made.append(price.in_words)
    elif not price.stripe_price_id:
        found_id = there["id"]
        pushed.matched.append(price.in_words)
        names: Any = {"metadata": {PRICE: str(price.pk)}}
        there = api.call(lambda v1: v1.prices.update(found_id, names))
    if price.stripe_price_id != there["id"]:
        PlanPrice.objects.filter(pk=price.pk).update(stripe_price_id=there["id"])
    if there["active"] != price.is_current:
        api.call(lambda v1: v1.prices.update(there["id"], {"active": price.is_current}))
        pushed.archived.append(price.in_words)


def _unnamed(listed: list[Object]) -> list[Object]:
    """Prices made by hand at Stripe, of which none of ours has been matched with one yet."""
    ours = set(PlanPrice.objects.filter(stripe_price_id__isnull=False).values_list("stripe_price_id", flat=True))
    return [found for found in listed if not _named(found, PRICE) and found["id"] not in ours]


def _is_same(found: Object, price: PlanPrice) -> bool:
    """Whether a price made by hand at Stripe is what this one says."""
    recurring = found.get("recurring") or {}
    return (
        found["active"]
        and recurring.get("usage_type", "licensed") == "licensed"
        and found["unit_amount"] == price.amount_minor
        and found["currency"].upper() == price.currency
        and (recurring.get("interval"), recurring.get("interval_count")) == (price.interval, 1)
    )


def _make_price(api: Stripe, price: PlanPrice, product_id: str) -> Object:
    words: dict[str, Any] = {
        "product": product_id,
        "currency": price.currency.lower(),
        "unit_amount": price.amount_minor,
        "recurring": {"interval": price.interval},
        "metadata": {PRICE: str(price.pk)},
        "tax_behavior": "unspecified",
    }
    return api.call(lambda v1: v1.prices.create(words, options=keyed(f"price-{product_id}-{price.pk}")))
