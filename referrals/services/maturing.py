"""What becomes of promises by time: they are earned after the hold, or withdrawn because their payment went back.

While a bank decides about a payment its reward waits: it is neither earned nor withdrawn.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from billing.services.undone import disputed_invoices, paid_invoice, undone_invoices
from nexusvpn.one_by_one import one_by_one
from referrals.locks import lock_reward
from referrals.models import ReferralProgramme, Reward
from referrals.services.programme import rules
from referrals.services.rewards import EVER, earn, hold, is_too_little, is_undone, reasons_of_payment, withdraw
from referrals.services.suspicion import reasons_for

AT_ONCE = 1_000
# Rows are seen a while after the time that they bear: a sync's transaction lasts half a minute at most.
UNSEEN = timedelta(minutes=10)
State = Reward.State
WITHDRAWN_FROM = (State.PENDING, State.HELD, State.EARNED)


def mature_due_rewards() -> int:
    """Decide about every pending reward whose hold is over; returns how many were earned.

    Those of the suspended and the leaving wait, and those whose payment is disputed.
    """
    due = Reward.objects.filter(state=State.PENDING, matures_at__lte=timezone.now(), user__is_active=True)
    due = due.exclude(invoice_id__in=disputed_invoices())
    return sum(one_by_one(mature, list(due.order_by("matures_at").values_list("pk", flat=True)[:AT_ONCE])))


def mature(reward_id: UUID) -> bool:
    """Earn it, unless its payment went back, or something speaks against it that staff have not looked at; whether it was earned."""
    # The owner's lock closes the race with staff's decision, with the job that looks for refunds, and with another run.
    with transaction.atomic(durable=True):
        reward = lock_reward(reward_id)
        if reward is None or not _is_due(reward):
            return False
        if is_undone(reward.invoice_id) or _went_back_too_far(reward):
            withdraw(reward)
        elif reward.decided_at is None and (reasons := _reasons_now(reward)):
            hold(reward, reasons)
        else:
            earn(reward)
        return reward.state == State.EARNED


def _went_back_too_far(reward: Reward) -> bool:
    """Whether what came back left too little. Of a payment that was kept, what was enough at the promise is enough."""
    paid = paid_invoice(reward.invoice_id)
    return paid is not None and paid.back_minor > 0 and is_too_little(paid)


def _reasons_now(reward: Reward) -> list[str]:
    paid = paid_invoice(reward.invoice_id)
    return [*reasons_for(reward.referral), *(reasons_of_payment(paid) if paid else ())]


def _is_due(reward: Reward) -> bool:
    is_over = reward.matures_at <= timezone.now() and reward.user.is_active
    return reward.state == State.PENDING and is_over and not _is_disputed(reward)


def _is_disputed(reward: Reward) -> bool:
    return disputed_invoices().filter(payment__invoice=reward.invoice_id).exists()


def withdraw_undone_rewards() -> int:
    """Withdraw what was given for payments that went back since the last look; returns how many were.

    The look counts as had only where each was withdrawn: what failed is found again.
    """
    began, since = timezone.now(), _looked_until()
    given = Reward.objects.filter(state__in=WITHDRAWN_FROM, invoice_id__in=undone_invoices(since=since))
    ids = list(given.values_list("pk", flat=True))
    done = one_by_one(withdraw_if_undone, ids)
    if len(done) == len(ids):
        ReferralProgramme.objects.filter(pk=1).update(undone_until=began)
    return sum(done)


def _looked_until() -> datetime:
    until = rules().undone_until
    return EVER if until is None else until - UNSEEN


def withdraw_if_undone(reward_id: UUID) -> bool:
    """Whether it was withdrawn: staff may have refused it, meanwhile."""
    # The owner's lock closes the race with a payout, which spends what is here, and with staff's decision.
    with transaction.atomic(durable=True):
        reward = lock_reward(reward_id)
        if reward is None or reward.state not in WITHDRAWN_FROM or not is_undone(reward.invoice_id):
            return False
        withdraw(reward)
        return True
