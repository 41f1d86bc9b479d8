"""What staff do about payments: who may, what follows, what is refused, what is written down."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import AuditEvent, User
from billing.models import Discrepancy, LedgerEntry, Payment, PlanPrice, ReconcileRun, StripeEvent, StripeOrder
from tests.admin.addresses import TOO_LATE, action, allow, change, refuse_who_may_only_see
from tests.billing.sandbox.world import KEY
from tests.factories.payments import (
    make_customer,
    make_dispute,
    make_invoice,
    make_payment,
    make_subscription,
    price_of,
    stripe_id,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sells(settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = KEY


@pytest.fixture
def payment(alice: User) -> Payment:
    subscription = make_subscription(alice)
    return make_payment(alice, make_invoice(alice, subscription))


def jobs() -> list[str]:
    return [name.rpartition(".")[2] for name in ProcrastinateJob.objects.values_list("task_name", flat=True)]


def form_of(browser: Client, payment: Payment) -> dict[str, Any]:
    """The refund form as it is shown."""
    return dict(browser.get(action(payment, "refund")).context["form"].initial)


def test_a_refund_begins_with_all_that_is_left_and_becomes_an_order(staff: Client, payment: Payment) -> None:
    Payment.objects.filter(pk=payment.pk).update(refunded_minor=99)
    shown = form_of(staff, payment)
    assert str(shown["amount_minor"]) == "4.00"
    sent = {**shown, "amount_minor": "1.50", "reason": "Two days without service"}
    for _ in range(2):
        assert staff.post(action(payment, "refund"), sent).status_code == 302
    order = StripeOrder.objects.get()
    assert (order.purpose, order.subject, order.parameters["amount"]) == ("refund", payment.pk, 150)
    assert (order.pk, order.is_durable, jobs()) == (shown["key"], True, ["finish_orders"])
    page = staff.get(change(payment)).content.decode()
    assert "$1.50" in page
    assert "To be done" in page
    assert LogEntry.objects.get().change_message == "Refund: 1.50, Two days without service"
    assert list(AuditEvent.objects.values_list("action", flat=True)) == ["payment_refunded"]
    assert "Two days" not in str(list(AuditEvent.objects.values_list("details", flat=True)))


def test_nobody_pays_back_their_own_payment(staff: Client, sam: User) -> None:
    own = make_payment(sam, make_invoice(sam, make_subscription(sam)))
    answer = staff.post(action(own, "refund"), {**form_of(staff, own), "reason": "I am sorry"}, follow=True)
    assert "A colleague refunds it." in answer.text
    assert not StripeOrder.objects.exists()


@pytest.mark.parametrize(("currency", "amount", "shown"), [("JPY", 750, "750"), ("KWD", 1250, "1.250")])
def test_an_amount_is_written_as_its_currency_is(
    staff: Client, alice: User, currency: str, amount: int, shown: str
) -> None:
    payment = make_payment(alice, currency=currency, amount_minor=amount)
    form = form_of(staff, payment)
    assert str(form["amount_minor"]) == shown
    assert staff.post(action(payment, "refund"), {**form, "reason": "Sorry"}).status_code == 302
    assert StripeOrder.objects.get().parameters["amount"] == amount


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("5.00", "Choose an amount above 0 and of at most $4.99."),
        ("1.001", "USD has no such amount."),
        # In German a thousand and a half.
        ("1.500", "USD has no such amount."),
        ("-1", "Choose an"),
    ],
)
def test_an_amount_that_cannot_be_is_refused_at_its_field(
    staff: Client, payment: Payment, amount: str, said: str
) -> None:
    answer = staff.post(
        action(payment, "refund"), {**form_of(staff, payment), "amount_minor": amount, "reason": "Sorry"}
    )
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not StripeOrder.objects.exists()


def test_an_amount_is_written_as_its_reader_writes_numbers(staff: Client, payment: Payment) -> None:
    staff.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    address = action(payment, "refund")
    assert 'value="4,99"' in staff.get(address).content.decode()
    sent = {**form_of(staff, payment), "amount_minor": "1,50", "reason": "Entschuldigung"}
    assert staff.post(address, sent).status_code == 302
    assert StripeOrder.objects.get().parameters["amount"] == 150


def test_a_refund_may_end_the_subscription(staff: Client, payment: Payment) -> None:
    sent = {**form_of(staff, payment), "reason": "Sorry", "end_subscription": "on"}
    staff.post(action(payment, "refund"), sent)
    assert payment.invoice
    assert StripeOrder.objects.get(purpose="end").subject == payment.invoice.subscription_id


def test_who_may_only_look_at_payments_pays_nothing_back(
    helper: User, helper_browser: Client, payment: Payment
) -> None:
    refuse_who_may_only_see(helper, helper_browser, payment, "refund")


def test_a_disputed_payment_says_so_before_anything_else(staff: Client, payment: Payment) -> None:
    make_dispute(payment)
    page = staff.get(change(payment)).content.decode()
    assert "The customer&#x27;s bank asks for this payment back: Not made by the card&#x27;s owner" in page


def test_an_event_that_failed_is_processed_again(staff: Client) -> None:
    values = {"type": "invoice.paid", "object_id": stripe_id("in"), "created_at": "2026-11-01T00:00:00Z"}
    event = StripeEvent.objects.create(stripe_id=stripe_id("evt"), customer_id="cus_1", state="failed", **values)
    staff.post(action(event, "process-again"))
    event.refresh_from_db()
    assert (event.state, jobs()) == ("waiting", ["follow_events"])
    assert action(event, "process-again") not in staff.get(change(event)).content.decode()


def test_an_open_order_is_tried_again(staff: Client, alice: User) -> None:
    order = StripeOrder.objects.create(user=alice, purpose="refund", subject="ch_1", is_durable=True)
    staff.post(action(order, "try-again"))
    assert jobs() == ["finish_orders"]


def test_a_customer_is_compared_now(staff: Client, alice: User) -> None:
    staff.post(action(make_customer(alice), "sync-now"))
    assert jobs() == ["compare_customer"]


def test_a_run_is_repeated_now(staff: Client) -> None:
    staff.post(action(ReconcileRun.objects.create(kind="ledger"), "compare-now"))
    assert jobs() == ["compare"]


def test_a_difference_is_closed_with_a_reason(staff: Client, sam: User) -> None:
    found = Discrepancy.objects.create(kind="ledger_unknown", object_id="txn_1")
    assert staff.post(action(found, "close"), {"reason": ""}).status_code == 400
    assert staff.post(action(found, "close"), {"reason": "Booked by hand"}).status_code == 302
    found.refresh_from_db()
    assert (found.closed_by, found.details["closed"]) == (sam, "Booked by hand")


def test_a_difference_in_the_books_is_booked_by_who_may_write_to_them(
    staff: Client, helper: User, helper_browser: Client
) -> None:
    details = {"net": [456, 455], "currency": "USD"}
    found = Discrepancy.objects.create(kind="ledger_differs", object_id="txn_1", details=details)
    assert "-$0.01" in staff.get(action(found, "book")).content.decode()
    allow(helper, "view_discrepancy", "change_discrepancy")
    assert helper_browser.post(action(found, "book"), {"reason": "Rounded"}).status_code == 403
    assert staff.post(action(found, "book"), {"reason": "Rounded"}).status_code == 302
    entry = LedgerEntry.objects.get()
    assert (entry.kind, entry.amount_minor, entry.balance_transaction_id) == ("adjustment", -1, "txn_1")
    lost = Discrepancy.objects.create(kind="lost_event", object_id="evt_1")
    assert action(lost, "book") not in staff.get(change(lost)).content.decode()


def test_the_home_says_what_of_payments_needs_somebody(
    staff: Client, helper: User, helper_browser: Client, payment: Payment
) -> None:
    make_dispute(payment)
    Discrepancy.objects.create(kind="ledger_unknown", object_id="txn_1")
    for number in range(2):
        values = {"type": "invoice.paid", "object_id": "in_1", "created_at": "2026-11-01T00:00:00Z", "state": "failed"}
        StripeEvent.objects.create(stripe_id=f"evt_{number}", **values)
    texts = [notice.text for notice in staff.get(reverse("admin:index")).context["notices"]]
    for text in (
        "1 dispute waits for an answer",
        "2 events of Stripe could not be processed",
        "1 difference from Stripe did not heal",
    ):
        assert text in texts
    allow(helper, "view_dispute")
    assert [notice.text for notice in helper_browser.get(reverse("admin:index")).context["notices"]] == [
        "1 dispute waits for an answer"
    ]
    for notice in staff.get(reverse("admin:index")).context["notices"]:
        assert staff.get(notice.url).status_code == 200


class TestPrices:
    def add(self, staff: Client, **changes: Any) -> Any:
        price = price_of()
        values = {"plan": price.plan_id, "interval": "month", "currency": "usd", "amount_minor": "5.99", **changes}
        return staff.post(reverse("admin:billing_planprice_add"), values)

    def test_another_price_takes_the_place_of_the_former_which_stays(self, staff: Client, alice: User) -> None:
        former = price_of()
        subscription = make_subscription(alice, former)
        assert self.add(staff).status_code == 302
        former.refresh_from_db()
        assert (former.is_current, price_of().amount_minor) == (False, 599)
        subscription.refresh_from_db()
        assert subscription.price == former
        assert jobs() == ["push_prices"]
        act = AuditEvent.objects.get(action="price_set")
        assert act.details["former"] == 499

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"amount_minor": "4.99"}, "This is what it costs now."),
            ({"amount_minor": "0"}, "Choose an amount above 0"),
            ({"currency": "u1d"}, "three letters"),
        ],
    )
    def test_a_price_that_cannot_be_is_refused(self, staff: Client, changes: dict[str, Any], said: str) -> None:
        answer = self.add(staff, **changes)
        assert answer.status_code == 200
        assert said in answer.content.decode()
        assert price_of().amount_minor == 499

    def test_a_price_ends_for_those_who_come(self, staff: Client) -> None:
        price = price_of("pro", "year", "EUR")
        staff.post(action(price, "end"))
        assert not PlanPrice.objects.filter(plan=price.plan, interval="year", currency="EUR", is_current=True).exists()
        assert jobs() == ["push_prices"]

    def test_without_stripe_it_is_said_that_nobody_can_buy_yet(self, staff: Client, settings: Any) -> None:
        settings.STRIPE_SECRET_KEY = ""
        answer = self.add(staff)
        page = staff.get(answer["Location"]).content.decode()
        assert "Stripe is not connected" in page
        assert jobs() == []


def test_the_customers_page_shows_what_they_pay(staff: Client, payment: Payment) -> None:
    page = staff.get(change(payment.user), {"more": "1"}).content.decode()
    for text in ("Subscriptions", "Basic, $4.99 a month", "Invoices", "Payments", payment.pk, "Ledger"):
        assert text in page


def test_the_list_of_customers_says_the_plan_that_is_paid_for(staff: Client, payment: Payment, bob: User) -> None:
    page = staff.get(reverse("admin:accounts_user_changelist") + "?q=alice").content.decode()
    assert ">Basic<" in page
    assert ">Free<" in staff.get(reverse("admin:accounts_user_changelist") + "?q=bob").content.decode()


def test_money_is_never_deleted_by_the_admin(staff: Client, payment: Payment) -> None:
    rows: list[Model] = [payment, make_dispute(payment)]
    for row in rows:
        name = row._meta.model_name
        answer = staff.post(reverse(f"admin:billing_{name}_delete", args=[row.pk]), {"post": "yes"})
        assert answer.status_code == 403


def test_a_form_with_a_mistake_is_not_asked_again_where_its_action_is_not_offered(staff: Client) -> None:
    found = Discrepancy.objects.create(kind="lost_event", object_id=stripe_id("evt"))
    for sent in ({}, {"reason": "I looked"}):
        answer = staff.post(action(found, "book"), sent)
        assert (answer.status_code, TOO_LATE in answer.text) == (409, True)
    found.refresh_from_db()
    assert found.closed_at is None


def test_a_differences_page_says_what_each_of_its_buttons_does(staff: Client) -> None:
    found = Discrepancy.objects.create(kind="lost_event", object_id=stripe_id("evt"))
    buttons = re.findall(r"<a [^>]*>([^<]+)</a>", staff.get(change(found)).text.split('id="content-main"')[1])
    assert buttons == ["Leave it as it is", "History", "Back to the list"]
