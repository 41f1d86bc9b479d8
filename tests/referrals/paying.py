"""Referrers and friends who pay at the sandbox, and what the worker would do next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from billing.models import Payment, StripeCustomer
from referrals.models import Reward
from referrals.services.maturing import mature_due_rewards, withdraw_undone_rewards
from referrals.services.payouts import follow_payouts, pay_out_rewards
from tests.billing.lives import payer, subscribe
from tests.billing.shop import Shop
from tests.factories.referrals import bring
from tests.jobs import run_due_jobs

REFERRERS, FRIENDS = "pm_card_visa", "pm_card_mastercard"


def start_paying(shop: Shop, user: User, card: str) -> str:
    """They subscribe to the basic plan, $4.99 a month; returns the customer's id."""
    customer = payer(shop, user, card)
    subscribe(shop, customer)
    shop.catch_up()
    return customer


def friend_pays(shop: Shop, referrer: User, friend: User, card: str = FRIENDS) -> Reward:
    """The friend was brought and makes their first payment; what the referrer is promised for it."""
    bring(referrer, friend)
    start_paying(shop, friend, card)
    return Reward.objects.get(user=referrer, referral__referred=friend)


def let_the_hold_pass() -> int:
    """How many rewards were earned."""
    Reward.objects.update(matures_at=timezone.now() - timedelta(seconds=1))
    return mature_due_rewards()


def charge_of(user: User) -> str:
    return str(Payment.objects.get(user=user, status="succeeded").pk)


def refund(shop: Shop, user: User, amount: int | None = None) -> None:
    """By staff at the provider; then the job looks."""
    asked: Any = {"charge": charge_of(user), **({} if amount is None else {"amount": amount})}
    shop.api.refunds.create(asked)
    shop.catch_up()
    withdraw_undone_rewards()


def send_credit() -> int:
    """Pay out, let the payments worker ask the provider, and note its answers; how many payouts are over."""
    pay_out_rewards()
    run_due_jobs("payments")
    return follow_payouts()


def credits_at_stripe(shop: Shop, user: User) -> list[int]:
    """What was ever given there, as positive amounts."""
    customer = StripeCustomer.objects.get(user=user, deleted_at=None).pk
    found = shop.api.customers.balance_transactions.list(customer, {"limit": 100}).data
    return [-one.amount for one in found if one.type == "adjustment"]
