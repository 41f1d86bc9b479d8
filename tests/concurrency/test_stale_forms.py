"""Two colleagues who save the page of the same row at the same moment, having seen the same."""

from __future__ import annotations

from collections import Counter
from threading import Barrier
from unittest import mock

import pytest
from django.test import Client

from accounts.models import AuditEvent
from nexusvpn import admin_stale
from nexusvpn.admin_stale import FormAsShown
from referrals.models import RewardAmount
from tests.admin.addresses import change, shown
from tests.admin.conftest import browser_with_factor
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS, AT_ONCE = 10, 2


@pytest.fixture
def colleagues() -> list[Client]:
    people = [make_user(f"sam-{n}@example.com", is_staff=True, is_superuser=True) for n in range(AT_ONCE)]
    return [browser_with_factor(person) for person in people]


@pytest.fixture
def amount(db: None) -> RewardAmount:
    return RewardAmount.objects.create(currency="CHF", referrer_minor=500, friend_minor=100, minimum_minor=400)


def save_at_once(colleagues: list[Client], amount: RewardAmount, turn: int) -> Counter[int]:
    """How often which status is answered to pages that show the same."""
    seen, statuses = shown(colleagues[0], change(amount)), list[int]()

    def save(one: int) -> None:
        sums = {"referrer_minor": f"{turn}.{one}", "friend_minor": "1", "minimum_minor": "4"}
        statuses.append(colleagues[one].post(change(amount), {**sums, **seen}).status_code)

    assert crowd(AT_ONCE, save) == {"ok": AT_ONCE}
    return Counter(statuses)


def test_without_the_lock_one_takes_back_what_another_saved(colleagues: list[Client], amount: RewardAmount) -> None:
    all_of_them = Barrier(AT_ONCE)
    clean = FormAsShown.full_clean

    def look(form: FormAsShown) -> None:
        clean(form)
        all_of_them.wait(10)

    with (
        mock.patch.object(admin_stale, "lock_row"),
        mock.patch.object(FormAsShown, "full_clean", look),
    ):
        assert save_at_once(colleagues, amount, 9) == {302: AT_ONCE}


def test_of_two_the_second_is_told(colleagues: list[Client], amount: RewardAmount) -> None:
    for turn in range(10, 10 + ROUNDS):
        assert save_at_once(colleagues, amount, turn) == {302: 1, 409: 1}
    assert AuditEvent.objects.filter(action="staff_changed").count() == ROUNDS
