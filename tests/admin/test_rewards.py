"""The rules of rewards, the rewards that wait for a decision, and the books, as staff have them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from billing.models import StripeOrder
from referrals.models import ReferralProgramme, Reward, RewardAmount, RewardPayout
from referrals.services.payouts import pay_out_rewards
from referrals.services.suspicion import WORDS
from tests.admin.addresses import TOO_LATE, action, change, refuse_who_may_only_see, save
from tests.admin.conftest import browser_with_factor
from tests.factories.referrals import AMOUNTS, earned, make_paid, make_programme, promise, subscribed
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db
LIST = "admin:referrals_reward_changelist"
RULES = {"is_open": "on", "mode": "first", "months": 12, "refund_days": 30, "hold_days": 45, "network_limit": 3}


@pytest.fixture(autouse=True)
def programme(db: None) -> ReferralProgramme:
    return make_programme()


@pytest.fixture
def held(alice: User, bob: User) -> Reward:
    make_paid(alice, card="a" * 64)
    return promise(alice, bob, card="a" * 64)


class TestTheRules:
    def test_they_are_changed_and_the_log_says_what_was_before(
        self, staff: Client, programme: ReferralProgramme
    ) -> None:
        assert save(staff, change(programme), RULES).status_code == 302
        programme.refresh_from_db()
        assert programme.hold_days == 45
        assert AuditEvent.objects.get(action="staff_changed").details == {"hold_days": ["30", "45"]}

    def test_a_hold_shorter_than_the_refund_window_is_refused_at_its_field(
        self, staff: Client, programme: ReferralProgramme
    ) -> None:
        answer = save(staff, change(programme), {**RULES, "hold_days": 29})
        assert answer.status_code == 200
        assert "Not fewer than the refund window, which is 30 days." in answer.content.decode()
        programme.refresh_from_db()
        assert programme.hold_days == 30

    def test_there_is_one_and_it_stays(self, staff: Client, programme: ReferralProgramme) -> None:
        assert staff.get(reverse("admin:referrals_referralprogramme_add")).status_code == 403
        assert staff.post(f"{change(programme).removesuffix('change/')}delete/", {"post": "yes"}).status_code == 403

    def test_an_amount_is_changed_and_its_currency_is_not(self, staff: Client) -> None:
        amount = RewardAmount.objects.get(pk="USD")
        values = {"currency": "EUR", "referrer_minor": "7.00", "friend_minor": "0", "minimum_minor": "6"}
        assert save(staff, change(amount), values).status_code == 302
        assert RewardAmount.objects.count() == len(AMOUNTS)
        amount.refresh_from_db()
        assert (amount.referrer_minor, amount.friend_minor, amount.minimum_minor) == (700, 0, 600)
        assert AuditEvent.objects.get().details["referrer_minor"] == ["500", "700"]


class TestDeciding:
    def test_the_home_says_how_many_wait_and_leads_to_them(self, staff: Client, held: Reward) -> None:
        page = staff.get(reverse("admin:index")).content.decode()
        assert "2 rewards wait for a decision" in page
        shown = staff.get(reverse(LIST), {"decide": "yes"}).content.decode()
        assert shown.count(WORDS["same_card"].replace("'", "&#x27;")) == 2

    def test_the_list_to_decide_has_no_others(self, staff: Client, held: Reward) -> None:
        Reward.objects.exclude(pk=held.pk).update(state="earned")
        assert staff.get(reverse(LIST), {"decide": "yes"}).context["cl"].result_count == 1
        assert staff.get(reverse(LIST), {"decide": "done"}).context["cl"].result_count == 0

    @pytest.mark.parametrize(("slug", "state"), [("approve", "pending"), ("refuse", "refused")])
    def test_asking_says_why_it_is_held_and_posting_decides(
        self, staff: Client, sam: User, held: Reward, slug: str, state: str
    ) -> None:
        asked = staff.get(action(held, slug))
        assert str(WORDS["same_card"]) in asked.context["question"]
        held.refresh_from_db()
        assert held.state == "held"
        assert staff.post(action(held, slug), {"reason": "I asked them"}).status_code == 302
        held.refresh_from_db()
        assert (held.state, held.decided_by, held.decision_note) == (state, sam, "I asked them")
        assert AuditEvent.objects.filter(action__startswith="reward_", actor_id=sam.pk).count() == 1
        assert_invariants()

    @pytest.mark.parametrize("slug", ["approve", "refuse"])
    @pytest.mark.parametrize("who", ["alice", "bob"])
    def test_nobody_decides_about_a_reward_that_they_have_a_part_in(
        self, request: pytest.FixtureRequest, held: Reward, who: str, slug: str
    ) -> None:
        party: User = request.getfixturevalue(who)
        User.objects.filter(pk=party.pk).update(is_staff=True, is_superuser=True)
        party.refresh_from_db()
        answer = browser_with_factor(party).post(action(held, slug), {"reason": "It is fine"}, follow=True)
        assert "A colleague decides about it." in answer.text
        held.refresh_from_db()
        assert held.state == "held"

    def test_without_a_reason_nothing_is_decided(self, staff: Client, held: Reward) -> None:
        assert staff.post(action(held, "refuse"), {"reason": ""}).status_code == 400
        held.refresh_from_db()
        assert held.state == "held"

    def test_a_decision_that_comes_too_late_is_said_to(self, staff: Client, held: Reward) -> None:
        Reward.objects.filter(pk=held.pk).update(state="cancelled")
        answer = staff.post(action(held, "approve"), {"reason": "Fine"}, follow=True)
        assert TOO_LATE in answer.content.decode()

    def test_seeing_is_not_enough(self, helper: User, helper_browser: Client, held: Reward) -> None:
        refuse_who_may_only_see(helper, helper_browser, held, "approve", reason="Fine")
        held.refresh_from_db()
        assert held.state == "held"


class TestAPayoutWhoseOrderIsGone:
    @pytest.fixture
    def payout(self, alice: User, bob: User) -> RewardPayout:
        earned(subscribed(alice), bob)
        assert pay_out_rewards() == 1
        return RewardPayout.objects.get()

    def test_it_is_given_back_from_its_page(self, staff: Client, sam: User, payout: RewardPayout) -> None:
        url = action(payout, "nothing-came")
        assert url not in staff.get(change(payout)).text
        StripeOrder.objects.all().delete()
        assert url in staff.get(change(payout)).text
        assert "$5.00 was added there" in staff.get(url).context["question"]
        assert staff.post(url).status_code == 302
        payout.refresh_from_db()
        assert payout.state == "refused"
        assert AuditEvent.objects.get(action="reward_payout_returned").actor_id == sam.pk
        assert TOO_LATE in staff.post(url, follow=True).text
        assert_invariants()

    def test_while_stripe_is_asked_it_stays_under_way(self, staff: Client, payout: RewardPayout) -> None:
        assert TOO_LATE in staff.post(action(payout, "nothing-came"), follow=True).text
        payout.refresh_from_db()
        assert payout.state == "asked"

    def test_seeing_is_not_enough(self, helper: User, helper_browser: Client, payout: RewardPayout) -> None:
        StripeOrder.objects.all().delete()
        refuse_who_may_only_see(helper, helper_browser, payout, "nothing-came")


def test_the_customers_page_shows_rewards_and_what_becomes_of_the_balance(
    staff: Client, alice: User, held: Reward
) -> None:
    page = staff.get(change(alice), {"more": "1"}).text
    assert "Reward balances" in page
    assert "bob@example.com" in page.replace("<wbr>", "")
    assert "Held for review" in page


def test_the_home_names_currencies_without_an_amount(staff: Client) -> None:
    assert "a reward has no amount there" not in staff.get(reverse("admin:index")).content.decode()
    RewardAmount.objects.filter(pk="JPY").delete()
    assert (
        "Plans are sold in JPY, and a reward has no amount there" in staff.get(reverse("admin:index")).content.decode()
    )
