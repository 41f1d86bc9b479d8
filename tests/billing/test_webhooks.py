"""Stripe's deliveries: taken in once, and nothing is written for what is not Stripe's."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from billing.models import StripeEvent
from tests.billing.shop import ADDRESS, signed

pytestmark = pytest.mark.django_db
SECRET = "whsec_only_for_tests_0123456789abcdef"
FORMER = "whsec_the_former_one_0123456789abcdef"


@pytest.fixture(autouse=True)
def _sells(settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_" + "a" * 24
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET, FORMER]
    settings.STRIPE_LIVE_MODE = False


def event(**changes: Any) -> dict[str, Any]:
    return {
        "id": "evt_1",
        "object": "event",
        "type": "customer.subscription.updated",
        "created": 1_790_000_000,
        "livemode": False,
        "data": {"object": {"id": "sub_1", "object": "subscription", "customer": "cus_1", "status": "active"}},
        **changes,
    }


def deliver(body: bytes, signature: str | None) -> Any:
    headers = {} if signature is None else {"Stripe-Signature": signature}
    return Client().post(ADDRESS, body, content_type="application/json", headers=headers)


def assert_nothing_written() -> None:
    assert not StripeEvent.objects.exists()
    assert not ProcrastinateJob.objects.filter(queue_name="payments").exists()


def test_an_event_is_kept_without_its_body_and_its_job_is_asked_for() -> None:
    assert deliver(*signed(event())).status_code == 200
    kept = StripeEvent.objects.get()
    assert (kept.stripe_id, kept.type, kept.object_id, kept.customer_id) == (
        "evt_1",
        "customer.subscription.updated",
        "sub_1",
        "cus_1",
    )
    assert kept.state == StripeEvent.State.WAITING
    job = ProcrastinateJob.objects.get(queue_name="payments")
    assert (job.task_name, job.args["customer_id"]) == ("billing.tasks.follow_events", "cus_1")


def test_the_same_event_again_is_one_event_with_one_job() -> None:
    for _ in range(3):
        assert deliver(*signed(event())).status_code == 200
    assert StripeEvent.objects.count() == ProcrastinateJob.objects.filter(queue_name="payments").count() == 1


def test_events_of_one_customer_wait_for_one_job() -> None:
    for number in range(6):
        deliver(*signed(event(id=f"evt_{number}")))
    assert (StripeEvent.objects.count(), ProcrastinateJob.objects.filter(queue_name="payments").count()) == (6, 1)


def test_a_delivery_is_two_statements() -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        deliver(*signed(event()))
    said = [query["sql"] for query in asked if "SAVEPOINT" not in query["sql"]]
    assert len(said) == 2, said


def test_a_delivery_signed_with_the_former_secret_is_taken() -> None:
    assert deliver(*signed(event(), FORMER)).status_code == 200


@pytest.mark.parametrize("signature", [None, "", "v1=", "t=1,v1=", "t=now,v1=00", "t=1,t=2,v1=00", "t=" + "9" * 4000])
def test_without_a_signature_nothing_is_written(signature: str | None) -> None:
    assert deliver(signed(event())[0], signature).status_code == 400
    assert_nothing_written()


@pytest.mark.parametrize("seconds", [-301, -86400, 302, 86400])
def test_what_is_dated_too_far_from_now_is_not_taken(seconds: int) -> None:
    answer = deliver(*signed(event(), at=int(time.time()) + seconds))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "signature_expired")
    assert_nothing_written()


@pytest.mark.parametrize("seconds", [-295, 295])
def test_clocks_may_differ_by_minutes(seconds: int) -> None:
    assert deliver(*signed(event(), at=int(time.time()) + seconds)).status_code == 200


def test_the_secret_of_another_address_is_not_ours() -> None:
    answer = deliver(*signed(event(), "whsec_of_another_endpoint_0123456789"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "signature_invalid")
    assert_nothing_written()


def test_a_body_that_was_written_anew_is_not_what_was_signed() -> None:
    body, signature = signed(event())
    anew = json.dumps(json.loads(body), separators=(",", ":")).encode()
    assert anew != body
    assert deliver(anew, signature).status_code == 400
    assert_nothing_written()


def test_another_body_under_a_good_signature_is_refused() -> None:
    _, signature = signed(event())
    assert deliver(signed(event(id="evt_2"))[0], signature).status_code == 400
    assert_nothing_written()


def test_a_body_of_ten_megabytes_is_too_large() -> None:
    body, signature = signed(b" " * (10 * 1024 * 1024))
    assert deliver(body, signature).status_code == 413
    assert_nothing_written()


@pytest.mark.parametrize(("size", "status"), [(256 * 1024, 200), (256 * 1024 + 1, 413)])
def test_a_body_may_have_256_kilobytes(size: int, status: int) -> None:
    body = json.dumps(event()).encode()
    assert deliver(*signed(body + b" " * (size - len(body)))).status_code == status


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"t=1&v=2",
        b"[" * 100_000,
        json.dumps(event(object="charge")).encode(),
        json.dumps(event(id=None)).encode(),
        json.dumps(event(id="evt_" + "x" * 255)).encode(),
        json.dumps(event(id="evt \u0000")).encode(),
        json.dumps(event(type=7)).encode(),
        json.dumps(event(type="x" * 81)).encode(),
        json.dumps(event(created="yesterday")).encode(),
        json.dumps(event(created=True)).encode(),
        json.dumps(event(created=10**15)).encode(),
        json.dumps(event(data=None)).encode(),
        json.dumps(event(data={"object": "sub_1"})).encode(),
        json.dumps(event(data={"object": {"id": ["sub_1"], "customer": "cus_1"}})).encode(),
        json.dumps(event(data={"object": {"id": "sub_1", "customer": "c" * 65}})).encode(),
        json.dumps(event(data={"object": {"id": "sub_1", "customer": 5}})).encode(),
    ],
)
def test_what_is_signed_and_is_no_event_is_refused(body: bytes) -> None:
    moment = int(time.time())
    digest = hmac.new(SECRET.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    answer = deliver(body, f"t={moment},v1={digest}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed_event")
    assert_nothing_written()


@pytest.mark.parametrize(("ours", "theirs"), [(False, True), (True, False), (False, None), (False, "false")])
def test_an_event_of_the_other_mode_is_refused(settings: Any, ours: bool, theirs: Any) -> None:
    settings.STRIPE_LIVE_MODE = ours
    answer = deliver(*signed(event(livemode=theirs)))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "wrong_mode")
    assert_nothing_written()


def test_where_nothing_is_sold_there_is_no_such_address(settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = ""
    assert deliver(*signed(event())).status_code == 404
    assert_nothing_written()


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head", "options"])
def test_it_is_posted_to(method: str) -> None:
    assert getattr(Client(), method)(ADDRESS).status_code == 405


def test_the_deliveries_of_a_busy_day_are_not_counted_against_the_limit_of_an_address() -> None:
    for number in range(150):
        assert deliver(*signed(event(id=f"evt_{number}"))).status_code == 200
    assert StripeEvent.objects.count() == 150


def test_no_token_against_forgery_is_asked_of_stripe() -> None:
    body, signature = signed(event())
    headers = {"Stripe-Signature": signature}
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(ADDRESS, body, content_type="application/json", headers=headers).status_code == 200


def test_an_event_about_nobody_asks_for_a_job_that_finds_out() -> None:
    deliver(*signed(event(type="product.updated", data={"object": {"id": "prod_1", "object": "product"}})))
    job = ProcrastinateJob.objects.get(queue_name="payments")
    assert (job.task_name, job.args["event_id"]) == ("billing.tasks.place_event", "evt_1")
