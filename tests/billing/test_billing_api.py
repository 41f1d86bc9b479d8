"""Buying and changing over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.services.api_keys import create_api_key
from billing.models import CheckoutSession, Invoice, Plan, PlanPrice, StripeCustomer
from tests.api_client import ApiClient
from tests.billing.buying import VISA, buy, charged, plan_at_stripe
from tests.billing.shop import Shop
from tests.conftest import token_of
from tests.factories.accounts import make_user
from tests.factories.payments import make_checkout, make_invoice
from tests.queries import recorded_queries

pytestmark = pytest.mark.django_db
BASIC = {"plan": "basic", "interval": "month"}
PRO = {"plan": "pro", "interval": "month"}


def test_somebody_buys(shop: Shop, alice_api: ApiClient) -> None:
    bought = alice_api.post("billing/checkout", BASIC)
    assert (bought.status, bought.data["state"], bought.data["plan"]) == (200, "open", "basic")
    assert shop.open(bought.data["url"], number=VISA, expiry="12/34", cvc="123").status == 303
    looked_up = alice_api.get(f"billing/checkout/{bought.data['id']}")
    assert (looked_up.data["state"], looked_up.data["url"]) == ("complete", "")
    shop.catch_up()
    has = alice_api.get("billing/subscription").data
    assert (has["plan_code"], has["status"], has["cancel_at_period_end"]) == ("basic", "active", False)
    assert has["price"] == {"plan": "basic", "interval": "month", "currency": "USD", "amount_minor": 499}
    assert (has["card"]["brand"], has["card"]["last4"]) == ("visa", "4242")
    invoices = alice_api.get("billing/invoices").data
    assert [(one["status"], one["total_minor"]) for one in invoices["items"]] == [("paid", 499)]
    assert invoices["items"][0]["pdf_url"]


def test_the_interval_is_a_month_where_nobody_says(shop: Shop, alice_api: ApiClient) -> None:
    assert alice_api.post("billing/checkout", {"plan": "pro"}).data["interval"] == "month"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "plan"),
        ({"plan": "gold"}, "plan"),
        ({"plan": "free"}, "plan"),
        ({"plan": 5}, "plan"),
        ({"plan": "ba\x00sic"}, "plan"),
        ({"plan": "basic", "interval": "week"}, "interval"),
        ({"plan": "basic", "currency": "XXX"}, "currency"),
        ({"plan": "basic", "currency": "dollars"}, "currency"),
        ({"plan": "basic", "promotion_code": "NOPE"}, "promotion_code"),
        ({"plan": "basic", "amount": 1}, "amount"),
        ({"plan": "basic", "price": "price_1"}, "price"),
    ],
)
def test_bad_input_is_named(shop: Shop, alice_api: ApiClient, body: dict[str, Any], field: str) -> None:
    answer = alice_api.post("billing/checkout", body)
    assert (answer.status, list(answer.fields)) == (400, [field])
    assert shop.api.checkout.sessions.list().data == []
    assert not CheckoutSession.objects.exists()


def test_a_plan_that_is_no_longer_offered_cannot_be_bought(shop: Shop, alice_api: ApiClient) -> None:
    PlanPrice.objects.filter(plan__code="basic", interval="year").update(is_current=False)
    assert list(alice_api.post("billing/checkout", {"plan": "basic", "interval": "year"}).fields) == ["interval"]
    PlanPrice.objects.filter(plan__code="basic").update(is_current=False)
    assert list(alice_api.post("billing/checkout", BASIC).fields) == ["plan"]


def test_the_yen_has_no_smaller_unit(shop: Shop, alice_api: ApiClient) -> None:
    bought = alice_api.post("billing/checkout", {**BASIC, "currency": "jpy"})
    assert "700 JPY" in shop.open(bought.data["url"]).text


def test_who_has_not_verified_their_address_cannot_buy(shop: Shop) -> None:
    new = ApiClient(token_of(make_user("new@example.com", email_verified_at=None)))
    answer = new.post("billing/checkout", BASIC)
    assert (answer.status, answer.code) == (403, "email_unverified")
    assert shop.api.customers.list().data == []


def test_a_price_that_is_not_at_stripe_yet_is_not_sold(shop: Shop, alice_api: ApiClient) -> None:
    PlanPrice.objects.update(stripe_price_id=None)
    answer = alice_api.post("billing/checkout", BASIC)
    assert (answer.status, answer.code) == (503, "payments_unavailable")
    assert "Retry-After" in answer.headers


def test_where_no_payments_are_configured_nothing_is_sold(alice_api: ApiClient) -> None:
    price = PlanPrice.objects.get(plan__code="basic", interval="month", currency="USD")
    PlanPrice.objects.filter(pk=price.pk).update(stripe_price_id="price_1")
    answer = alice_api.post("billing/checkout", BASIC)
    assert (answer.status, answer.code) == (503, "payments_unavailable")


@pytest.mark.usefixtures("one_minute")
def test_ten_checkouts_a_minute_and_no_more(shop: Shop, alice_api: ApiClient, bob_api: ApiClient) -> None:
    statuses = [alice_api.post("billing/checkout", BASIC).status for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    refused = alice_api.post("billing/checkout", BASIC)
    assert (refused.code, int(refused.headers["Retry-After"]) > 0) == ("rate_limited", True)
    assert bob_api.post("billing/checkout", BASIC).status == 200


def test_another_persons_page_is_not_there(shop: Shop, alice_api: ApiClient, bob_api: ApiClient) -> None:
    id = alice_api.post("billing/checkout", BASIC).data["id"]
    assert alice_api.get(f"billing/checkout/{id}").status == 200
    assert bob_api.get(f"billing/checkout/{id}").status == 404
    assert bob_api.get("billing/checkout/cs_test_nothing").status == 404


def test_without_a_subscription_everything_is_said_all_the_same(alice_api: ApiClient) -> None:
    has = alice_api.get("billing/subscription")
    assert has.status == 200
    assert (has.data["plan_code"], has.data["status"], has.data["situation"]) == ("free", None, "none")
    assert (has.data["price"], has.data["card"], has.data["next_change"]) == (None, None, None)
    for path in ("resume", "pause", "unpause", "drop-change"):
        answer = alice_api.post(f"billing/subscription/{path}")
        assert (answer.status, answer.code) == (409, "no_subscription"), path
    assert alice_api.delete("billing/subscription").code == "no_subscription"
    assert alice_api.post("billing/subscription/preview", PRO).code == "no_subscription"
    assert alice_api.post("billing/portal").code == "nothing_bought"
    assert alice_api.get("billing/invoices").data["items"] == []


def test_a_change_is_shown_and_confirmed(shop: Shop, alice: User, alice_api: ApiClient) -> None:
    row = buy(shop, alice)
    shown = alice_api.post("billing/subscription/preview", PRO)
    assert (shown.status, shown.data["kind"], shown.data["price"]["plan"]) == (200, "now", "pro")
    assert sum(line["amount_minor"] for line in shown.data["lines"]) == shown.data["amount_due_minor"]
    body = {**PRO, "proration_date": shown.data["proration_date"]}
    for _ in range(2):
        done = alice_api.post("billing/subscription/change", body)
        assert (done.status, done.data["amount_due_minor"]) == (200, shown.data["amount_due_minor"])
    assert plan_at_stripe(shop, row) == "pro/month"
    assert charged(shop) == [499, shown.data["amount_due_minor"]]
    shop.catch_up()
    assert alice_api.get("billing/subscription").data["plan_code"] == "pro"


def test_a_change_for_later_is_shown_until_it_is_dropped(shop: Shop, alice: User, alice_api: ApiClient) -> None:
    buy(shop, alice, "pro")
    planned = alice_api.post("billing/subscription/change", BASIC)
    assert (planned.data["kind"], planned.data["amount_due_minor"]) == ("at_period_end", 0)
    shop.catch_up()
    waits = alice_api.get("billing/subscription").data["next_change"]
    assert (waits["plan"], waits["at"]) == ("basic", planned.data["effective_at"])
    dropped = alice_api.post("billing/subscription/drop-change")
    assert (dropped.status, dropped.data["next_change"]) == (200, None)
    shop.catch_up()
    assert alice_api.get("billing/subscription").data["next_change"] is None


def test_what_somebody_does_shows_at_once_and_stays(shop: Shop, alice: User, alice_api: ApiClient) -> None:
    """The answers are Stripe's; the table follows by the sync."""
    buy(shop, alice)
    steps: list[tuple[str, str, dict[str, Any], str, Any]] = [
        ("DELETE", "", {}, "cancel_at_period_end", True),
        ("POST", "/resume", {}, "cancel_at_period_end", False),
        ("POST", "/pause", {}, "is_paused", True),
        ("POST", "/unpause", {}, "is_paused", False),
    ]
    for method, path, body, name, value in steps:
        for _ in range(2):
            answer = alice_api.request(method, f"billing/subscription{path}", body if method == "POST" else None)
            assert (answer.status, answer.data[name]) == (200, value), path
        shop.catch_up()
        assert alice_api.get("billing/subscription").data[name] is value, path


