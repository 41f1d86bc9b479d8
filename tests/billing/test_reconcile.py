"""What we have is compared with what Stripe has: each kind of difference is found and healed, or told; a clean system has none."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from djstripe.models import Price as DjStripePrice

from accounts.models import User
from billing.gateway.errors import PaymentsUnavailable
from billing.models import (
    Discrepancy,
    LedgerEntry,
    Payment,
    ReconcileRun,
    StripeCustomer,
    StripeEvent,
    Subscription,
)
from billing.office_deferred import compare_customer_soon, compare_soon
from billing.services import ledger_comparison, listed_comparison
from billing.services.comparing import AWAY_AT_MOST
from billing.services.reconcile import book_difference, close_discrepancy, compare
from billing.services.sync import sync_without_copy
from nexusvpn.errors import Conflict, InvalidInput
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop
from tests.factories.accounts import make_user
from tests.invariants import assert_invariants
from tests.jobs import run_due_jobs
from tests.mails import waiting_mails

pytestmark = pytest.mark.django_db
Kind = ReconcileRun.Kind


@pytest.fixture(autouse=True)
def _reader(settings: Any) -> None:
    settings.ALERT_EMAILS = ["books@example.com"]


@pytest.fixture
def subscription(shop: Shop, alice: User) -> Subscription:
    """Alice pays, and everything has been told."""
    id = subscribe(shop, payer(shop, alice))
    shop.catch_up()
    return Subscription.objects.get(pk=id)


def later(hours: float = 1) -> datetime:
    return timezone.now() + timedelta(hours=hours)


def run(kind: ReconcileRun.Kind, hours: float = 1) -> ReconcileRun:
    """A run as of so many hours from now, when what happened just now has had its time to come to us."""
    found = compare(kind, at=later(hours))
    assert found is not None
    return found


def differences() -> list[tuple[str, str, bool]]:
    rows = Discrepancy.objects.order_by("id")
    return [(row.kind, row.object_id, row.healed_at is not None) for row in rows]


def forget_in_the_books(**which: Any) -> None:
    """As if it had never been written: what no service can do."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        LedgerEntry.objects.filter(**which).delete()
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.usefixtures("subscription")
def test_a_clean_system_has_no_difference(shop: Shop, bob: User) -> None:
    subscribe(shop, payer(shop, bob), plan="pro")
    charge = shop.api.charges.list().data[0]
    shop.api.refunds.create({"charge": charge.id, "amount": 100})
    shop.post("disputes", charge=shop.api.charges.list().data[1].id)
    # And once more: what is asked of Stripe because of an event has events of its own.
    shop.catch_up()
    shop.catch_up()
    for kind in Kind:
        found = run(kind)
        assert (found.error, found.differences) == ("", 0)
        assert found.compared
        assert found.finished_at
        assert run(kind, hours=26).differences == 0
    assert differences() == []
    assert not waiting_mails("payments_differ")
    assert_invariants()


def test_a_lost_event_is_found_taken_in_and_healed(shop: Shop, subscription: Subscription) -> None:
    shop.api.subscriptions.update(subscription.pk, {"cancel_at_period_end": True})
    (lost,) = [event for event in shop.events() if event["type"] == "customer.subscription.updated"]
    found = run(Kind.EVENTS)
    assert (found.error, found.differences) == ("", 1)
    assert differences() == [("lost_event", lost["id"], True)]
    event = StripeEvent.objects.get(pk=lost["id"])
    assert (event.was_missed, event.state) == (True, StripeEvent.State.DONE)
    subscription.refresh_from_db()
    assert subscription.cancel_at_period_end
    assert Discrepancy.objects.get().user == subscription.user
    assert run(Kind.EVENTS).differences == 0
    assert not waiting_mails("payments_differ")


@pytest.mark.usefixtures("subscription")
def test_a_lost_event_that_names_no_customer_is_followed_too(shop: Shop) -> None:
    charge = shop.api.charges.list().data[0]
    shop.post("disputes", charge=charge.id)
    shop.events()
    assert run(Kind.EVENTS).error == ""
    assert {healed for _, _, healed in differences()} == {True}
    assert Payment.objects.get(pk=charge.id).disputes.count() == 1


