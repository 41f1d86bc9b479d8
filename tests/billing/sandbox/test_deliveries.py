"""Webhooks: signed, tried again, and by the switches doubled, shuffled, late, lost and held."""

from __future__ import annotations

import time

import pytest
import stripe

from tests.billing.sandbox.hooks import SECRET
from tests.billing.sandbox.world import World


def make(world: World, count: int) -> list[str]:
    """Customers, each with one event; the events' ids, oldest first."""
    for number in range(count):
        world.api.customers.create({"name": str(number)})
    return [one.id for one in world.api.events.list({"limit": 100}).data][::-1]


def test_events_arrive_signed_and_in_order(world: World) -> None:
    ids = make(world, 5)
    assert world.settled() == ["customer.created"] * 5
    assert world.receiver.ids() == ids
    first = world.receiver.received[0]
    assert first.event.api_version == stripe.api_version
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(first.body + b" ", first.signature, SECRET)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(first.body, first.signature, "whsec_another")
    assert world.api.events.retrieve(ids[0]).pending_webhooks == 0


def test_a_refused_event_is_tried_again_until_it_is_taken(world: World) -> None:
    world.receiver.answer = lambda number: 500 if number < 3 else 200
    ids = make(world, 1)
    world.settled()
    assert world.receiver.ids() == ids * 3
    assert world.control("deliveries")["deliveries"][0]["attempts"] == [500, 500, 200]


def test_an_event_that_nobody_takes_is_given_up(world: World) -> None:
    world.receiver.answer = lambda number: 302
    make(world, 1)
    world.settled()
    delivery = world.control("deliveries")["deliveries"][0]
    assert (delivery["state"], len(delivery["attempts"])) == ("failed", 4)


def test_duplicates(world: World) -> None:
    world.post("deliveries", mode="duplicate")
    ids = make(world, 4)
    world.settled()
    assert sorted(world.receiver.ids()) == sorted(ids * 2)


def test_another_order(world: World) -> None:
    world.post("deliveries", mode="reorder", seconds=2, seed=1)
    ids = make(world, 8)
    world.settled()
    assert world.receiver.ids() != ids
    assert sorted(world.receiver.ids()) == sorted(ids)


def test_delays(world: World) -> None:
    world.post("deliveries", mode="delay", seconds=0.5)
    began = time.monotonic()
    make(world, 1)
    world.settled()
    assert len(world.receiver.received) == 1
    assert time.monotonic() - began >= 0.5


def test_a_share_is_lost_and_replayed(world: World) -> None:
    world.post("deliveries", mode="lose", share=0.3, seed=7)
    ids = make(world, 20)
    world.settled()
    arrived = set(world.receiver.ids())
    assert 0 < len(arrived) < 20
    lost = world.api.events.list({"delivery_success": False, "limit": 100}).data
    assert {one.id for one in lost} == set(ids) - arrived
    assert world.post("deliveries/replay")["sent"] == 20 - len(arrived)
    world.settled()
    assert sorted(world.receiver.ids()) == sorted(ids)


def test_held_events_are_released_in_any_order(world: World) -> None:
    world.post("deliveries", mode="hold")
    ids = make(world, 4)
    assert world.settled() == []
    order = [ids[2], ids[0], ids[2], ids[1]]
    assert world.post("deliveries/release", order=order)["sent"] == 4
    world.settled()
    assert world.receiver.ids() == order
    assert world.post("deliveries/release")["sent"] == 1
    world.settled()
    assert world.receiver.ids() == [*order, ids[3]]


def test_an_event_is_sent_once_more_on_request(world: World) -> None:
    ids = make(world, 1)
    world.settled()
    world.post("deliveries/resend", event=ids[0])
    world.settled()
    assert world.receiver.ids() == ids * 2


def test_an_endpoint_gets_what_it_wants_with_its_own_secret(world: World) -> None:
    endpoint = world.api.webhook_endpoints.create({"url": world.receiver.url, "enabled_events": ["product.created"]})
    assert endpoint.secret
    assert world.api.webhook_endpoints.retrieve(endpoint.id).secret is None
    world.api.products.create({"name": "Basic"})
    world.api.customers.create({})
    assert world.server.sandbox.deliveries.drain()
    bodies = [(one.body, one.signature) for one in world.receiver.received]
    own = []
    for body, signature in bodies:
        try:
            own.append(stripe.Webhook.construct_event(body, signature, endpoint.secret).type)  # type: ignore[no-untyped-call]
        except stripe.SignatureVerificationError:
            continue
    assert own == ["product.created"]
    assert len(bodies) == 3
    world.api.webhook_endpoints.update(endpoint.id, {"disabled": True})
    world.api.webhook_endpoints.delete(endpoint.id)
    assert len(world.api.webhook_endpoints.list().data) == 1


def test_an_unknown_mode_is_refused(world: World) -> None:
    with pytest.raises(OSError, match="400"):
        world.post("deliveries", mode="explode")


def test_a_request_that_is_refused_sends_nothing(world: World) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        world.api.customers.create({"payment_method": "pm_none"})
    assert world.settled() == []
