"""What asks Stripe each time may be asked for ten times a minute, by pages and API together."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from billing.models import CheckoutSession
from billing.services.checkout import open_checkout
from tests.api_client import ApiClient
from tests.billing.browsing import browser, read
from tests.billing.buying import buy, pay
from tests.billing.shop import Shop
from tests.factories.payments import make_checkout, make_subscription

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_minute")]
PAGES = ["cancel", "resume", "pause", "unpause", "change/drop"]
REQUESTS = [
    ("delete", ""),
    ("post", "/resume"),
    ("post", "/pause"),
    ("post", "/unpause"),
    ("post", "/drop-change"),
]


@pytest.fixture
def page(alice: User) -> Client:
    return browser(alice)


def ask(api: ApiClient, method: str, path: str) -> int:
    address = f"billing/subscription{path}"
    return int((api.delete(address) if method == "delete" else api.post(address, {})).status)


@pytest.mark.parametrize("path", PAGES)
def test_the_eleventh_press_of_a_minute_waits(alice: User, bob: User, page: Client, path: str) -> None:
    for user in (alice, bob):
        make_subscription(user, status="active")
    statuses = [page.post(f"/billing/{path}").status_code for _ in range(11)]
    assert 429 not in statuses[:10]
    assert statuses[10] == 429
    assert page.post(f"/billing/{path}").headers["Retry-After"]
    assert browser(bob).post(f"/billing/{path}").status_code != 429


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_the_eleventh_request_of_a_minute_waits(
    alice: User, bob: User, alice_api: ApiClient, bob_api: ApiClient, method: str, path: str
) -> None:
    statuses = [ask(alice_api, method, path) for _ in range(11)]
    assert 429 not in statuses[:10]
    assert statuses[10] == 429
    assert ask(bob_api, method, path) != 429


def test_pages_and_api_and_all_that_is_done_to_a_subscription_count_together(
    shop: Shop, alice: User, page: Client, alice_api: ApiClient
) -> None:
    buy(shop, alice)
    for _ in range(5):
        assert page.post("/billing/cancel").status_code == 302
        assert ask(alice_api, "post", "/resume") == 200
    assert page.post("/billing/pause").status_code == 429
    assert ask(alice_api, "delete", "") == 429
    # To look costs nothing.
    assert page.get("/billing/cancel").status_code == 200
    assert alice_api.get("billing/subscription").status == 200


def test_looks_at_a_payment_page_are_ten_a_minute(shop: Shop, alice: User, alice_api: ApiClient) -> None:
    found = open_checkout(user=alice, plan="basic", interval="month")
    statuses = [alice_api.get(f"billing/checkout/{found.stripe_id}").status for _ in range(11)]
    assert statuses == [200] * 10 + [429]


def test_the_page_after_a_payment_goes_on_with_what_is_known(shop: Shop, alice: User, page: Client) -> None:
    """It looks every two seconds by itself, and needs no Stripe for that."""
    found = open_checkout(user=alice, plan="basic", interval="month")
    pay(shop, found)
    address = f"/billing/success?session_id={found.stripe_id}"
    assert 'data-live-every="2"' in page.get(address).text
    for _ in range(11):
        assert "We have not heard from the bank yet" in read(page.get(address))
    shop.catch_up()
    assert "You have Basic" in read(page.get(address))


def test_of_a_page_that_was_open_nothing_is_claimed_once_stripe_is_not_asked(
    shop: Shop, alice: User, page: Client
) -> None:
    found = open_checkout(user=alice, plan="basic", interval="month")
    address = f"/billing/success?session_id={found.stripe_id}"
    # Eight looks a minute by itself.
    assert 'data-live-every="7"' in page.get(address).text
    for _ in range(9):
        assert "Nothing is paid yet" in read(page.get(address))
    pay(shop, found)
    answer = page.get(address)
    assert "We do not know yet" in read(answer, 429)
    assert answer.headers["Retry-After"]


def test_a_strangers_page_is_not_found_however_often_one_looks(alice: User, bob: User, page: Client) -> None:
    theirs = make_checkout(bob, CheckoutSession.State.OPEN)
    statuses = {page.get(f"/billing/success?session_id={theirs.stripe_id}").status_code for _ in range(12)}
    assert statuses == {404}
