"""What staff read of billing and rewards: units at numbers, months by their name, and nothing of how it is kept."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from billing.models import Coupon, RecurringMonth, Subscription
from billing.services.coupons import add_coupon
from tests.admin.addresses import action, change, page
from tests.admin.rows import MAKERS
from tests.admin.rows.billing import new_recurring_month
from tests.admin.rows.referrals import new_reward, new_reward_entry
from tests.factories.payments import make_subscription
from tests.factories.referrals import make_programme

pytestmark = pytest.mark.django_db


def told(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def listed(staff: Client, model: str) -> str:
    return told(page(staff, reverse(f"admin:{model}_changelist")))


def test_a_coupon_has_its_unit_and_is_called_at_stripe_only_once_it_is_there(staff: Client, sam: User) -> None:
    coupon = add_coupon(by=sam, name="Summer", percent_off=20)
    Coupon.objects.update(percent_off="12.50")
    shown = page(staff, change(coupon))
    assert "12.5\xa0%" in shown
    assert coupon.stripe_id not in shown
    Coupon.objects.update(standing="live")
    assert coupon.stripe_id in page(staff, change(coupon))


def test_a_coupons_form_says_what_goes_with_what(staff: Client) -> None:
    form = told(page(staff, reverse("admin:billing_coupon_add")))
    for words in ("Or an amount; one of them.", "With an amount only.", "Only where it is taken off for some months."):
        assert words in form


def test_an_entry_of_rewards_says_where_it_comes_from(staff: Client) -> None:
    entry = new_reward_entry()
    assert "$5.00 for whoever brought a friend" in listed(staff, "referrals_rewardentry")
    for address in (reverse("admin:referrals_rewardentry_changelist"), change(entry)):
        assert entry.source not in page(staff, address)
    found = page(staff, f"{reverse('admin:referrals_rewardentry_changelist')}?q={entry.reward_id}")
    assert str(entry.user) in found


def test_the_programmes_times_have_units(staff: Client) -> None:
    make_programme(months=1, refund_days=30, hold_days=45)
    shown = told(page(staff, f"{reverse('admin:referrals_referralprogramme_changelist')}?o=1"))
    assert all(words in shown for words in ("1 month", "30 days", "45 days"))


def test_a_month_of_revenue_is_called_by_its_name(staff: Client) -> None:
    month = new_recurring_month()
    RecurringMonth.objects.filter(pk=month.pk).update(month="2026-10-01")
    for text in (listed(staff, "billing_recurringmonth"), told(page(staff, change(month)))):
        assert "October 2026" in text
        assert not re.search(r"\b1.Oct.2026", text)


def test_what_revoking_a_gift_code_does_is_not_said_as_if_it_were_done(staff: Client) -> None:
    code = next(make() for model, make in MAKERS.items() if model.__name__ == "GiftCode")
    text = page(staff, action(code, "revoke"))
    assert f"Once it is revoked, nobody can redeem this code any more: {code}." in text


def test_what_deciding_about_a_reward_does_is_not_said_as_if_it_were_done(staff: Client) -> None:
    reward = new_reward()
    assert "If you approve it, it is earned on its date" in page(staff, action(reward, "approve"))
    assert "If you refuse it, it is not given" in page(staff, action(reward, "refuse"))


def test_what_is_unusual_of_a_subscription_is_said_in_words_alike(staff: Client, alice: User) -> None:
    subscription = make_subscription(alice)
    shown = page(staff, change(subscription))
    assert "icon-no" not in shown
    for name in ("Plan withheld", "Ends with its period", "Second one, which is being ended"):
        assert f"{name}: No" in told(shown)
    for american in ("Canceled", "Status"):
        assert american not in told(shown)
    Subscription.objects.update(withheld="disputed", cancel_at_period_end=True)
    shown = told(page(staff, change(subscription)))
    assert "Plan withheld: a payment is disputed, or the dispute was lost" in shown
    assert "Ends with its period: Yes" in shown
    assert "<summary>State</summary>" in page(staff, reverse("admin:billing_subscription_changelist"))