def test_what_may_still_be_on_its_way_is_not_lost(shop: Shop, subscription: Subscription) -> None:
    shop.api.subscriptions.update(subscription.pk, {"cancel_at_period_end": True})
    assert run(Kind.EVENTS, hours=0).differences == 0
    shop.catch_up()
    assert run(Kind.EVENTS).differences == 0


def test_events_about_nobody_here_are_no_difference(shop: Shop, subscription: Subscription) -> None:
    subscribe(shop, shop.payer().id)
    assert run(Kind.EVENTS).differences == 0
    assert StripeEvent.objects.filter(was_missed=True, state=StripeEvent.State.IGNORED).exists()
    assert {kind for kind, *_ in differences()} <= {Discrepancy.Kind.UNKNOWN_CUSTOMER}


def test_an_edited_subscription_is_found_with_what_differed(shop: Shop, subscription: Subscription) -> None:
    Subscription.objects.filter(pk=subscription.pk).update(cancel_at_period_end=True, status="past_due")
    assert run(Kind.SUBSCRIPTIONS).differences == 1
    assert differences() == [("subscription", subscription.pk, True)]
    found = Discrepancy.objects.get()
    assert found.details == {"status": ["past_due", "active"], "cancel_at_period_end": [True, False]}
    assert found.user == subscription.user
    subscription.refresh_from_db()
    assert (subscription.status, subscription.cancel_at_period_end) == ("active", False)


@pytest.mark.usefixtures("subscription")
def test_a_price_that_the_copy_has_not_is_asked_for_by_a_comparison_too() -> None:
    DjStripePrice.objects.all().delete()
    assert run(Kind.SUBSCRIPTIONS).differences == 0
    assert DjStripePrice.objects.exists()
    assert differences() == []


def test_a_subscription_edited_at_stripe_is_found_without_any_event(shop: Shop, subscription: Subscription) -> None:
    shop.api.subscriptions.update(subscription.pk, {"cancel_at_period_end": True})
    run(Kind.SUBSCRIPTIONS)
    assert Discrepancy.objects.get().details["cancel_at_period_end"] == [False, True]


def test_a_subscription_that_we_did_not_know_is_found(shop: Shop, subscription: Subscription, bob: User) -> None:
    customer = payer(shop, bob)
    shop.catch_up()
    StripeCustomer.objects.filter(pk=customer).update(synced_at=timezone.now())
    id = subscribe(shop, customer)
    run(Kind.SUBSCRIPTIONS)
    assert Discrepancy.objects.get(object_id=id).details["status"] == [None, "active"]
    assert Subscription.objects.get(pk=id).user == bob


def test_what_an_event_is_about_that_waits_is_no_difference(shop: Shop, subscription: Subscription) -> None:
    shop.api.subscriptions.update(subscription.pk, {"cancel_at_period_end": True})
    for event in shop.events():
        shop.deliver(event)
    assert run(Kind.SUBSCRIPTIONS).differences == 0
    subscription.refresh_from_db()
    assert subscription.cancel_at_period_end


def test_a_deleted_customer_is_found_and_has_nothing_any_more(shop: Shop, subscription: Subscription) -> None:
    shop.api.customers.delete(subscription.customer_id)
    found = run(Kind.SUBSCRIPTIONS)
    assert (found.error, found.differences) == ("", 1)
    assert differences() == [("customer_deleted", subscription.customer_id, True)]
    subscription.refresh_from_db()
    assert subscription.status == "canceled"
    assert StripeCustomer.objects.get().deleted_at
    assert run(Kind.SUBSCRIPTIONS, hours=48).compared == 0


def test_everybody_is_compared_once_a_day_the_longest_ago_first(shop: Shop, subscription: Subscription) -> None:
    assert run(Kind.SUBSCRIPTIONS).compared == 1
    assert run(Kind.SUBSCRIPTIONS).compared == 0
    assert run(Kind.SUBSCRIPTIONS, hours=24.5).compared == 1


