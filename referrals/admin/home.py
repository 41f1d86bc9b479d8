"""What of rewards needs staff now, on the admin's home."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from billing.models import PlanPrice
from nexusvpn.admin_site import Notice
from referrals.models import Reward, RewardAmount, RewardPayout
from referrals.services.programme import rules

# No more are counted: whoever reads "100" knows enough.
MOST = 100
# The provider answers within minutes; what takes longer is looked at.
SLOW = timedelta(days=1)


def rewards_that_need_staff(request: HttpRequest) -> Iterable[Notice]:
    if request.user.has_perm("referrals.view_reward"):  # type: ignore[union-attr]
        held = Reward.objects.filter(state=Reward.State.HELD).order_by()[:MOST].count()
        url = f"{reverse('admin:referrals_reward_changelist')}?decide=yes"
        yield from _counted(held, "reward waits for a decision", "rewards wait for a decision", url)
    if request.user.has_perm("referrals.view_rewardpayout"):  # type: ignore[union-attr]
        slow = RewardPayout.objects.filter(state=RewardPayout.State.ASKED, created_at__lt=timezone.now() - SLOW)
        url = f"{reverse('admin:referrals_rewardpayout_changelist')}?state__exact=asked"
        count = slow.order_by()[:MOST].count()
        yield from _counted(count, "payout has no answer for a day", "payouts have no answer for a day", url)
    if request.user.has_perm("referrals.view_rewardamount") and rules().is_open:  # type: ignore[union-attr]
        yield from _currencies_without_amount()


def _counted(count: int, one: str, many: str, url: str) -> Iterable[Notice]:
    if count:
        yield Notice(f"{count}{'+' if count == MOST else ''} {one if count == 1 else many}", url, "warn")


def _currencies_without_amount() -> Iterable[Notice]:
    """Rewards of people who pay in these wait, since there is no rate to convert them by."""
    sold = PlanPrice.objects.filter(is_current=True).exclude(currency__in=RewardAmount.objects.values("currency"))
    missing = sorted(set(sold.order_by().values_list("currency", flat=True)))
    if missing:
        text = f"Plans are sold in {', '.join(missing)}, and a reward has no amount there"
        yield Notice(text, reverse("admin:referrals_rewardamount_changelist"), "warn")


admin.site.questions.append(rewards_that_need_staff)  # type: ignore[attr-defined]
