"""The rules of rewards, as staff have set them."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from nexusvpn.errors import InvalidInput
from referrals.models import ReferralProgramme, Reward, RewardAmount


def rules() -> ReferralProgramme:
    """The one row; what it would be while nobody has written it."""
    return ReferralProgramme.objects.first() or ReferralProgramme()


def check_hold(*, hold_days: int, refund_days: int) -> None:
    """Raises InvalidInput (`hold_days`): what was spent before its payment may be asked back is hard to get back."""
    if hold_days < refund_days:
        text = _("Not fewer than the refund window, which is %(days)d days.") % {"days": refund_days}
        raise InvalidInput(fields={"hold_days": [text]})


def amounts() -> dict[str, RewardAmount]:
    """By currency, in the order in which one is chosen where nothing else says which."""
    return {amount.currency: amount for amount in RewardAmount.objects.order_by("currency")}


def minimums() -> dict[str, int]:
    """By currency: how much of a payment must be there for it to be worth something to the two."""
    return {currency: amount.minimum_minor for currency, amount in amounts().items()}


def worth(kind: Reward.Kind, wanted: Iterable[str]) -> tuple[int, str]:
    """What a reward is now, in the smallest unit, and its currency: the first of the wanted that has an amount, or the first that has."""
    configured = amounts()
    chosen = next((configured[currency] for currency in (*wanted, *configured) if currency in configured), None)
    if chosen is None:
        return 0, ""
    return (chosen.referrer_minor if kind == Reward.Kind.REFERRER else chosen.friend_minor), chosen.currency