def test_a_customer_whom_nobody_here_is_is_told_until_they_pay_no_more(shop: Shop, sam: User) -> None:
    shop.events()
    stranger = shop.payer().id
    id = subscribe(shop, stranger)
    run(Kind.SUBSCRIPTIONS)
    assert differences() == [("unknown_customer", stranger, False)]
    (mail,) = waiting_mails("payments_differ")
    assert (mail.to, mail.subject) == ("books@example.com", "1 difference from Stripe needs somebody")
    assert stranger in mail.text
    assert stranger in mail.html
    run(Kind.SUBSCRIPTIONS, hours=25)
    assert len(waiting_mails("payments_differ")) == 1
    shop.api.subscriptions.cancel(id)
    run(Kind.SUBSCRIPTIONS, hours=50)
    assert differences() == [("unknown_customer", stranger, True)]


@pytest.mark.usefixtures("subscription")
def test_a_missing_entry_of_the_books_is_found_and_written() -> None:
    before = set(LedgerEntry.objects.values_list("kind", "source", "amount_minor"))
    transaction = LedgerEntry.objects.get(kind="charge").balance_transaction_id
    forget_in_the_books(balance_transaction_id=transaction)
    found = run(Kind.LEDGER)
    assert (found.error, found.differences) == ("", 1)
    assert differences() == [("ledger_missing", transaction, True)]
    assert set(LedgerEntry.objects.values_list("kind", "source", "amount_minor")) == before
    assert run(Kind.LEDGER).differences == 0


@pytest.mark.usefixtures("subscription")
def test_a_refund_that_is_missing_is_found_by_the_charge_that_it_is_of(shop: Shop) -> None:
    refund = shop.api.refunds.create({"charge": shop.api.charges.list().data[0].id, "amount": 100})
    assert run(Kind.LEDGER).differences == 1
    assert LedgerEntry.objects.get(source=refund.id).amount_minor == -100


@pytest.mark.usefixtures("subscription")
def test_another_amount_and_an_unknown_movement_are_for_staff(sam: User) -> None:
    entry = LedgerEntry.objects.get(kind="charge")
    more = {"account": "money", "currency": "USD", "amount_minor": 1, "occurred_at": entry.occurred_at}
    LedgerEntry.objects.create(
        kind="adjustment", source="wrong", balance_transaction_id=entry.balance_transaction_id, **more
    )
    LedgerEntry.objects.create(kind="charge", source="ch_none", balance_transaction_id="txn_none", **more)
    assert run(Kind.LEDGER).differences == 2
    assert differences() == [
        ("ledger_differs", entry.balance_transaction_id, False),
        ("ledger_unknown", "txn_none", False),
    ]
    net = LedgerEntry.objects.filter(kind="fee").get().amount_minor + 499
    assert Discrepancy.objects.get(kind="ledger_differs").details["net"] == [net + 1, net]
    (mail,) = waiting_mails("payments_differ")
    assert mail.subject == "2 differences from Stripe need somebody"
    # Looked at once is enough: neither comes again.
    for one in Discrepancy.objects.all():
        close_discrepancy(one, by=sam, reason="Booked by hand")
    run(Kind.LEDGER)
    assert len(differences()) == 2


@pytest.mark.usefixtures("subscription")
def test_a_difference_in_the_books_is_booked_and_gone(sam: User) -> None:
    entry = LedgerEntry.objects.get(kind="charge")
    more = {"account": "money", "currency": "USD", "occurred_at": entry.occurred_at}
    for source, amount, transaction in (("wrong", 7, entry.balance_transaction_id), ("ch_none", 11, "txn_none")):
        LedgerEntry.objects.create(
            kind="charge", source=source, amount_minor=amount, balance_transaction_id=transaction, **more
        )
    before = sum(LedgerEntry.objects.values_list("amount_minor", flat=True))
    run(Kind.LEDGER)
    for one in Discrepancy.objects.all():
        book_difference(one, by=sam, reason="A row by hand")
        with pytest.raises(Conflict):
            book_difference(one, by=sam, reason="Again")
    assert sum(LedgerEntry.objects.values_list("amount_minor", flat=True)) == before - 18
    assert run(Kind.LEDGER).differences == 0


