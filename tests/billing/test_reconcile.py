"""What we have is compared with what Stripe has: a clean system has no difference, and staff close what a run could not heal."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from billing.models import (
    Discrepancy,
    ReconcileRun,
    StripeCustomer,
    Subscription,
)
from billing.office_deferred import compare_customer_soon, compare_soon
from billing.services.reconcile import close_discrepancy, compare
from nexusvpn.errors import Conflict, InvalidInput
from tests.billing.comparing import Kind, differences, run
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop
from tests.invariants import assert_invariants
from tests.jobs import run_due_jobs
from tests.mails import waiting_mails

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("books_reader")]


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
