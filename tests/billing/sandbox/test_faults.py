"""Faults on demand, as a client meets them."""

from __future__ import annotations

import time

import pytest
import stripe

from tests.billing.sandbox.world import KEY, World


def impatient(world: World, retries: int = 0, timeout: float = 0.5) -> stripe.StripeClient:
    http = stripe.RequestsClient(timeout=timeout)
    return stripe.StripeClient(
        KEY, base_addresses={"api": world.server.url}, http_client=http, max_network_retries=retries
    )


def test_a_timeout_does_nothing_and_answers_nothing(world: World) -> None:
    world.post("faults", mode="timeout", count=1, seconds=60)
    began = time.monotonic()
    with pytest.raises(stripe.APIConnectionError):
        impatient(world).v1.customers.create({})
    assert time.monotonic() - began < 30
    assert world.api.customers.list().data == []


@pytest.mark.parametrize(("mode", "error"), [("429", stripe.RateLimitError), ("500", stripe.APIError)])
def test_a_refusal_does_nothing(world: World, mode: str, error: type[stripe.StripeError]) -> None:
    world.post("faults", mode=mode, count=2)
    for _ in range(2):
        with pytest.raises(error) as refused:
            world.api.customers.create({}, {"idempotency_key": "again"})
        assert refused.value.http_status == int(mode)
    assert world.api.customers.create({}, {"idempotency_key": "again"}).id
    assert len(world.api.customers.list().data) == 1


def test_a_dropped_answer_was_done_and_its_repetition_gets_it(world: World) -> None:
    world.post("faults", mode="drop", count=1)
    with pytest.raises(stripe.APIConnectionError):
        world.api.customers.create({"name": "Alice"}, {"idempotency_key": "again"})
    again = world.api.customers.create({"name": "Alice"}, {"idempotency_key": "again"})
    assert [one.id for one in world.api.customers.list().data] == [again.id]


def test_the_sdks_own_retries_get_through(world: World) -> None:
    customer = world.payer()
    world.post("faults", mode="drop", count=1, path="/v1/payment_intents")
    method = str(customer.invoice_settings and customer.invoice_settings.default_payment_method)
    intent = impatient(world, retries=2, timeout=10).v1.payment_intents.create(
        {"amount": 500, "currency": "usd", "customer": customer.id, "payment_method": method, "confirm": True}
    )
    assert intent.status == "succeeded"
    assert len(world.api.charges.list().data) == 1


def test_a_fault_meets_its_path_only_and_can_be_ended(world: World) -> None:
    world.post("faults", mode="500", count=5, path="/v1/prices")
    assert world.api.customers.list().data == []
    with pytest.raises(stripe.APIError):
        world.api.prices.list()
    world.post("faults", mode="500", count=0)
    assert world.api.prices.list().data == []
