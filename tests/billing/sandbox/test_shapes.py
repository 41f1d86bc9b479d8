"""Answers have what the SDK's classes say that every answer has, for every kind of object and after a whole life."""

from __future__ import annotations

from typing import Any

import pytest

from billing.sandbox.shapes import complete, fields, inner_shape, is_optional, required
from billing.sandbox.store import KINDS
from tests.billing.sandbox.world import World


def lacking(shape: Any, answer: dict[str, Any], path: str) -> list[str]:
    """Every field that may not be missing or null, and is; in nested objects too."""
    found = [f"{path}.{name}" for name in required(shape) if answer.get(name) is None]
    for name, hint in fields(shape).items():
        inner = inner_shape(hint)
        if inner is not None and isinstance(answer.get(name), dict) and answer[name].get("object") != "list":
            found += lacking(inner, answer[name], f"{path}.{name}")
    return found


def live(world: World) -> None:
    """A bit of everything."""
    coupon = world.api.coupons.create({"percent_off": 10, "duration": "forever"})
    world.api.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "TEN"})
    customer = world.payer()
    world.api.customers.tax_ids.create(customer.id, {"type": "eu_vat", "value": "DE123456789"})
    world.api.customers.balance_transactions.create(customer.id, {"amount": -10, "currency": "usd"})
    basic, pro = world.price(500), world.price(1000, name="Pro")
    subscription = world.subscribe(basic, customer, discounts=[{"coupon": coupon.id}])
    item = subscription["items"].data[0]
    world.advance(days=10)
    world.api.subscriptions.update(subscription.id, {"items": [{"id": item.id, "price": pro.id}]})
    world.api.subscription_schedules.create({"from_subscription": subscription.id})
    world.advance(days=40)
    session: Any = {"mode": "subscription", "line_items": [{"price": pro.id}], "success_url": "http://shop.example/"}
    session["customer_email"] = "bob@example.com"
    begun = world.api.checkout.sessions.create(session)
    assert world.open(str(begun.url), number="4242424242424242").status == 303
    world.api.billing_portal.sessions.create({"customer": customer.id})
    charge = world.api.charges.list({"customer": customer.id}).data[0]
    world.api.refunds.create({"charge": charge.id, "amount": 1})
    world.post("disputes", charge=world.api.charges.list({"customer": customer.id}).data[1].id)
    world.card_becomes("4000000000000341", customer.id)
    world.advance(days=60)
    world.api.invoice_items.create({"customer": customer.id, "amount": 5, "currency": "usd"})


def test_every_object_of_a_whole_life_is_complete(world: World) -> None:
    live(world)
    store = world.server.sandbox.store
    for kind, (_, shape) in KINDS.items():
        objects = store.all(kind)
        if kind == "line_item":
            objects = [line for invoice in store.all("invoice") for line in invoice["lines"]["data"]]
        assert objects, f"no {kind} to look at"
        for one in objects:
            assert lacking(shape, one, kind) == []
            assert set(one) - set(fields(shape)) <= {"deleted"}, kind


def test_every_event_holds_a_complete_object(world: World) -> None:
    live(world)
    for event in world.server.sandbox.store.all("event"):
        one = event["data"]["object"]
        assert lacking(KINDS[one["object"]][1], one, event["type"]) == []


def test_every_kind_is_read_by_the_sdk_over_the_wire(world: World) -> None:
    live(world)
    api = world.api
    services: Any = [
        api.products,
        api.prices,
        api.customers,
        api.payment_intents,
        api.charges,
        api.refunds,
        api.disputes,
        api.balance_transactions,
        api.coupons,
        api.promotion_codes,
        api.subscriptions,
        api.subscription_schedules,
        api.invoices,
        api.invoice_items,
        api.invoice_payments,
        api.checkout.sessions,
        api.billing_portal.configurations,
        api.events,
        api.webhook_endpoints,
    ]
    for service in services:
        listed = service.list({"limit": 3}).data
        assert listed, type(service)
        again: Any = service.retrieve(listed[0].id)
        shape = KINDS[again.object][1]
        assert isinstance(again, shape)
        assert lacking(shape, again.to_dict(), again.object) == []
        for name, hint in fields(shape).items():
            assert is_optional(hint) or getattr(again, name) is not None, (again.object, name)


def test_an_incomplete_object_is_not_made() -> None:
    with pytest.raises(ValueError, match="Product lacks active"):
        complete(KINDS["product"][1], {"id": "prod_1", "object": "product"})
