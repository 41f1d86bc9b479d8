"""What holds for every call: keys, parameters, errors, lists, expansion, metadata, idempotency."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
import stripe

from billing.sandbox.events import API_VERSION
from billing.sandbox.params import params_type
from billing.sandbox.routes import ROUTES
from tests.billing.sandbox.world import KEY, World

HEADERS = {"Authorization": f"Bearer {KEY}", "Idempotency-Key": "shared"}


def call(world: World, method: Any, path: str, **params: Any) -> Any:
    """With parameters that the SDK's types would not let through."""
    return world.client.raw_request(method, path, **params)


@pytest.mark.parametrize(
    "key", ["sk_test_short", "pk_test_" + "a" * 24, "sk_live_" + "a" * 24, "nonsense"], ids=str.__len__
)
def test_a_bad_key_is_refused(world: World, key: str) -> None:
    client = stripe.StripeClient(key, base_addresses={"api": world.server.url})
    with pytest.raises(stripe.AuthenticationError) as refused:
        client.v1.customers.list()
    assert refused.value.http_status == 401
    assert key not in str(refused.value) or len(key) < 9


def test_answers_name_their_request_and_version(world: World) -> None:
    answer = world.api.customers.create({}).last_response
    assert answer
    assert answer.headers["Request-Id"].startswith("req_")
    assert answer.headers["Stripe-Version"] == API_VERSION == stripe.api_version


def test_another_version_is_refused(world: World) -> None:
    client = stripe.StripeClient(KEY, base_addresses={"api": world.server.url}, stripe_version="2020-08-27")
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.list()


def test_every_route_has_the_sdks_type_of_its_parameters() -> None:
    assert len(ROUTES) > 80
    for route in ROUTES:
        assert params_type(route.params).__annotations__, route.path


@pytest.mark.parametrize(
    ("path", "params", "param", "code"),
    [
        ("/v1/customers", {"nmae": "Alice"}, "nmae", "parameter_unknown"),
        ("/v1/customers", {"address": {"stret": "x"}}, "address[stret]", "parameter_unknown"),
        ("/v1/customers", {"balance": "much"}, "balance", "parameter_invalid_integer"),
        ("/v1/customers", {"address": "here"}, "address", None),
        ("/v1/products", {}, "name", "parameter_missing"),
        ("/v1/products", {"name": ""}, "name", "parameter_invalid_empty"),
        ("/v1/products", {"name": "x", "active": "maybe"}, "active", None),
        ("/v1/prices", {"currency": "usd", "recurring": {"interval": "decade"}}, "recurring[interval]", None),
        ("/v1/prices", {"currency": "usd", "unit_amount": 1, "product": "prod_none"}, "product", "resource_missing"),
        ("/v1/subscriptions", {"customer": "cus_none"}, "customer", "resource_missing"),
        ("/v1/subscriptions", {"items": [{"prize": "x"}]}, "items[0][prize]", "parameter_unknown"),
        ("/v1/promotion_codes", {"coupon": "x"}, "coupon", "parameter_unknown"),
        ("/v1/coupons", {"percent_off": 101}, "percent_off", None),
        ("/v1/payment_intents", {"amount": 0, "currency": "usd"}, "amount", "parameter_invalid_integer"),
    ],
)
def test_parameters_are_checked_against_the_sdks_types(
    world: World, path: str, params: dict[str, Any], param: str, code: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        call(world, "post", path, **params)
    assert (refused.value.param, refused.value.code, refused.value.http_status) == (param, code, 400)


def test_an_unknown_object_and_an_unknown_address_are_404s(world: World) -> None:
    with pytest.raises(stripe.InvalidRequestError) as missing:
        world.api.customers.retrieve("cus_none")
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        call(world, "get", "/v1/unicorns")
    assert unknown.value.http_status == 404


def test_lists_are_paged_by_cursor(world: World) -> None:
    made = [world.api.customers.create({"name": str(number)}).id for number in range(7)]
    first = world.api.customers.list({"limit": 3})
    assert [one.id for one in first.data] == made[:3:-1]
    assert first.has_more
    assert [one.id for one in world.api.customers.list({"limit": 3}).auto_paging_iter()] == made[::-1]
    before = world.api.customers.list({"limit": 2, "ending_before": made[3]})
    assert [one.id for one in before.data] == [made[5], made[4]]
    for bad in ({"limit": 0}, {"limit": 101}, {"starting_after": "cus_none"}):
        with pytest.raises(stripe.InvalidRequestError):
            world.api.customers.list(bad)  # type: ignore[arg-type]


def test_lists_are_filtered(world: World) -> None:
    alice = world.api.customers.create({"email": "alice@example.com"})
    world.api.customers.create({"email": "bob@example.com"})
    assert [one.id for one in world.api.customers.list({"email": "alice@example.com"}).data] == [alice.id]
    assert world.api.customers.list({"created": {"gt": alice.created + 60}}).data == []


def test_ids_are_expanded_on_request(world: World) -> None:
    subscription = world.subscribe(world.price(), expand=["customer", "latest_invoice.payments"])
    assert isinstance(subscription.customer, stripe.Customer)
    assert isinstance(subscription.latest_invoice, stripe.Invoice)
    assert subscription.latest_invoice.payments
    paid = subscription.latest_invoice.payments.data[0]
    assert paid.status == "paid"
    by_intent: Any = {"payment": {"type": "payment_intent", "payment_intent": paid.payment.payment_intent}}
    by_intent["expand"] = ["data.payment.payment_intent"]
    found = world.api.invoice_payments.list(by_intent)
    assert [one.id for one in found.data] == [paid.id]
    intent = found.data[0].payment.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert intent.status == "succeeded"


def test_an_expansion_of_nothing_is_refused(world: World) -> None:
    customer = world.api.customers.create({})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        world.api.customers.retrieve(customer.id, {"expand": ["unicorn"]})
    assert refused.value.param == "expand"


def test_metadata_is_merged_and_emptied(world: World) -> None:
    customer = world.api.customers.create({"metadata": {"a": "1", "b": "2"}})
    assert world.api.customers.update(customer.id, {"metadata": {"a": "", "c": "3"}})["metadata"].to_dict() == {
        "b": "2",
        "c": "3",
    }
    assert world.api.customers.update(customer.id, {"metadata": ""})["metadata"].to_dict() == {}
    with pytest.raises(stripe.InvalidRequestError):
        world.api.customers.update(customer.id, {"metadata": {"k" * 41: "x"}})


def test_the_same_key_gets_the_same_answer(world: World) -> None:
    first = world.api.customers.create({"name": "Alice"}, {"idempotency_key": "one"})
    again = world.api.customers.create({"name": "Alice"}, {"idempotency_key": "one"})
    assert first.id == again.id
    assert again.last_response
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(world.api.customers.list().data) == 1
    with pytest.raises(stripe.IdempotencyError) as refused:
        world.api.customers.create({"name": "Bob"}, {"idempotency_key": "one"})
    assert refused.value.http_status == 400


def test_a_refusal_by_the_handler_is_kept_and_one_of_the_parameters_is_not(world: World) -> None:
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            world.api.payment_methods.attach("pm_none", {"customer": "cus_none"}, {"idempotency_key": "kept"})
    assert refused.value.headers
    assert refused.value.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.InvalidRequestError):
        call(world, "post", "/v1/customers", nmae="x", idempotency_key="free")
    assert world.api.customers.create({"name": "x"}, {"idempotency_key": "free"}).id


