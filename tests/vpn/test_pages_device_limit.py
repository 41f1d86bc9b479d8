"""The pages that add a device, for somebody whose plan has no room for another one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from billing.models import Plan, PlanPrice
from tests.factories.billing import grant
from tests.factories.payments import make_subscription, price_of
from tests.vpn.acting import add, confirm
from vpn.models import Peer, Server

PATHS = ["/devices/new", "/welcome/configuration?system=ios&name=Phone"]


@pytest.fixture(autouse=True)
def selling(settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_" + "0" * 24


@pytest.fixture(params=PATHS)
def path(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def full(alice: User, ams: Server) -> User:
    add(alice)
    confirm(ams)
    Peer.objects.update(connection="online")
    return alice


def said(page: Client, path: str) -> str:
    """The words of the page's notice, with the addresses that its links lead to."""
    found = re.search(r'<div class="empty">.*?</div>', page.get(path).text, re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r'<a[^>]*href="([^"]+)"[^>]*>', r"[\1] ", found[0]).split())


def test_it_is_said_how_many_there_may_be_and_which_plan_allows_more(page: Client, full: User, path: str) -> None:
    text = said(page, path)
    assert "Your Free plan has room for 1 device." in text
    assert "Basic has room for 5 devices. [/billing/plans?plan=basic] See plans" in text
    assert "Pro has room" not in text


def test_of_the_plans_on_sale_the_smallest_that_helps_is_named(page: Client, full: User, path: str) -> None:
    Plan.objects.filter(code="basic").update(is_offered=False)
    assert "Pro has room for 10 devices." in said(page, path)
    Plan.objects.filter(code="basic").update(is_offered=True, device_limit=1)
    assert "Pro has room for 10 devices." in said(page, path)


def test_no_plan_is_named_where_none_allows_more_or_none_is_sold(
    page: Client, full: User, path: str, settings: Settings
) -> None:
    PlanPrice.objects.update(is_current=False)
    assert "/billing/plans" not in said(page, path)
    PlanPrice.objects.update(is_current=True)
    grant(full, "pro")
    Plan.objects.filter(code="pro").update(device_limit=1)
    text = said(page, path)
    assert "Your Pro plan has room for 1 device." in text
    assert "/billing/plans" not in text
    settings.STRIPE_SECRET_KEY = ""
    assert "/billing/plans" not in said(page, path)


def test_what_only_a_payment_is_missing_for_is_not_sold_again(page: Client, full: User, path: str) -> None:
    make_subscription(full, price_of("basic"), status="unpaid", unpaid_since=timezone.now() - timedelta(days=60))
    text = said(page, path)
    assert "Your Free plan has room for 1 device." in text
    assert "/billing/plans" not in text


@pytest.mark.parametrize(("path", "queries"), [(PATHS[0], 7), (PATHS[1], 8)])
def test_where_there_is_room_no_plan_is_asked_for(
    page: Client, alice: User, ams: Server, django_assert_num_queries: DjangoAssertNumQueries, path: str, queries: int
) -> None:
    page.get(path)
    with django_assert_num_queries(queries):
        assert "has room" not in page.get(path).text
