"""The books of rewards: entries that are only ever added, and balances that are their sums."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Sum

from accounts.models import User
from referrals.models import Reward, RewardEntry, RewardPayout

Kind = RewardEntry.Kind


@dataclass(frozen=True, slots=True)
class Balance:
    """In the currency's smallest unit. Available is below nothing where more is owed than was earned since."""

    pending_minor: int
    available_minor: int


def balances(user: User) -> dict[str, Balance]:
    """A person's balances by currency, of every currency in which anything ever moved."""
    sums = RewardEntry.objects.filter(user=user).order_by("currency").values_list("currency")
    rows = sums.annotate(pending=Sum("pending_minor"), available=Sum("available_minor"))
    return {currency: Balance(pending, available) for currency, pending, available in rows}


def available_in(user_id: UUID, currency: str) -> int:
    """May be below nothing. Whoever spends of it has locked the person."""
    rows = RewardEntry.objects.filter(user=user_id, currency=currency)
    return rows.aggregate(sum=Sum("available_minor"))["sum"] or 0


def book_reward(reward: Reward, kind: RewardEntry.Kind, *, pending_minor: int = 0, available_minor: int = 0) -> None:
    """One movement of a reward, once for its kind: a second one is refused by the database, with everything around it."""
    RewardEntry.objects.create(
        user=reward.user,
        reward=reward,
        kind=kind,
        pending_minor=pending_minor,
        available_minor=available_minor,
        currency=reward.currency,
        source=f"reward:{reward.pk}:{kind}",
    )


def book_payout(payout: RewardPayout, kind: RewardEntry.Kind, available_minor: int) -> None:
    """One movement of a payout, once for its kind."""
    RewardEntry.objects.create(
        user=payout.user,
        payout=payout,
        kind=kind,
        available_minor=available_minor,
        currency=payout.currency,
        source=f"payout:{payout.pk}:{kind}",
    )


def book_conversion(user: User, key: UUID, moved: dict[str, int]) -> None:
    """What leaves one currency and what comes into another: the two halves of `moved`, by currency."""
    RewardEntry.objects.bulk_create(
        RewardEntry(
            user=user,
            kind=Kind.CONVERTED,
            available_minor=amount,
            currency=currency,
            source=f"convert:{key}:{currency}",
        )
        for currency, amount in moved.items()
    )
