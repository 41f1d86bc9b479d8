"""How a reward is shown to whom it is for. Why one is looked at, and that one was refused, stays with staff."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Subquery, Value, When

from referrals.models import Reward, RewardEntry, RewardPayout

State, Entry = Reward.State, RewardEntry.Kind

# Of a referral without a reward.
JOINED = "joined"
PENDING, REVIEW, EARNED, CREDITED, CANCELLED = "pending", "review", "earned", "credited", "cancelled"
SHOWN = (PENDING, REVIEW, EARNED, CREDITED, CANCELLED)


def with_shown_state(rewards: QuerySet[Reward]) -> QuerySet[Any]:
    """Annotates `shown`: one of SHOWN."""
    sent = Q(state=State.EARNED) & Q(Exists(_movements_on()))
    plain = {State.PENDING: PENDING, State.HELD: REVIEW, State.EARNED: EARNED}
    return rewards.annotate(
        shown=Case(
            When(sent, then=Value(CREDITED)),
            *(When(state=state, then=Value(shown)) for state, shown in plain.items()),
            default=Value(CANCELLED),
            output_field=CharField(),
        )
    )


def _movements_on() -> QuerySet[RewardEntry]:
    """What took a reward on its way after it was earned: a payout and a conversion take all that is available in their currency."""
    earned = RewardEntry.objects.filter(reward=OuterRef(OuterRef("pk")), kind=Entry.EARNED).values("pk")[:1]
    not_refused = Q(payout=None) | ~Q(payout__state=RewardPayout.State.REFUSED)
    return RewardEntry.objects.filter(
        not_refused,
        user=OuterRef("user"),
        currency=OuterRef("currency"),
        kind__in=(Entry.SPENT, Entry.CONVERTED),
        available_minor__lt=0,
        pk__gt=Subquery(earned),
    )
