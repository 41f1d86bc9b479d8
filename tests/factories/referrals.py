"""People who were brought, what they paid, and what was promised for it: without Stripe."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from billing.models import Invoice
from referrals.models import Referral, ReferralProgramme, Reward, RewardAmount
from referrals.services.maturing import mature
from referrals.services.rewards import record_payment
from tests.factories.payments import make_invoice, make_payment, make_subscription, price_of

AMOUNTS = {"EUR": 500, "GBP": 400, "JPY": 700, "USD": 500}


def make_programme(**rules: Any) -> ReferralProgramme:
    """The standard rules, opened, with these instead of their own; also for databases that a test has emptied."""
    for currency, minor in AMOUNTS.items():
        values = {"referrer_minor": minor, "friend_minor": minor, "minimum_minor": minor * 4 // 5}
        RewardAmount.objects.get_or_create(currency=currency, defaults=values)
    programme, _ = ReferralProgramme.objects.update_or_create(pk=1, defaults={"is_open": True, **rules})
    return programme


def bring(referrer: User, friend: User, **fields: Any) -> Referral:
    User.objects.filter(pk=friend.pk).update(referred_by=referrer)
    return Referral.objects.create(referrer=referrer, referred=friend, **fields)


def make_paid(friend: User, at: datetime | None = None, *, currency: str = "USD", card: str = "") -> Invoice:
    """An invoice for a month that was paid with a card."""
    invoice = make_invoice(friend, at=at, price=price_of(currency=currency))
    make_payment(friend, invoice, at=at, card_fingerprint_hash=card)
    return invoice


def promise(referrer: User, friend: User, at: datetime | None = None, **paid: Any) -> Reward:
    """What the referrer is promised for the friend's first payment."""
    if not Referral.objects.filter(referred=friend).exists():
        bring(referrer, friend)
    invoice = make_paid(friend, at, **paid)
    record_payment(user_id=friend.pk, invoice_id=invoice.pk)
    return Reward.objects.get(invoice_id=invoice.pk, kind=Reward.Kind.REFERRER)


def earned(referrer: User, friend: User, **paid: Any) -> Reward:
    """The same, once the hold is over."""
    reward = promise(referrer, friend, timezone.now() - timedelta(days=40), **paid)
    assert mature(reward.pk)
    reward.refresh_from_db()
    return reward


def subscribed(user: User, **fields: Any) -> User:
    """Somebody who will be invoiced, so that credit is of use to them."""
    make_subscription(user, **fields)
    user.stripe_customers.update(currency="USD")
    return user
