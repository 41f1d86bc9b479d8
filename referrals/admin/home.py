"""What of rewards needs staff now, on the admin's home."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from billing.models import PlanPrice
from nexusvpn.admin_site import Notice
from nexusvpn.waiting import Waiting, kinds
from referrals.models import Reward, RewardAmount, RewardPayout
from referrals.services.programme import rules

# The provider answers within minutes; what takes longer is looked at.
SLOW = timedelta(days=1)


def _slow() -> datetime:
    return timezone.now() - SLOW


def _payouts_that_take_long() -> str:
    query = {"state__exact": RewardPayout.State.ASKED.value, "created_at__lt": _slow().isoformat()}
    return f"{reverse('admin:referrals_rewardpayout_changelist')}?{urlencode(query)}"


kinds += [
    Waiting(
        "referrals.view_reward",
        lambda: Reward.objects.filter(state=Reward.State.HELD),
        "created_at",
        ngettext_lazy("%(count)s reward waits for a decision", "%(count)s rewards wait for a decision", "n"),
        lambda: f"{reverse('admin:referrals_reward_changelist')}?decide=yes",
        "warn",
    ),
    Waiting(
        "referrals.view_rewardpayout",
        lambda: RewardPayout.objects.filter(state=RewardPayout.State.ASKED, created_at__lt=_slow()),
        "created_at",
        ngettext_lazy("%(count)s payout has no answer for a day", "%(count)s payouts have no answer for a day", "n"),
        _payouts_that_take_long,
        "warn",
    ),
]


def amounts_that_are_missing(request: HttpRequest) -> Iterable[Notice]:
    """Rewards of people who pay in these currencies wait, since there is no rate to convert them by."""
    if not request.user.has_perm("referrals.view_rewardamount") or not rules().is_open:  # type: ignore[union-attr]
        return
    sold = PlanPrice.objects.filter(is_current=True).exclude(currency__in=RewardAmount.objects.values("currency"))
    missing = sorted(set(sold.order_by().values_list("currency", flat=True)))
    if missing:
        text = _("Plans are sold in %(currencies)s, and a reward has no amount there")
        url = reverse("admin:referrals_rewardamount_changelist")
        yield Notice(text % {"currencies": ", ".join(missing)}, url, "warn")


admin.site.questions.append(amounts_that_are_missing)  # type: ignore[attr-defined]
