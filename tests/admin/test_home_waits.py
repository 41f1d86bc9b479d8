"""What of payments waits for staff: in the order in which it must be done, and as many as the list has that it leads to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Mail, User
from billing.models import Coupon, Payment, PromotionCode, Standing, StripeEvent, StripeOrder
from nexusvpn.admin_site import Notice
from nexusvpn.waiting import kinds
from referrals.models import RewardPayout
from tests.factories.payments import make_dispute, make_payment, stripe_id
from tests.factories.support import make_ticket

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
OR_ITS_END = ", or its end was and it can still be used"
Maker = Callable[[User, timedelta], Any]


def test_every_list_that_the_home_leads_to_says_that_it_is_narrowed(staff: Client) -> None:
    for kind in kinds:
        answer = staff.get(kind.url())
        assert answer.status_code == 200, kind.url()
        assert answer.context["cl"].has_active_filters, kind.url()


def notices(browser: Client) -> list[Notice]:
    found: list[Notice] = browser.get("/admin/").context["notices"]
    return found


def listed(browser: Client, notice: Notice) -> list[Any]:
    return list(browser.get(notice.url).context["cl"].result_list)


def make_event(_alice: User, ago: timedelta, state: str = "waiting") -> StripeEvent:
    return StripeEvent.objects.create(
        stripe_id=stripe_id("evt"),
        type="invoice.paid",
        object_id="in_1",
        state=state,
        created_at=timezone.now() - ago,
        received_at=timezone.now() - ago,
    )


def make_failed_payment(alice: User, ago: timedelta) -> Payment:
    return make_payment(alice, status="failed", at=timezone.now() - ago)


def make_refused_order(alice: User, ago: timedelta) -> StripeOrder:
    return StripeOrder.objects.create(
        user=alice,
        purpose="refund",
        subject=stripe_id("ch"),
        state="refused",
        is_durable=True,
        created_at=timezone.now() - ago,
        finished_at=timezone.now() - ago,
    )


def make_refused_coupon(_alice: User, ago: timedelta) -> Coupon:
    return Coupon.objects.create(
        name="Summer",
        stripe_id=stripe_id("co"),
        percent_off=20,
        duration="once",
        standing=Standing.REFUSED,
        refusal="no",
        created_at=timezone.now() - ago,
    )


def make_refused_code(alice: User, ago: timedelta) -> PromotionCode:
    coupon = Coupon.objects.create(
        name="Winter", stripe_id=stripe_id("co"), percent_off=20, duration="once", standing=Standing.LIVE
    )
    return PromotionCode.objects.create(
        coupon=coupon,
        stripe_id=stripe_id("promo"),
        code=stripe_id("CODE").replace("_", "-"),
        standing=Standing.REFUSED,
        refusal="no",
        created_at=timezone.now() - ago,
    )


def make_payout(alice: User, ago: timedelta) -> RewardPayout:
    return RewardPayout.objects.create(user=alice, currency="USD", amount_minor=500, created_at=timezone.now() - ago)


class TestDisputes:
    def test_the_one_whose_answer_is_due_first_decides_and_stands_first_in_the_list(
        self, staff: Client, alice: User, bob: User
    ) -> None:
        now = timezone.now()
        later = make_dispute(make_payment(alice), created_at=now - DAY, evidence_due_at=now + 8 * DAY)
        sooner = make_dispute(make_payment(bob), created_at=now - 9 * DAY, evidence_due_at=now + 2 * DAY)
        make_dispute(make_payment(bob), status="under_review", evidence_due_at=now + DAY)
        (found,) = notices(staff)
        assert (found.text, found.tone) == ("2 disputes wait for an answer", "bad")
        assert (found.due_at, found.since) == (sooner.evidence_due_at, None)
        assert listed(staff, found) == [sooner, later]
        page = staff.get("/admin/").text
        assert "the first until: <time" in page
        assert "oldest: " not in page
        type(later).objects.filter(pk=later.pk).update(status="lost")
        page = staff.get("/admin/").text
        assert ">until: <time" in page
        assert "the first until" not in page

    def test_what_has_a_deadline_comes_before_what_merely_waits(self, staff: Client, alice: User) -> None:
        at = timezone.now() - DAY
        Mail.objects.create(user=alice, to="a@example.com", kind="x", subject="s", state="failed", created_at=at)
        make_dispute(make_payment(alice))
        assert [notice.due_at is None for notice in notices(staff)] == [False, True]

    def test_an_early_question_of_the_bank_is_told_by_itself(self, staff: Client, alice: User) -> None:
        asked = make_dispute(make_payment(alice), status="warning_needs_response")
        for status in ("warning_under_review", "warning_closed"):
            make_dispute(make_payment(alice), status=status)
        (found,) = notices(staff)
        assert found.text == "1 early question of a bank waits for an answer, and may become a dispute without one"
        assert (found.tone, found.due_at) == ("warn", asked.evidence_due_at)
        assert listed(staff, found) == [asked]


def test_events_that_nobody_processes_are_told_after_a_quarter_of_an_hour(staff: Client, alice: User) -> None:
    make_event(alice, timedelta(minutes=14))
    make_event(alice, timedelta(hours=3), "done")
    assert notices(staff) == []
    late = make_event(alice, timedelta(minutes=16))
    (found,) = notices(staff)
    assert found.text == "1 event of Stripe that came more than 15 minutes ago is not processed yet"
    assert (found.since, found.tone) == (late.received_at, "bad")
    assert listed(staff, found) == [late]


@pytest.mark.parametrize(
    ("make", "text", "told", "untold"),
    [
        (make_failed_payment, "1 payment failed in the last two weeks", 13 * DAY, 15 * DAY),
        (make_refused_order, "1 order was refused by Stripe in the last two weeks", 13 * DAY, 15 * DAY),
        (
            make_refused_coupon,
            f"1 coupon was refused by Stripe in the last two weeks{OR_ITS_END}",
            13 * DAY,
            15 * DAY,
        ),
        (
            make_refused_code,
            f"1 promotion code was refused by Stripe in the last two weeks{OR_ITS_END}",
            13 * DAY,
            15 * DAY,
        ),
        (make_payout, "1 payout has no answer for a day", 2 * DAY, DAY / 2),
        (make_event, "1 event of Stripe that came more than 15 minutes ago is not processed yet", DAY, DAY / 100),
    ],
)
def test_the_list_that_a_notice_leads_to_has_what_was_counted_and_no_more(
    staff: Client, alice: User, bob: User, make: Maker, text: str, told: timedelta, untold: timedelta
) -> None:
    make(bob, untold)
    row = make(alice, told)
    (found,) = notices(staff)
    assert found.text == text
    assert listed(staff, found) == [row]


def test_an_end_that_stripe_refused_is_told_however_long_ago_it_was(staff: Client, alice: User) -> None:
    coupon = make_refused_coupon(alice, 90 * DAY)
    Coupon.objects.update(standing=Standing.LIVE)
    (found,) = notices(staff)
    assert listed(staff, found) == [coupon]
    assert len(staff.get("/admin/billing/coupon/?refused=ever").context["cl"].result_list) == 1


def test_tickets_of_mine_that_wait_are_those_of_their_list(staff: Client, sam: User, alice: User, bob: User) -> None:
    mine = make_ticket(alice, assignee=sam, status="open")
    make_ticket(bob, assignee=sam, status="answered")
    make_ticket(bob, status="answered")
    (found,) = notices(staff)
    assert found.text == "1 ticket of yours waits for us"
    assert listed(staff, found) == [mine]
