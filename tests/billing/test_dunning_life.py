"""From the declined renewal to the payment, as Stripe and the product live through it together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from billing.entitlements import Source, entitlement_for
from billing.models import LedgerEntry, StripeOrder, Subscription
from billing.services.dunning import look_at_all_due
from tests.billing.buying import DECLINED, VISA
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop
from tests.factories.vpn import make_location, make_server
from tests.invariants import assert_invariants
from tests.jobs import run_due_jobs
from tests.mails import waiting_mails
from tests.vpn.acting import add, wanted
from vpn.models import IpAssignment, NodeStatus

pytestmark = pytest.mark.django_db
Pass = Callable[..., None]


@pytest.fixture
def days_pass(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Pass:
    """Time that goes by at Stripe and here; each day what happened is delivered, and the jobs of the day are done."""
    real, ahead = timezone.now, timedelta(0)

    def now() -> datetime:
        return real() + ahead

    def go(days: int) -> None:
        nonlocal ahead
        for _ in range(days):
            shop.advance(days=1)
            ahead += timedelta(days=1)
            NodeStatus.objects.update(last_report_at=real())
            shop.catch_up()
            look_at_all_due()
            run_due_jobs()

    monkeypatch.setattr(timezone, "now", now)
    return go


@pytest.fixture(autouse=True)
def _terms(settings: Any) -> None:
    settings.DUNNING_GRACE_DAYS, settings.DUNNING_MAIL_DAYS = 7, [0, 3, 6]


def mails() -> list[str]:
    return [mail.row.kind for mail in waiting_mails() if mail.row.kind != "server_leaving"]


def test_a_declined_renewal_is_told_three_times_ends_and_comes_back_with_the_payment(
    shop: Shop, alice: User, days_pass: Pass
) -> None:
    server = make_server(make_location("ams"))
    customer = payer(shop, alice)
    made = subscribe(shop, customer)
    shop.catch_up()
    devices = [add(alice, name) for name in ("Phone", "Laptop")]
    before = list(IpAssignment.objects.live().order_by("pk").values_list("ipv4", "ipv6"))
    shop.control("dunning", days=[3, 5, 30], at_last="unpaid")
    shop.card_becomes(DECLINED, customer)
    days_pass(31)
    assert entitlement_for(alice).reason is Source.GRACE
    assert mails()[-1] == "payment_failed"
    days_pass(6)
    assert mails()[-2:] == ["payment_reminder"] * 2
    assert wanted(server) == {device.public_key for device in devices}
    days_pass(1)
    assert (mails()[-1], entitlement_for(alice).reason) == ("service_suspended", Source.FREE)
    assert wanted(server) == {devices[0].public_key}
    shop.card_becomes(VISA, customer)
    (open_invoice,) = shop.api.invoices.list({"customer": customer, "status": "open"}).data
    shop.api.invoices.pay(open_invoice.id)
    shop.catch_up()
    run_due_jobs()
    assert entitlement_for(alice).reason is Source.SUBSCRIPTION
    assert {"service_restored", "payment_received"} <= set(mails()[-2:])
    assert wanted(server) == {device.public_key for device in devices}
    assert list(IpAssignment.objects.live().order_by("pk").values_list("ipv4", "ipv6")) == before
    assert LedgerEntry.objects.filter(kind="charge").count() == 2
    assert mails().count("payment_failed") == 1
    assert Subscription.objects.get().pk == made


def test_a_full_refund_ends_it_at_stripe_too(shop: Shop, alice: User) -> None:
    customer = payer(shop, alice)
    made = subscribe(shop, customer)
    shop.catch_up()
    (charge,) = shop.api.charges.list({"customer": customer}).data
    shop.api.refunds.create({"charge": charge.id})
    shop.catch_up()
    assert shop.subscription(made).status == "canceled"
    assert StripeOrder.objects.get(purpose="end").state == StripeOrder.State.DONE
    shop.catch_up()
    assert entitlement_for(alice).reason is Source.FREE
    # One mail says both.
    assert [mail for mail in mails() if mail in ("payment_refunded", "plan_ended")] == ["payment_refunded"]
    assert_invariants()
