"""Whoever deletes their account pays nothing any more; whoever comes back goes on; of the erased only the books stay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from djstripe.models import Customer as CustomerCopy
from djstripe.models import Invoice as InvoiceCopy

from accounts.models import User
from accounts.services.deletion import leave, restore_account
from accounts.services.erasure import erase_account
from accounts.services.suspension import suspend_account, unsuspend_account
from billing.models import CheckoutSession, LedgerEntry, StripeOrder, Subscription
from billing.services import erasure
from billing.services.erasure import erase_payments, erase_what_came_later
from billing.services.leaving import end_what_the_leaving_pay
from tests.factories.payers import make_payer, make_subscriber, pay
from tests.factories.payments import make_subscription, price_of

pytestmark = pytest.mark.django_db(transaction=True)


def orders(user: User) -> list[tuple[str, str]]:
    return list(user.stripe_orders.order_by("created_at").values_list("purpose", "subject"))


def open_orders(user: User) -> list[str]:
    return list(user.stripe_orders.filter(state="open").values_list("purpose", flat=True))


def carry_out(user: User) -> None:
    """As Stripe and the next sync would."""
    for order in user.stripe_orders.filter(state="open").order_by("created_at"):
        assert order.is_durable
        ends = {"cancel": True, "resume": False}
        if order.purpose in ends:
            Subscription.objects.filter(pk=order.subject).update(cancel_at_period_end=ends[order.purpose])
    user.stripe_orders.filter(state="open").update(state="done")


def erase(user: User) -> None:
    leave(user=user)
    User.objects.filter(pk=user.pk).update(deletion_due_at=timezone.now() - timedelta(seconds=1))
    assert erase_account(user.pk)


class TestLeaving:
    @pytest.mark.parametrize("status", ["active", "trialing", "paused"])
    def test_a_subscription_ends_with_what_was_paid_for(self, alice: User, status: str) -> None:
        subscription = make_subscriber(alice, status=status)
        leave(user=alice)
        assert orders(alice) == [("cancel", subscription.pk)]

    @pytest.mark.parametrize("status", ["past_due", "unpaid", "incomplete"])
    def test_where_stripe_would_go_on_collecting_it_ends_at_once(self, alice: User, status: str) -> None:
        subscription = make_subscriber(alice, status=status, cancel_at_period_end=True)
        leave(user=alice)
        assert orders(alice) == [("end", subscription.pk)]

    def test_what_is_over_or_ends_already_is_left_alone(self, alice: User) -> None:
        make_subscriber(alice, status="canceled")
        make_subscription(alice, cancel_at_period_end=True)
        leave(user=alice)
        assert orders(alice) == []

    def test_a_change_that_waits_is_taken_back_first(self, alice: User) -> None:
        subscription = make_subscriber(alice, schedule_id="sub_sched_1")
        leave(user=alice)
        assert orders(alice) == [("unschedule", "sub_sched_1"), ("cancel", subscription.pk)]

    def test_an_order_that_they_had_begun_does_not_lapse_with_them(self, alice: User) -> None:
        subscription = make_subscriber(alice)
        StripeOrder.objects.create(user=alice, purpose="cancel", subject=subscription.pk)
        leave(user=alice)
        assert StripeOrder.objects.get(user=alice).is_durable

    def test_what_began_after_they_left_ends_too(self, alice: User, bob: User) -> None:
        leave(user=alice)
        subscription = make_subscriber(alice)
        make_subscriber(bob)
        assert end_what_the_leaving_pay() == 1
        assert orders(alice) == [("cancel", subscription.pk)]
        assert orders(bob) == []
        # Until it is carried out the order stands once.
        end_what_the_leaving_pay()
        assert len(orders(alice)) == 1


class TestComingBack:
    def test_the_subscription_goes_on(self, alice: User) -> None:
        subscription = make_subscriber(alice)
        leave(user=alice)
        carry_out(alice)
        restore_account(user=alice, by=alice)
        carry_out(alice)
        subscription.refresh_from_db()
        assert not subscription.cancel_at_period_end
        assert orders(alice) == [("cancel", subscription.pk), ("resume", subscription.pk)]

    def test_it_goes_on_also_when_the_end_was_not_carried_out_yet(self, alice: User) -> None:
        subscription = make_subscriber(alice)
        leave(user=alice)
        restore_account(user=alice, by=alice)
        carry_out(alice)
        subscription.refresh_from_db()
        assert not subscription.cancel_at_period_end

    def test_every_time(self, alice: User) -> None:
        subscription = make_subscriber(alice)
        for _ in range(2):
            leave(user=alice)
            carry_out(alice)
            subscription.refresh_from_db()
            assert subscription.cancel_at_period_end
            restore_account(user=alice, by=alice)
            carry_out(alice)
        subscription.refresh_from_db()
        assert not subscription.cancel_at_period_end

    def test_what_they_had_ended_themselves_stays_ended(self, alice: User) -> None:
        subscription = make_subscriber(alice, cancel_at_period_end=True)
        StripeOrder.objects.create(user=alice, purpose="cancel", subject=subscription.pk, state="done")
        leave(user=alice)
        restore_account(user=alice, by=alice)
        assert len(orders(alice)) == 1

    def test_an_end_that_stripe_did_not_take_is_not_asked_for_again(self, alice: User) -> None:
        """It would come after the taking back, and end what goes on."""
        make_subscriber(alice)
        leave(user=alice)
        StripeOrder.objects.update(attempts=1)
        restore_account(user=alice, by=alice)
        assert open_orders(alice) == ["resume"]
        leave(user=alice)
        assert open_orders(alice) == ["cancel"]


class TestSuspension:
    def test_who_cannot_sign_in_to_end_it_pays_no_other_period(self, alice: User, sam: User) -> None:
        subscription = make_subscriber(alice)
        suspend_account(user=alice, by=sam)
        assert orders(alice) == [("cancel", subscription.pk)]
        carry_out(alice)
        unsuspend_account(user=alice, by=sam)
        carry_out(alice)
        subscription.refresh_from_db()
        assert not subscription.cancel_at_period_end

    def test_who_leaves_before_staff_take_it_back_does_not_go_on(self, alice: User, sam: User) -> None:
        subscription = make_subscriber(alice)
        leave(user=alice)
        suspend_account(user=alice, by=sam)
        unsuspend_account(user=alice, by=sam)
        assert orders(alice) == [("cancel", subscription.pk)]

    def test_what_began_after_it_ends_too(self, alice: User, sam: User) -> None:
        suspend_account(user=alice, by=sam)
        subscription = make_subscriber(alice)
        assert end_what_the_leaving_pay() == 1
        assert orders(alice) == [("cancel", subscription.pk)]


class TestErasing:
    def test_the_customer_is_to_be_deleted_at_stripe(self, alice: User) -> None:
        customer = make_payer(alice)
        make_payer(alice, deleted_at=timezone.now())
        erase(alice)
        order = StripeOrder.objects.get(user=alice)
        assert (order.purpose, order.subject, order.is_durable) == ("delete_customer", customer.pk, True)

    def test_the_books_stay_and_nothing_else(self, alice: User) -> None:
        subscription = make_subscriber(alice, cancel_at_period_end=True)
        payment = pay(subscription)
        customer, invoice = subscription.customer, payment.invoice
        assert invoice is not None
        CheckoutSession.objects.create(user=alice, price=price_of(), url="https://checkout.stripe.example/1")
        StripeOrder.objects.create(user=alice, purpose="refund", subject=payment.pk, state="done")
        StripeOrder.objects.create(user=alice, purpose="customer", parameters={"email": alice.email})
        erase(alice)
        for row in (customer, invoice, payment):
            row.refresh_from_db()
        assert (customer.card_brand, customer.card_last4, customer.card_exp_month, customer.card_exp_year) == (
            "",
            "",
            None,
            None,
        )
        assert (invoice.hosted_url, invoice.pdf_url, invoice.total_minor) == ("", "", 499)
        assert (payment.card_fingerprint_hash, payment.amount_minor) == ("", 499)
        assert LedgerEntry.objects.get(user=alice).amount_minor == 499
        assert not CheckoutSession.objects.exists()
        assert orders(alice) == [("delete_customer", customer.pk), ("delete_customer", "")]

    def test_copies_go_with_whatever_hangs_on_them_and_only_theirs(self, alice: User, bob: User) -> None:
        for user in (alice, bob):
            customer = make_payer(user)
            copy = CustomerCopy.objects.create(id=customer.pk, stripe_data={"id": customer.pk, "email": user.email})
            InvoiceCopy.objects.create(id=f"in_{user.pk}", customer=copy, stripe_data={"customer_email": user.email})
        erase(alice)
        assert CustomerCopy.objects.get().id == bob.stripe_customers.get().pk
        assert InvoiceCopy.objects.get().customer.id == bob.stripe_customers.get().pk

    def test_a_long_life_goes_in_chunks(self, alice: User) -> None:
        subscription = make_subscriber(alice)
        for _ in range(7):
            pay(subscription)
        assert erase_payments(alice, 3)
        assert alice.invoices.filter(hosted_url="").count() == 3
        assert erase_payments(alice, 3)
        assert not erase_payments(alice, 3)
        assert not alice.invoices.exclude(hosted_url="").exists()
        assert not alice.payments.exclude(card_fingerprint_hash="").exists()

    def test_what_a_late_sync_writes_is_forgotten_too(self, alice: User, bob: User) -> None:
        customer, bobs = make_payer(alice), make_payer(bob)
        erase(alice)
        assert erase_what_came_later() == 0
        type(customer).objects.filter(pk=customer.pk).update(card_last4="4242", synced_at=timezone.now())
        assert erase_what_came_later() == 1
        for row in (customer, bobs):
            row.refresh_from_db()
        assert (customer.card_last4, bobs.card_last4) == ("", "4242")
        assert erase_what_came_later() == 0

    def test_one_failure_is_not_the_others_loss(self, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
        for user in (alice, bob):
            erase(user)
            make_payer(user)
        real = erasure.erase_payments

        def fails_for_alice(user: User, batch: int) -> bool:
            if user == alice:
                raise ValueError
            return real(user, batch)

        monkeypatch.setattr(erasure, "erase_payments", fails_for_alice)
        assert erase_what_came_later() == 1
        assert bob.stripe_customers.get().card_last4 == ""
