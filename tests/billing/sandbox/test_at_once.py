"""Many requests at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable

import stripe

from tests.billing.sandbox.world import KEY, World


def at_once(world: World, count: int, work: Callable[[stripe.StripeClient], object]) -> list[object]:
    """Each with a client of its own, from one barrier; what they returned, or the error."""
    barrier, results = threading.Barrier(count), list[object]()

    def run() -> None:
        http = stripe.RequestsClient(timeout=20)
        client = stripe.StripeClient(KEY, base_addresses={"api": world.server.url}, http_client=http)
        barrier.wait(10)
        try:
            results.append(work(client))
        except stripe.StripeError as error:
            results.append(error)
        finally:
            http.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(results) == count
    return results


def test_32_repetitions_of_one_request_are_done_once(world: World) -> None:
    """The SDK tries again after a 409 until the first one is through."""

    def create(client: stripe.StripeClient) -> object:
        return client.v1.customers.create({"email": "alice@example.com"}, {"idempotency_key": "alice"}).id

    results = at_once(world, 32, create)
    customers = world.api.customers.list().data
    assert len(customers) == 1
    assert {one for one in results if isinstance(one, str)} == {customers[0].id}


def test_a_charge_is_refunded_once_however_many_ask(world: World) -> None:
    subscription = world.subscribe(world.price(500))
    charge = world.api.charges.list({"customer": str(subscription.customer)}).data[0]

    def refund(client: stripe.StripeClient) -> object:
        return client.v1.refunds.create({"charge": charge.id}).id

    results = at_once(world, 16, refund)
    assert len([one for one in results if isinstance(one, str)]) == 1
    codes = {one.code for one in results if isinstance(one, stripe.StripeError)}
    assert codes == {"charge_already_refunded"}
    assert world.settled().count("charge.refunded") == 1