@pytest.mark.usefixtures("subscription")
def test_money_of_nobody_here_is_for_staff(shop: Shop) -> None:
    shop.api.payment_intents.create(
        {"amount": 700, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    )
    run(Kind.LEDGER)
    ((kind, _, healed),) = differences()
    assert (kind, healed) == ("ledger_missing", False)


def test_stripe_away_ends_a_run_with_its_error_and_the_next_one_goes_on(shop: Shop, subscription: Subscription) -> None:
    first = run(Kind.EVENTS)
    shop.api.subscriptions.update(subscription.pk, {"cancel_at_period_end": True})
    shop.events()
    shop.post("faults", mode="500", count=50)
    stopped = run(Kind.EVENTS, hours=2)
    assert stopped.error.startswith("payments_unavailable")
    assert (stopped.reached, stopped.finished_at is not None) == (first.reached, True)
    shop.post("faults", mode="500", count=0)
    assert run(Kind.EVENTS, hours=3).differences == 1


def test_the_failure_of_one_customer_is_not_the_others_loss(
    shop: Shop, subscription: Subscription, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    payer(shop, bob)
    Subscription.objects.filter(pk=subscription.pk).update(status="past_due")

    def fails_for_bob(customer_id: str, **how: Any) -> Any:
        if customer_id != subscription.customer_id:
            raise TypeError
        return sync_without_copy(customer_id, **how)

    monkeypatch.setattr("billing.services.stored_comparison.sync_without_copy", fails_for_bob)
    found = run(Kind.SUBSCRIPTIONS)
    assert (found.compared, found.differences, found.error) == (1, 1, "1 could not be compared")


def test_one_of_whom_stripe_cannot_say_anything_is_not_the_others_loss(
    shop: Shop, subscription: Subscription, bob: User
) -> None:
    """However often: they are not at the head of the queue again."""
    customer = payer(shop, bob)
    shop.post("faults", mode="500", count=1000, path=f"/v1/customers/{customer}")
    found = run(Kind.SUBSCRIPTIONS)
    assert (found.compared, found.error) == (1, "1 could not be compared")
    assert found.reached is not None
    assert run(Kind.SUBSCRIPTIONS, hours=1.5).error == ""
    assert run(Kind.SUBSCRIPTIONS, hours=2.5).error == "1 could not be compared"
    shop.post("faults", mode="500", count=0)
    assert run(Kind.SUBSCRIPTIONS, hours=4).compared == 1


def test_when_stripe_is_away_nobody_is_asked_for_after_a_few(shop: Shop, subscription: Subscription) -> None:
    for number in range(AWAY_AT_MOST + 2):
        payer(shop, make_user(f"away{number}@example.com"))
    shop.post("faults", mode="500", count=1000, path="/v1/customers/")
    found = run(Kind.SUBSCRIPTIONS)
    assert (found.compared, found.error[:20]) == (0, "payments_unavailable")
    assert StripeCustomer.objects.exclude(compared_at=None).count() == AWAY_AT_MOST


@pytest.mark.usefixtures("subscription")
def test_one_lost_event_of_which_stripe_cannot_say_whose_it_is_is_not_the_others_loss(shop: Shop, bob: User) -> None:
    subscribe(shop, payer(shop, bob))
    shop.catch_up()
    first, second = (charge.id for charge in shop.api.charges.list().data)
    shop.post("disputes", charge=first)
    shop.post("disputes", charge=second)
    shop.events()
    shop.post("faults", mode="500", count=1000, path=f"/v1/charges/{first}")
    assert run(Kind.EVENTS).error.endswith("could not be compared")
    assert Payment.objects.get(pk=second).disputes.count() == 1


@pytest.fixture
def _page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of so many that a run comes through one page of one entry."""
    monkeypatch.setattr(listed_comparison, "PAGE", 1)
    monkeypatch.setattr(listed_comparison, "LONGEST_S", 0.0)


@pytest.mark.usefixtures("_page_by_page")
def test_a_list_that_is_too_long_for_a_run_is_gone_on_with_in_the_next(
    shop: Shop, subscription: Subscription, bob: User
) -> None:
    strangers = [shop.payer().id, shop.payer().id]
    for stranger in strangers:
        subscribe(shop, stranger)
    first, second, third = (run(Kind.SUBSCRIPTIONS, hours=number) for number in (1, 2, 3))
    assert (first.cursor != "", first.reached, first.compared) == (True, None, 1)
    assert (second.cursor not in {"", first.cursor}, second.reached, second.compared) == (True, None, 0)
    assert (third.cursor, third.reached) == ("", third.started_at)
    assert [object_id for _, object_id, _ in differences()] == strangers[::-1]
    # From the beginning again, a day later.
    assert run(Kind.SUBSCRIPTIONS, hours=4).cursor == ""
    assert run(Kind.SUBSCRIPTIONS, hours=27).cursor == first.cursor


@pytest.mark.usefixtures("_page_by_page")
def test_the_place_in_the_list_may_be_gone(shop: Shop, subscription: Subscription) -> None:
    newest = subscribe(shop, shop.payer().id)
    assert run(Kind.SUBSCRIPTIONS).cursor == newest
    shop.api.subscriptions.cancel(newest)
    assert run(Kind.SUBSCRIPTIONS, hours=2).reached is not None


def test_whose_subscription_differs_in_the_list_has_their_turn_now(
    shop: Shop, subscription: Subscription, bob: User
) -> None:
    other = subscribe(shop, payer(shop, bob))
    shop.catch_up()
    assert run(Kind.SUBSCRIPTIONS).compared == 2
    # Compared long after the others, if it went by turns.
    StripeCustomer.objects.update(compared_at=later(20))
    shop.api.subscriptions.update(other, {"cancel_at_period_end": True})
    found = run(Kind.SUBSCRIPTIONS, hours=25)
    assert (found.compared, found.differences) == (1, 1)
    assert differences() == [("subscription", other, True)]


def test_a_list_that_cannot_be_read_keeps_nobody_from_being_compared(shop: Shop, subscription: Subscription) -> None:
    # The list, twice repeated.
    shop.post("faults", mode="500", count=3, path="/v1/subscriptions")
    found = run(Kind.SUBSCRIPTIONS)
    assert (found.compared, found.reached, found.error) == (1, None, "1 could not be compared")
    assert run(Kind.SUBSCRIPTIONS, hours=2).reached is not None


@pytest.mark.usefixtures("subscription")
def test_a_comparison_of_the_books_that_is_stopped_goes_on_from_where_it_came_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, begun = ledger_comparison._compare_between, []

    def away_on_the_third_day(api: Any, begins: datetime, *how: Any) -> None:
        begun.append(begins)
        if len(begun) == 3:
            raise PaymentsUnavailable
        real(api, begins, *how)

    monkeypatch.setattr(ledger_comparison, "_compare_between", away_on_the_third_day)
    stopped = run(Kind.LEDGER)
    assert (stopped.error[:20], stopped.reached) == ("payments_unavailable", begun[2])
    assert begun[2] - begun[0] == timedelta(days=2)
    found = run(Kind.LEDGER)
    assert (found.error, found.differences) == ("", 0)
    assert begun[3] == begun[2] - ledger_comparison.OVERLAP


def test_nothing_is_compared_where_nothing_is_sold(settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = ""
    assert compare(Kind.EVENTS) is None
    assert not ReconcileRun.objects.exists()


@pytest.mark.usefixtures("subscription")
def test_staff_may_ask_for_a_comparison_by_its_job() -> None:
    compare_soon("ledger")
    compare_soon("ledger")
    compare_customer_soon(StripeCustomer.objects.get().pk)
    assert run_due_jobs("payments") == ["billing.office_tasks.compare", "billing.office_tasks.compare_customer"]
    assert ReconcileRun.objects.get().kind == "ledger"


def test_a_difference_is_closed_once_with_a_reason(sam: User, alice: User) -> None:
    found = Discrepancy.objects.create(kind="ledger_unknown", object_id="txn_1", user=alice, details={"amount": 5})
    with pytest.raises(InvalidInput):
        close_discrepancy(found, by=sam, reason=" ")
    close_discrepancy(found, by=sam, reason="Known to the bank")
    found.refresh_from_db()
    assert (found.closed_by, found.details) == (sam, {"amount": 5, "closed": "Known to the bank"})
    with pytest.raises(Conflict):
        close_discrepancy(found, by=sam, reason="Again")
