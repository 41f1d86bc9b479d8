"""What a person has of the programme: their rewards by state, their credit, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Min, OuterRef, Sum

from accounts.models import User
from billing.services.credit import credit_currency
from referrals.models import Referral, Reward, RewardPayout
from referrals.reward_states import SHOWN, with_shown_state
from referrals.services.books import balances
from referrals.services.referrals import paid_invoices
from referrals.words import Offer, offer_to

Kind = Reward.Kind


@dataclass(frozen=True, slots=True)
class Total:
    """Rewards of one state and currency together; `next_at` is when the first of them is earned, if they are pending."""

    state: str
    currency: str
    count: int
    amount_minor: int
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Credit:
    """In one currency: pending; earned and still here (below nothing: owed); sent to the balance for the invoices."""

    currency: str
    pending_minor: int
    available_minor: int
    sent_minor: int


@dataclass(frozen=True, slots=True)
class Overview:
    offer: Offer
    # For bringing friends, and for having been brought.
    totals: list[Total]
    own: list[Total]
    credit: list[Credit]
    # Friends without a reward who have not paid yet.
    awaited: int
    # The currency of the person's next invoice, if one is to come.
    invoiced_in: str
    # Brought by somebody, and nothing paid yet.
    may_earn_own: bool


def overview_of(user: User) -> Overview:
    invoiced_in = credit_currency(user)
    own = _totals(user, Kind.FRIEND)
    return Overview(
        offer=offer_to(invoiced_in),
        totals=_totals(user, Kind.REFERRER),
        own=own,
        credit=credit_of(user),
        awaited=_awaited(user),
        invoiced_in=invoiced_in,
        may_earn_own=not own and _is_brought(user) and not paid_invoices(user).exists(),
    )


def _totals(user: User, kind: Reward.Kind) -> list[Total]:
    rewards = with_shown_state(Reward.objects.filter(user=user, kind=kind)).order_by()
    rows = rewards.values_list("shown", "currency").annotate(Count("pk"), Sum("amount_minor"), Min("matures_at"))
    return sorted((Total(*row) for row in rows), key=lambda total: (SHOWN.index(total.state), total.currency))


def credit_of(user: User) -> list[Credit]:
    """Of every currency in which anything ever moved. Both kinds of rewards are one credit."""
    payouts = RewardPayout.objects.filter(user=user).exclude(state=RewardPayout.State.REFUSED).order_by()
    sent = dict(payouts.values_list("currency").annotate(Sum("amount_minor")))
    return [
        Credit(currency, held.pending_minor, held.available_minor, sent.get(currency, 0))
        for currency, held in balances(user).items()
    ]


def _awaited(user: User) -> int:
    unrewarded = ~Exists(Reward.objects.filter(referral=OuterRef("pk"), kind=Kind.REFERRER))
    unpaid = ~Exists(paid_invoices(OuterRef("referred")))
    return Referral.objects.made_by(user).filter(unrewarded, unpaid, referred__is_active=True).count()


def _is_brought(user: User) -> bool:
    return Referral.objects.filter(referred=user).exists()
