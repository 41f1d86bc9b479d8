"""Redeeming a gift code on the billing page, at a service that need not sell anything."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from billing.models import GiftCode, Plan, PlanGrant
from billing.services.gifts import export_codes, make_batch, revoke_batch
from tests.billing.browsing import browser, read, words
from tests.factories.billing import grant


@pytest.fixture
def page(transactional_db: None, alice: User) -> Client:
    return browser(alice)


@pytest.fixture
def code(page: Client, sam: User) -> str:
    plan = Plan.objects.get(code="pro")
    batch = make_batch(by=sam, name="Fair", plan=plan, days=30, count=1)
    return export_codes(batch, by=sam)[0]


def redeem(page: Client, code: str, status: int = 200) -> str:
    return read(page.post("/billing/gift", {"code": code}, follow=True), status)


def test_a_code_gives_its_plan_for_its_days(page: Client, code: str) -> None:
    until = timezone.now() + timedelta(days=30)
    text = redeem(page, f" {code.lower()} ")
    day = f"{until.day} {until:%b %Y}"
    assert f"You have Pro until {day}." in text
    assert f"Pro until {day} from a gift code." in text
    assert "0 of 10 in use" in text


def test_a_code_that_is_wrong_is_kept_for_correction(page: Client) -> None:
    answer = page.post("/billing/gift", {"code": "3333-4444-6666-7777-9999"})
    assert "This code does not exist." in read(answer, 409)
    assert 'value="3333-4444-6666-7777-9999"' in answer.text
    assert 'aria-invalid="true"' in answer.text


@pytest.mark.parametrize("nonsense", ["", "   ", "x" * 65])
def test_what_cannot_be_a_code_is_refused_at_once(page: Client, nonsense: str) -> None:
    assert page.post("/billing/gift", {"code": nonsense}).status_code == 400
    assert not PlanGrant.objects.exists()


def test_a_code_is_good_once(page: Client, bob: User, code: str) -> None:
    redeem(page, code)
    assert "This code was redeemed already." in redeem(browser(bob), code, 409)
    assert "Free plan." in words(browser(bob))


def test_who_has_more_already_keeps_the_code(page: Client, alice: User, code: str) -> None:
    grant(alice, "pro")
    assert "You have this plan already, or more." in redeem(page, code, 409)
    assert GiftCode.objects.get().redeemed_at is None


def test_a_code_that_was_revoked_never_was(page: Client, sam: User, code: str) -> None:
    revoke_batch(GiftCode.objects.get().batch, by=sam)
    assert "This code does not exist." in redeem(page, code, 409)


def test_ten_tries_an_hour_and_the_eleventh_waits(page: Client) -> None:
    statuses = [page.post("/billing/gift", {"code": "3333"}).status_code for _ in range(11)]
    assert statuses == [409] * 10 + [429]
    refused = page.post("/billing/gift", {"code": "4444"})
    assert 'value="4444"' in refused.text
    assert int(refused.headers["Retry-After"]) > 0