def test_a_key_in_use_is_a_conflict(world: World) -> None:
    """One request is kept inside by a fault while the others come."""
    world.post("faults", mode="slow", seconds=60, path="/v1/customers")
    begun = threading.Barrier(8)
    answers: list[Any] = []

    def create() -> None:
        begun.wait(5)
        request = urllib.request.Request(f"{world.server.url}/v1/customers", b"name=Alice", HEADERS)
        try:
            with urllib.request.urlopen(request) as answer:
                answers.append(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                answers.append((error.code, json.loads(error.read())["error"]["code"]))

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 30
    while len(answers) < 7 and time.monotonic() < deadline:
        time.sleep(0.01)
    world.server.sandbox.faults.over.set()
    for thread in threads:
        thread.join(10)
    assert answers.count((409, "idempotency_key_in_use")) == 7
    assert len(world.api.customers.list().data) == 1


def test_an_event_names_the_request_that_caused_it(world: World) -> None:
    customer = world.api.customers.create({"name": "Alice"}, {"idempotency_key": "cause"})
    event = world.api.events.list({"type": "customer.created"}).data[0]
    assert customer.last_response
    assert event["request"]["idempotency_key"] == "cause"
    assert event["request"]["id"] == customer.last_response.headers["Request-Id"]


def test_a_change_says_what_was_before(world: World) -> None:
    customer = world.api.customers.create({"name": "Alice"})
    world.api.customers.update(customer.id, {"name": "Alicia"})
    world.api.customers.update(customer.id, {"name": "Alicia"})
    updates = world.api.events.list({"types": ["customer.updated"]}).data
    assert [one["data"]["previous_attributes"].to_dict() for one in updates] == [{"name": "Alice"}]
    assert world.api.events.retrieve(updates[0].id).data.object["name"] == "Alicia"
