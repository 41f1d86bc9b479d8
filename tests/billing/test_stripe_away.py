"""Stripe does not answer, or answers nonsense: people are told in time, nothing is left half done, and the same request goes on."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import transaction

from accounts.models import User
from billing.gateway.client import Stripe
from billing.models import CheckoutSession, StripeCustomer, StripeOrder
from tests.api_client import ApiClient
from tests.billing.buying import buy, charged, plan_at_stripe
from tests.billing.shop import Shop
from tests.conftest import token_of

pytestmark = pytest.mark.django_db
BASIC = {"plan": "basic", "interval": "month"}
PRO = {"plan": "pro", "interval": "month"}
PATHS = ["/v1/customers", "/v1/subscriptions", "/v1/checkout/sessions"]


def refused_in_time(api: ApiClient, path: str, body: dict[str, Any]) -> None:
    began = time.monotonic()
    answer = api.post(path, body)
    assert time.monotonic() - began <= 5
    assert (answer.status, answer.code) == (503, "payments_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.fixture(autouse=True)
def _warm(db: None) -> None:
    """The first request of a process is slow by itself."""
    ApiClient(None).get("billing/plans")


@pytest.fixture
def silence() -> Iterator[str]:
    """An address that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def address(kind: str, shop: Shop, silence: str) -> str:
    if kind == "silent":
        return silence
    if kind == "refused":
        with socket.create_server(("127.0.0.1", 0)) as gone:
            return f"http://127.0.0.1:{gone.getsockname()[1]}"
    # Plain text where TLS is expected.
    return f"https://127.0.0.1:{urlsplit(shop.server.url).port}"


@pytest.mark.parametrize("kind", ["silent", "refused", "tls"])
def test_nobody_is_there(shop: Shop, alice_api: ApiClient, settings: Any, silence: str, kind: str) -> None:
    settings.STRIPE_API_BASE = address(kind, shop, silence)
    refused_in_time(alice_api, "billing/checkout", BASIC)
    assert not StripeCustomer.objects.exists()
    assert not CheckoutSession.objects.exists()
    settings.STRIPE_API_BASE = shop.server.url
    assert shop.api.customers.list().data == []
    assert alice_api.post("billing/checkout", BASIC).status == 200
    assert len(shop.api.customers.list().data) == 1


def test_nobody_says_where_stripe_is(
    shop: Shop, alice_api: ApiClient, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No timeout of a connection bounds that, nor the number of addresses that are tried one after the other."""
    look_up = socket.getaddrinfo

    def hang(host: Any, *rest: Any, **more: Any) -> Any:
        if host == "stripe.test":
            time.sleep(7)
            raise socket.gaierror
        return look_up(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    settings.STRIPE_API_BASE = "http://stripe.test"
    refused_in_time(alice_api, "billing/checkout", BASIC)
    assert not StripeCustomer.objects.exists()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("mode", ["429", "500", "drop"])
def test_stripe_fails_at_any_step_of_a_checkout(shop: Shop, alice_api: ApiClient, path: str, mode: str) -> None:
    shop.post("faults", mode=mode, count=1, path=path)
    refused_in_time(alice_api, "billing/checkout", BASIC)
    assert charged(shop) == []
    # What was decided stands in a row of its own, or not at all.
    assert not CheckoutSession.objects.exclude(state="asked", stripe_id=None, url="").exists()
    assert alice_api.post("billing/checkout", BASIC).status == 200
    assert len(shop.api.customers.list().data) == 1
    assert len(shop.api.checkout.sessions.list().data) == 1


def test_a_step_that_hangs_takes_no_more_than_all_steps_may(shop: Shop, alice_api: ApiClient) -> None:
    """The first two are slow, the third hangs: one deadline for all of them."""
    for path in PATHS[:2]:
        shop.post("faults", mode="slow", count=1, seconds=1.5, path=path)
    shop.post("faults", mode="timeout", count=1, seconds=3, path=PATHS[2])
    refused_in_time(alice_api, "billing/checkout", BASIC)
    assert alice_api.post("billing/checkout", BASIC).status == 200


@pytest.mark.parametrize("mode", ["429", "500", "drop", "timeout"])
def test_stripe_fails_in_the_middle_of_a_change(shop: Shop, alice: User, mode: str) -> None:
    row = buy(shop, alice)
    api = ApiClient(token_of(alice))
    shown = api.post("billing/subscription/preview", PRO).data
    body = {**PRO, "proration_date": shown["proration_date"]}
    path = f"/v1/subscriptions/{row.stripe_id}"
    shop.post("faults", mode="slow", count=1, seconds=0, path=path)
    shop.post("faults", mode=mode, count=1, seconds=6, path=path)
    refused_in_time(api, "billing/subscription/change", body)
    assert StripeOrder.objects.get(purpose="change").state == "open"
    assert api.post("billing/subscription/change", body).status == 200
    assert plan_at_stripe(shop, row) == "pro/month"
    assert charged(shop) == [499, shown["amount_due_minor"]]


@pytest.mark.parametrize("path", ["", "/resume", "/pause", "/unpause", "/preview", "/change", "/drop-change"])
def test_everything_else_is_refused_in_time_too(
    shop: Shop, alice: User, settings: Any, silence: str, path: str
) -> None:
    buy(shop, alice)
    settings.STRIPE_API_BASE = silence
    began = time.monotonic()
    body = PRO if path in ("/preview", "/change") else {}
    answer = ApiClient(token_of(alice)).request("POST" if path else "DELETE", f"billing/subscription{path}", body)
    assert (answer.status, answer.code) == (503, "payments_unavailable")
    assert time.monotonic() - began <= 5


def test_a_key_that_stripe_refuses_is_not_told_to_people(shop: Shop, alice_api: ApiClient, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_short"
    answer = alice_api.post("billing/checkout", BASIC)
    assert (answer.status, answer.code) == (503, "payments_unavailable")
    assert "key" not in answer.body["message"].lower()


def test_stripe_is_never_asked_inside_a_transaction(shop: Shop, alice: User) -> None:
    """The database connection goes back to the pool before the wait: tests/live/test_payments.py sees it there."""
    with transaction.atomic(), pytest.raises(RuntimeError):
        Stripe().call(lambda v1: v1.customers.list())
    assert Stripe().call(lambda v1: v1.customers.list())["data"] == []