def test_a_pause_may_have_an_end(shop: Shop, alice: User, alice_api: ApiClient) -> None:
    buy(shop, alice)
    until = (timezone.now() + timedelta(days=40)).replace(microsecond=0)
    paused = alice_api.post("billing/subscription/pause", {"until": until.isoformat()})
    assert paused.data["pause_resumes_at"][:19] == until.isoformat()[:19]
    for wrong in ("2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "tomorrow", 5):
        answer = alice_api.post("billing/subscription/pause", {"until": wrong})
        assert (answer.status, list(answer.fields)) == (400, ["until"])


def test_the_portal_leads_to_the_card(shop: Shop, alice: User, alice_api: ApiClient) -> None:
    buy(shop, alice)
    for flow in ("", "payment_method"):
        found = alice_api.post("billing/portal", {"flow": flow})
        assert shop.open(found.data["url"]).status == 200
    assert alice_api.post("billing/portal", {"flow": "cancel"}).status == 400


def test_a_second_purchase_is_refused_and_says_what_to_do(shop: Shop, alice: User, alice_api: ApiClient) -> None:
    buy(shop, alice)
    answer = alice_api.post("billing/checkout", PRO)
    assert (answer.status, answer.code) == (409, "already_subscribed")
    assert "Change its plan" in answer.body["message"]


def test_invoices_are_ones_own_and_cost_the_same(alice: User, bob: User, alice_api: ApiClient) -> None:
    make_invoice(bob)
    make_invoice(alice)
    make_invoice(alice, status=Invoice.Status.DRAFT)
    with recorded_queries() as few:
        assert alice_api.get("billing/invoices").data["total"] == 1
    for _ in range(49):
        make_invoice(alice)
    with recorded_queries() as many:
        page = alice_api.get("billing/invoices?limit=50").data
    assert (len(page["items"]), page["total"]) == (50, 50)
    assert len(few) == len(many) <= 2
    assert alice_api.get("billing/invoices?limit=0").status == 400


def test_plans_and_all_their_prices_cost_one_query_and_follow_a_change_at_once(alice_api: ApiClient) -> None:
    with recorded_queries() as few:
        before = alice_api.get("billing/plans").data["items"]
    extra = [Plan(code=f"extra-{n}", name="Extra", rank=1000 + n, device_limit=1) for n in range(40)]
    for plan in Plan.objects.bulk_create(extra):
        for amount, interval in ((900, "month"), (9000, "year")):
            PlanPrice.objects.create(plan=plan, interval=interval, currency="USD", amount_minor=amount)
    with recorded_queries() as many:
        items = alice_api.get("billing/plans?limit=100").data["items"]
    assert len(few) == len(many) <= 2
    assert items[: len(before)] == before
    prices = [{"interval": "month", "currency": "USD", "amount_minor": 900}]
    prices.append({"interval": "year", "currency": "USD", "amount_minor": 9000})
    assert (items[-1]["price_minor"], items[-1]["prices"]) == (900, prices)
    PlanPrice.objects.filter(plan=extra[-1], interval="year").update(is_current=False)
    assert alice_api.get("billing/plans?limit=100").data["items"][-1]["prices"] == prices[:1]


def test_a_key_needs_the_scope(shop: Shop, alice: User) -> None:
    reads, _ = create_api_key(user=alice, name="Reads", scopes=["read"])
    buys, _ = create_api_key(user=alice, name="Buys", scopes=["billing"])
    assert ApiClient(reads).get("billing/subscription").status == 200
    assert ApiClient(reads).post("billing/checkout", BASIC).code == "scope_required"
    assert ApiClient(buys).post("billing/checkout", BASIC).status == 200


def test_what_is_over_is_looked_up_without_stripe(alice: User, alice_api: ApiClient) -> None:
    page = make_checkout(alice, CheckoutSession.State.COMPLETE)
    assert StripeCustomer.objects.get(user=alice).pk == page.parameters["customer"]
    assert alice_api.get(f"billing/checkout/{page.stripe_id}").data["state"] == "complete"
