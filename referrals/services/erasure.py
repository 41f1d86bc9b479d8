"""What is left of an erased person's referrals: rewards, payouts and entries as ids, amounts and times, for the books."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, Q, QuerySet

from accounts.models import User
from nexusvpn.batches import delete_some
from nexusvpn.staff_history import forget_names
from referrals.models import Referral, Reward, RewardPayout
from referrals.services.rewards import withdraw

PROMISED = (Reward.State.PENDING, Reward.State.HELD)


def erase_referrals(user: User, batch: int) -> bool:
    """Forget some rows; returns whether more may be left. The person is locked, so no payment promises anything meanwhile.

    Who brought them keeps the number, and their own reward. Whom they brought is nobody's business any more; a referral that was rewarded
    stays, for the books, and names nobody who is gone.
    """
    return any(
        [
            _cancel_some(user, batch),
            delete_some(Referral.objects.made_by(user).filter(rewards=None), batch),
            _forget_what_staff_wrote(user),
        ]
    )


def _cancel_some(user: User, at_most: int) -> bool:
    promised = list(Reward.objects.select_related("user").filter(user=user, state__in=PROMISED)[:at_most])
    for reward in promised:
        withdraw(reward)
    return len(promised) == at_most


def _forget_what_staff_wrote(user: User) -> bool:
    about = Q(user=user) | Q(referral__referred=user) | Q(referral__referrer=user)
    noted = Reward.objects.filter(about)
    noted.exclude(decision_note="").update(decision_note="")
    written: list[tuple[type[Model], QuerySet[Any]]] = [(Reward, noted), (RewardPayout, user.reward_payouts.all())]
    for model, rows in written:
        forget_names(model, rows.values_list("pk", flat=True))
    return False
