"""A payment that is missing: who is written to when, once; when it is over; and when it is back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from accounts.models import AuditEvent, Notification, User
from billing.entitlements import Source, entitlement_for
from billing.models import Effect, Invoice, StripeOrder, Subscription
from billing.services import dunning
from billing.services.derived import derive
from tests.factories.billing import grant
from tests.factories.payments import make_dispute, make_invoice, make_payment, make_subscription
from tests.jobs import run_due_jobs
from tests.mails import waiting_mails

pytestmark = pytest.mark.django_db
DUE = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
KINDS = ("payment_failed", "payment_reminder", "service_suspended", "service_restored")


@pytest.fixture(autouse=True)
def clock(db: None, settings: Any) -> Iterator[Any]:
    settings.DUNNING_GRACE_DAYS, settings.DUNNING_MAIL_DAYS = 7, [0, 3, 6]
    with time_machine.travel(DUE, tick=False) as traveller:
        yield traveller


def mails() -> list[str]:
    """The mails about payments so far, in their order."""
    return [mail.row.kind for mail in waiting_mails() if mail.row.kind in KINDS]


def stored(subscription: Subscription, **fields: Any) -> Subscription:
    """As a sync leaves it."""
    for name, value in fields.items():
        setattr(subscription, name, value)
    derive(subscription)
    subscription.save()
    dunning.follow(subscription)
    return subscription


def past_due(user: User, failure: str = "insufficient_funds") -> Subscription:
    """One whose renewal was declined just now."""
    made = make_subscription(user, started_at=DUE - timedelta(days=31), status=Subscription.Status.PAST_DUE)
    owed = make_invoice(user, made, at=DUE, status=Invoice.Status.OPEN, paid_at=None, amount_due_minor=499)
    Invoice.objects.filter(pk=owed.pk).update(hosted_url="https://pay.example/in_1", amount_paid_minor=0)
    make_payment(user, owed, at=DUE, status="failed", failure_code=failure)
    return stored(made)


def pay(subscription: Subscription, at: datetime) -> None:
    Invoice.objects.filter(subscription=subscription).update(status=Invoice.Status.PAID, paid_at=at)
    stored(subscription, status=Subscription.Status.ACTIVE)


def look_daily(clock: Any, *, days: int) -> None:
    for _ in range(days):
        clock.shift(timedelta(days=1))
        dunning.look_at_all_due()


def test_the_first_mail_comes_at_once_and_says_what_whether_and_until_when(alice: User) -> None:
    past_due(alice)
    (mail,) = waiting_mails("payment_failed")
    assert mail.subject == "Payment failed; your devices keep working until 11 Mar"
    for words in (
        "Hello Alice",
        "could not charge $4.99 for your plan Basic",
        "There was not enough money on the card.",
        "until 11\xa0Mar\xa02026, 10:30\xa0UTC",
        "the plan Free, with room for 1 device;",
        "/billing",
        "https://pay.example/in_1",
    ):
        assert words in mail.text
        assert words in mail.html
    notice = Notification.objects.get(user=alice)
    assert (notice.link, "keep working until" in notice.title) == ("/billing", True)


def test_mails_and_notifications_are_in_the_persons_language_with_its_sums_and_dates(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(language="de")
    past_due(User.objects.get(pk=alice.pk))
    (mail,) = waiting_mails("payment_failed")
    assert mail.subject.startswith("Zahlung fehlgeschlagen; deine Geräte funktionieren weiter bis 11. Mär")
    for words in (
        "Hallo Alice",
        "4,99",
        "für deinen Tarif Basic nicht abbuchen",
        "Auf der Karte war nicht genug Geld.",
        "2026, 10:30\xa0UTC. Wenn die Zahlung bis dahin nicht eingegangen ist",
        "den Tarif Free, mit Platz für 1 Gerät;",
    ):
        assert words in mail.text
        assert words in mail.html
    # A subject has plain spaces alone.
    assert Notification.objects.get(user=alice).title.replace("\xa0", " ") == mail.subject


def test_each_mail_is_sent_once_on_its_day_however_often_it_is_looked_and_synced(alice: User, clock: Any) -> None:
    made = past_due(alice)
    seen = []
    for _ in range(9):
        for _ in range(3):
            dunning.look_at_all_due()
            stored(made)
        seen.append(len(mails()))
        clock.shift(timedelta(days=1))
    assert seen == [1, 1, 1, 2, 2, 2, 3, 4, 4]
    assert mails() == ["payment_failed", "payment_reminder", "payment_reminder", "service_suspended"]
    keys = {f"dunning:{made.pk}:2026-03-04:{day}" for day in (0, 3, 6)} | {f"suspended:{made.pk}:2026-03-04"}
    assert set(Effect.objects.values_list("key", flat=True)) == keys


def test_it_is_looked_at_without_any_news_until_the_grace_is_over(alice: User, clock: Any) -> None:
    past_due(alice)
    assert entitlement_for(alice).reason is Source.GRACE
    look_daily(clock, days=6)
    assert (mails()[-1], entitlement_for(alice).reason) == ("payment_reminder", Source.GRACE)
    run_due_jobs()
    look_daily(clock, days=1)
    assert (mails()[-1], entitlement_for(alice).reason) == ("service_suspended", Source.FREE)
    assert run_due_jobs() == ["vpn.tasks.settle"]
    assert Subscription.objects.get().look_at is None


def test_after_an_outage_of_the_jobs_one_mail_tells_what_is_true_now(alice: User, clock: Any) -> None:
    past_due(alice)
    look_daily(clock, days=1)
    clock.shift(timedelta(days=5, hours=2))
    dunning.look_at_all_due()
    assert mails() == ["payment_failed", "payment_reminder"]
    clock.shift(timedelta(days=30))
    dunning.look_at_all_due()
    # Nobody is written to about what is weeks old.
    assert mails() == ["payment_failed", "payment_reminder"]


def test_a_payment_in_time_ends_the_mails(alice: User, clock: Any) -> None:
    made = past_due(alice)
    look_daily(clock, days=4)
    pay(made, DUE + timedelta(days=4))
    look_daily(clock, days=6)
    assert mails() == ["payment_failed", "payment_reminder"]
    assert entitlement_for(alice).reason is Source.SUBSCRIPTION


def test_a_payment_after_the_end_brings_the_plan_back_and_says_so_once(alice: User, clock: Any) -> None:
    made = past_due(alice)
    look_daily(clock, days=8)
    for _ in range(3):
        pay(made, DUE + timedelta(days=8))
    assert mails()[-2:] == ["service_suspended", "service_restored"]
    assert entitlement_for(alice).reason is Source.SUBSCRIPTION


def test_a_second_time_is_told_like_the_first(alice: User, clock: Any) -> None:
    made = past_due(alice)
    look_daily(clock, days=8)
    pay(made, DUE + timedelta(days=8))
    clock.shift(timedelta(days=22))
    make_invoice(alice, made, at=DUE + timedelta(days=30), status=Invoice.Status.OPEN, amount_due_minor=499)
    stored(made, status=Subscription.Status.PAST_DUE)
    look_daily(clock, days=7)
    assert mails().count("payment_failed") == mails().count("service_suspended") == 2
    Invoice.objects.update(status=Invoice.Status.PAID)
    stored(made, status=Subscription.Status.ACTIVE, current_period_end=DUE + timedelta(days=61))
    assert mails().count("service_restored") == 2


def test_without_grace_it_is_suspended_at_once_in_one_mail(alice: User, settings: Any) -> None:
    settings.DUNNING_GRACE_DAYS, settings.DUNNING_MAIL_DAYS = 0, [0]
    past_due(alice)
    assert mails() == ["service_suspended"]
    assert entitlement_for(alice).reason is Source.FREE


def test_whose_grant_covers_everything_reads_that_nothing_stops(alice: User) -> None:
    grant(alice, "basic")
    past_due(alice)
    (mail,) = waiting_mails("payment_failed")
    assert mail.subject == "Payment failed"
    assert "Your devices keep working: another plan that you have covers them." in mail.text


def test_an_unknown_reason_is_not_invented(alice: User) -> None:
    past_due(alice, failure="something_new")
    assert "The payment did not go through." in waiting_mails("payment_failed")[0].text


def test_an_erased_person_is_not_written_to(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(erased_at=DUE, is_active=False)
    alice.refresh_from_db()
    past_due(alice)
    assert mails() == []


def test_a_look_whose_work_fails_is_due_again(alice: User, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = past_due(alice)
    clock.shift(timedelta(days=3))
    with monkeypatch.context() as broken:
        broken.setattr(dunning, "write_to", lambda *args, **kwargs: 1 / 0)
        dunning.look_at_all_due()
    assert mails() == ["payment_failed"]
    dunning.look_at_all_due()
    assert mails() == ["payment_failed", "payment_reminder"]
    assert not dunning.look(made.pk)


def test_what_is_due_within_a_minute_gets_a_job_for_its_very_second(alice: User, clock: Any) -> None:
    made = past_due(alice)
    clock.shift(timedelta(days=3) - timedelta(seconds=40))
    for _ in range(2):
        dunning.look_at_all_due()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args->>'subscription_id', scheduled_at FROM procrastinate_jobs WHERE task_name = 'billing.tasks.look_at'"
        )
        assert cursor.fetchall() == [(made.pk, DUE + timedelta(days=3))]


def test_a_trial_that_turns_into_payments_is_told_of_three_days_before(alice: User, clock: Any) -> None:
    ends = DUE + timedelta(days=14)
    made = make_subscription(alice, status="trialing", trial_end=ends, current_period_end=ends, started_at=DUE)
    stored(made)
    look_daily(clock, days=10)
    assert waiting_mails("trial_ending") == []
    look_daily(clock, days=3)
    (mail,) = waiting_mails("trial_ending")
    assert mail.subject == "Your trial of Basic ends on 18 Mar"
    assert "$4.99 a month" in mail.text


@pytest.mark.parametrize("fields", [{"cancel_at_period_end": True}, {"trial_end": DUE + timedelta(days=2)}])
def test_a_trial_that_is_to_end_or_is_shorter_is_not(alice: User, clock: Any, fields: dict[str, Any]) -> None:
    ends = DUE + timedelta(days=14)
    values = {"status": "trialing", "trial_end": ends, "current_period_end": ends, "started_at": DUE, **fields}
    stored(make_subscription(alice, **values))
    look_daily(clock, days=16)
    assert waiting_mails("trial_ending") == []


class TestMoneyThatWentBack:
    def _paid(self, user: User) -> Subscription:
        made = make_subscription(user)
        self.payment = make_payment(user, make_invoice(user, made))
        return stored(made)

    def _ends(self) -> list[tuple[str, bool]]:
        return list(StripeOrder.objects.filter(purpose="end").values_list("subject", "is_durable"))

    def test_a_full_refund_ends_it_here_and_at_stripe_and_says_so_once(self, alice: User) -> None:
        made = self._paid(alice)
        self.payment.refunded_minor = self.payment.amount_minor
        self.payment.save()
        for _ in range(3):
            stored(made)
        assert entitlement_for(alice).reason is Source.FREE
        assert self._ends() == [(made.pk, True)]
        assert len(waiting_mails("payment_refunded")) == 1
        assert AuditEvent.objects.get(action="subscription_withheld").details == {"why": "refunded"}

    def test_a_partial_refund_changes_nothing(self, alice: User) -> None:
        made = self._paid(alice)
        self.payment.refunded_minor = self.payment.amount_minor - 1
        self.payment.save()
        stored(made)
        assert (entitlement_for(alice).reason, self._ends()) == (Source.SUBSCRIPTION, [])

    def test_a_dispute_takes_it_away_until_it_is_won(self, alice: User) -> None:
        made = self._paid(alice)
        dispute = make_dispute(self.payment)
        stored(made)
        assert (entitlement_for(alice).reason, self._ends()) == (Source.FREE, [])
        dispute.status = "under_review"
        dispute.save()
        stored(made)
        dispute.status = "won"
        dispute.save()
        stored(made)
        assert entitlement_for(alice).reason is Source.SUBSCRIPTION
        assert [len(waiting_mails(kind)) for kind in ("payment_disputed", "service_restored")] == [1, 1]

    def test_a_lost_dispute_ends_it_at_stripe(self, alice: User) -> None:
        made = self._paid(alice)
        make_dispute(self.payment, status="lost")
        stored(made)
        assert (entitlement_for(alice).reason, self._ends()) == (Source.FREE, [(made.pk, True)])

    @pytest.mark.parametrize("status", ["warning_needs_response", "warning_under_review", "warning_closed", "won"])
    def test_a_question_of_the_bank_changes_nothing(self, alice: User, status: str) -> None:
        made = self._paid(alice)
        make_dispute(self.payment, status=status)
        stored(made)
        assert (entitlement_for(alice).reason, self._ends()) == (Source.SUBSCRIPTION, [])
