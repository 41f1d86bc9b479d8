"""What a person reads of their rewards: by friend, by state, and as credit. The reasons of staff are not among it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from billing.models import StripeOrder
from billing.services.orders import end_order, finish_order
from referrals.models import ReferralProgramme, Reward, RewardAmount
from referrals.services.decisions import refuse_reward
from referrals.services.maturing import withdraw_undone_rewards
from referrals.services.payouts import follow_payouts, pay_out_rewards
from referrals.services.rewards import record_payment
from tests.api_client import ApiClient
from tests.factories.accounts import make_user
from tests.factories.payments import make_customer
from tests.factories.referrals import bring, earned, make_paid, make_programme, promise, subscribed
from tests.queries import recorded_queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]


def friend(api: ApiClient) -> dict[str, Any]:
    """The only one in the list."""
    (item,) = api.get("referrals").data["items"]
    return dict(item)


def summary(api: ApiClient) -> dict[str, Any]:
    return dict(api.get("referrals/summary").data)


def totals(api: ApiClient) -> list[tuple[str, str, int, int]]:
    return [(row["state"], row["currency"], row["count"], row["amount_minor"]) for row in summary(api)["reward"]]


def pay_back(reward: Reward) -> None:
    reward.referral.referred.payments.update(refunded_minor=499, synced_at=timezone.now())
    withdraw_undone_rewards()


def sent(accepted: bool = True) -> None:
    """What is available goes to the provider, which answers."""
    pay_out_rewards()
    for order in StripeOrder.objects.filter(purpose="credit", state="open"):
        if accepted:
            finish_order(order, "cbtxn_1")
        else:
            end_order(order, "resource_missing")
    follow_payouts()


class TestOneFriend:
    def test_joined_while_nothing_was_paid(self, alice: User, bob: User, alice_api: ApiClient) -> None:
        bring(alice, bob)
        found = friend(alice_api)
        assert (found["state"], found["awaits_payment"], found["reward"]) == ("joined", True, [])
        assert "1 friend has joined and not paid yet" in summary(alice_api)["next_steps"][0]

    def test_who_paid_before_there_were_rewards_is_not_waited_for(
        self, alice: User, bob: User, alice_api: ApiClient
    ) -> None:
        bring(alice, bob)
        make_paid(bob)
        found = friend(alice_api)
        assert (found["state"], found["awaits_payment"]) == ("joined", False)
        assert not any("not paid yet" in step for step in summary(alice_api)["next_steps"])

    def test_pending_until_its_day(self, alice: User, bob: User, alice_api: ApiClient) -> None:
        reward = promise(alice, bob)
        (sum,) = friend(alice_api)["reward"]
        assert sum.pop("matures_at").startswith(reward.matures_at.strftime("%Y-%m-%dT%H:%M:%S"))
        assert sum == {"state": "pending", "currency": "USD", "amount_minor": 500, "count": 1}
        assert totals(alice_api) == [("pending", "USD", 1, 500)]

    def test_one_that_is_held_is_looked_at_and_no_reason_is_said(
        self, alice: User, bob: User, alice_api: ApiClient
    ) -> None:
        bring(alice, bob, reasons=["network"])
        promise(alice, bob)
        assert Reward.objects.get(kind="referrer").state == "held"
        assert (friend(alice_api)["state"], totals(alice_api)) == ("review", [("review", "USD", 1, 500)])
        assert "We are looking at 1 reward. You need not do anything." in summary(alice_api)["next_steps"]
        text = json.dumps([summary(alice_api), friend(alice_api)])
        assert not any(word in text for word in ("network", "same_card", "reasons", "held", "suspic"))

    def test_one_that_staff_refused_reads_like_any_other_that_is_over(
        self, alice: User, bob: User, sam: User, alice_api: ApiClient
    ) -> None:
        bring(alice, bob, reasons=["network"])
        reward = promise(alice, bob)
        refuse_reward(reward_id=reward.pk, by=sam, reason="All from one house")
        assert (friend(alice_api)["state"], totals(alice_api)) == ("cancelled", [("cancelled", "USD", 1, 500)])
        assert "house" not in json.dumps([summary(alice_api), friend(alice_api)])

    def test_earned_waits_for_an_invoice(self, alice: User, bob: User, alice_api: ApiClient) -> None:
        earned(alice, bob)
        found = summary(alice_api)
        assert friend(alice_api)["state"] == "earned"
        assert found["credit"] == [{"currency": "USD", "pending_minor": 0, "available_minor": 500, "sent_minor": 0}]
        assert found["next_steps"] == ["$5.00 is earned and waits for an invoice that it can be taken off."]

    def test_credited_once_it_was_sent(self, alice: User, bob: User, alice_api: ApiClient) -> None:
        subscribed(alice)
        earned(alice, bob)
        assert summary(alice_api)["next_steps"] == ["$5.00 is earned and on its way to your next invoice."]
        sent()
        assert (friend(alice_api)["state"], totals(alice_api)) == ("credited", [("credited", "USD", 1, 500)])
        assert summary(alice_api)["credit"][0]["sent_minor"] == 500

    def test_a_later_one_is_not_taken_for_sent(self, alice: User, alice_api: ApiClient) -> None:
        subscribed(alice)
        earned(alice, make_user("first@example.com"))
        sent()
        earned(alice, make_user("second@example.com"))
        assert totals(alice_api) == [("earned", "USD", 1, 500), ("credited", "USD", 1, 500)]

    def test_what_the_provider_refused_is_earned_as_before(self, alice: User, bob: User, alice_api: ApiClient) -> None:
        subscribed(alice)
        earned(alice, bob)
        sent(accepted=False)
        assert friend(alice_api)["state"] == "earned"
        assert summary(alice_api)["credit"][0] == {
            "currency": "USD",
            "pending_minor": 0,
            "available_minor": 500,
            "sent_minor": 0,
        }

    def test_in_another_currency_it_is_sent_with_what_it_became(
        self, alice: User, bob: User, alice_api: ApiClient
    ) -> None:
        earned(alice, bob, currency="EUR")
        assert totals(alice_api) == [("earned", "EUR", 1, 500)]
        subscribed(alice)
        sent()
        assert totals(alice_api) == [("credited", "EUR", 1, 500)]
        assert {row["currency"]: row["sent_minor"] for row in summary(alice_api)["credit"]} == {"EUR": 0, "USD": 500}

    @pytest.mark.parametrize("make", [promise, earned])
    def test_cancelled_when_the_payment_went_back(
        self, alice: User, bob: User, alice_api: ApiClient, make: Callable[..., Reward]
    ) -> None:
        pay_back(make(alice, bob))
        assert (friend(alice_api)["state"], totals(alice_api)) == ("cancelled", [("cancelled", "USD", 1, 500)])

    def test_what_is_owed_is_said_without_blame(self, alice: User, bob: User, alice_api: ApiClient) -> None:
        subscribed(alice)
        reward = earned(alice, bob)
        sent()
        pay_back(reward)
        assert summary(alice_api)["next_steps"] == [
            "$5.00 was spent before its payment went back. Your next rewards make up for it."
        ]

    def test_who_has_left_is_named_by_nothing(self, alice: User, bob: User, alice_api: ApiClient) -> None:
        promise(alice, bob)
        User.objects.filter(pk=bob.pk).update(email=f"erased-{bob.pk}@erased.invalid", is_active=False)
        assert friend(alice_api)["email"] == "Account deleted"


class TestManyPayments:
    @pytest.fixture(autouse=True)
    def _every(self) -> None:
        make_programme(mode=ReferralProgramme.Mode.EVERY)

    def test_one_line_for_each_state_the_latest_first(self, alice: User, bob: User, alice_api: ApiClient) -> None:
        start = timezone.now() - timedelta(days=100)
        earned(alice, bob)
        for days in (75, 90):
            record_payment(user_id=bob.pk, invoice_id=make_paid(bob, start + timedelta(days=days)).pk)
        found = friend(alice_api)
        assert found["state"] == "pending"
        assert [(sum["state"], sum["amount_minor"], sum["count"]) for sum in found["reward"]] == [
            ("pending", 1000, 2),
            ("earned", 500, 1),
        ]
        first = start + timedelta(days=75 + 30)
        assert found["reward"][0]["matures_at"].startswith(first.strftime("%Y-%m-%d"))


class TestWhoWasBrought:
    def test_sees_their_own_reward_and_not_who_brought_them(self, alice: User, bob: User, bob_api: ApiClient) -> None:
        promise(alice, bob)
        found = summary(bob_api)
        assert found["own_reward"] == [{"state": "pending", "currency": "USD", "count": 1, "amount_minor": 500}]
        assert found["reward"] == []
        assert found["credit"] == [{"currency": "USD", "pending_minor": 500, "available_minor": 0, "sent_minor": 0}]
        assert "alice" not in json.dumps(found).lower()


class TestTheProgramme:
    def test_is_told_as_it_is(self, alice_api: ApiClient) -> None:
        RewardAmount.objects.exclude(currency="USD").delete()
        make_programme(hold_days=45, refund_days=14, mode="every", months=6)
        RewardAmount.objects.exclude(currency="USD").delete()
        assert summary(alice_api)["programme"] == {
            "is_open": True,
            "mode": "every",
            "months": 6,
            "hold_days": 45,
            "amounts": [{"currency": "USD", "referrer_minor": 500, "friend_minor": 500}],
        }

    def test_closed_it_promises_nothing(self, alice: User, bob: User, alice_api: ApiClient) -> None:
        make_programme(is_open=False)
        bring(alice, bob)
        found = summary(alice_api)
        assert (found["programme"]["is_open"], found["next_steps"]) == (False, [])
        assert found["share_text"].startswith("I use NexusVPN. You can join with my link: http")


def test_list_and_summary_cost_the_same_with_1_and_with_50_friends(alice: User, alice_api: ApiClient) -> None:
    make_customer(alice)

    def cost(path: str) -> int:
        with recorded_queries() as queries:
            alice_api.get(path)
        return len(queries)

    earned(alice, make_user("first@example.com"))
    few = [cost("referrals?limit=100"), cost("referrals?cursor=&limit=100"), cost("referrals/summary")]
    for number in range(49):
        (earned if number % 2 else promise)(alice, make_user(f"more{number}@example.com"))
    assert len(alice_api.get("referrals?limit=100").data["items"]) == 50
    many = [cost("referrals?limit=100"), cost("referrals?cursor=&limit=100"), cost("referrals/summary")]
    assert few == many
    assert many[0] == many[1] == 2
