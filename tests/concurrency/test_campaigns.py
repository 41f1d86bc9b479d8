"""Visits by a campaign's link at once, the day's first ones among them; sign-ups and payments told twice at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.services import registration
from accounts.services.registration import register_account
from billing.services.undone import paid_invoice
from referrals.models import Campaign, CampaignDay, CampaignSignup, Referral
from referrals.services import campaigns
from referrals.services.campaigns import record_first_payment, record_sign_up
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user
from tests.factories.payments import make_invoice
from tests.referrals.campaigns import browser, make_campaign, visits

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
CROWD = 16
ROUNDS = 20


def in_a_round(number: int, record: Any) -> int:
    campaign = make_campaign(f"round-{number}")
    outcome = crowd(CROWD, lambda n: record(campaign.slug))
    # What failed is a visit that is lost, too.
    return visits(campaign.slug) if outcome["ok"] == CROWD else -1


def looked_at_first(slug: str) -> None:
    """As a look and a write that trusts it."""
    campaign = Campaign.objects.get(slug=slug)
    day, _ = CampaignDay.objects.get_or_create(campaign=campaign, day=timezone.now().date())
    CampaignDay.objects.filter(pk=day.pk).update(visits=day.visits + 1)


def test_with_a_look_before_the_write_visits_are_lost() -> None:
    assert any(in_a_round(number, looked_at_first) != CROWD for number in range(ROUNDS))


def test_of_many_visits_at_once_none_is_lost() -> None:
    assert [in_a_round(number, campaigns.record_visit) for number in range(ROUNDS)] == [CROWD] * ROUNDS


def test_of_many_browsers_at_once_each_is_counted_once() -> None:
    make_campaign()
    clients = [browser() for _ in range(CROWD)]
    for _ in range(3):
        crowd(CROWD, lambda n: clients[n].get("/login?c=letter"))
    assert visits() == CROWD


@pytest.fixture
def _no_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "make_password", lambda password: "!")


@pytest.mark.usefixtures("_no_hashing")
def test_of_many_who_sign_up_with_one_address_one_is_brought_by_one_person_and_one_campaign() -> None:
    make_campaign()
    alice = make_user("alice@example.com")
    for number in range(ROUNDS):
        email = f"one{number}@example.com"

        def sign_up(n: int, email: str = email) -> None:
            register_account(
                email=email,
                password=f"a long enough secret {n}",
                referral_code=alice.referral_code,
                campaign="letter",
            )

        assert crowd(8, sign_up) == {"ok": 8}
        made = User.objects.get(email=email)
        assert (Referral.objects.filter(referred=made).count(), made.referred_by) == (1, alice)
        assert CampaignSignup.objects.filter(user=made).count() == 1
    assert CampaignSignup.objects.count() == Referral.objects.count() == ROUNDS


def first_ones(number: int, record: Callable[[UUID, str], bool]) -> int:
    """How many of two payments, told at once, are taken for the first."""
    user = make_user(f"payer{number}@example.com")
    record_sign_up(user, "letter")
    invoices = [make_invoice(user, total_minor=amount) for amount in (499, 999)]
    firsts: list[bool] = []
    assert crowd(2, lambda n: firsts.append(record(user.pk, invoices[n].pk))) == {"ok": 2}
    kept = CampaignSignup.objects.get(user=user)
    assert kept.paid_minor == {invoice.pk: invoice.total_minor for invoice in invoices}[kept.invoice_id]
    return sum(firsts)


def looked_at_before(user_id: UUID, invoice_id: str) -> bool:
    """As a look and a write that trusts it."""
    signup, paid = CampaignSignup.objects.get(user=user_id), paid_invoice(invoice_id)
    assert paid is not None
    if signup.paid_at is not None:
        return False
    signup.paid_at, signup.paid_minor, signup.currency = paid.paid_at, paid.amount_minor, paid.currency
    signup.invoice_id = invoice_id
    signup.save()
    return True


def test_with_a_look_before_the_write_both_are_the_first() -> None:
    make_campaign()
    assert any(first_ones(number, looked_at_before) == 2 for number in range(ROUNDS))


def test_of_two_payments_told_at_once_one_is_the_first() -> None:
    make_campaign()
    assert [first_ones(number, record_first_payment) for number in range(ROUNDS)] == [1] * ROUNDS
