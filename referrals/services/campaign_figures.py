"""What campaigns brought, for staff: in all, and day by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Aggregate, Count, F, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate

from billing.services.undone import disputed_invoices, undone_invoices
from referrals.models import Campaign, CampaignDay, CampaignSignup


@dataclass(slots=True)
class Figures:
    """Of a campaign or one of its days. Paid and revenue are first payments that stayed; `undone` are those that went back."""

    visits: int = 0
    signups: int = 0
    paid: int = 0
    undone: int = 0
    # By currency, in its smallest unit.
    revenue: dict[str, int] = field(default_factory=dict)

    @property
    def signup_rate(self) -> float | None:
        return self.signups / self.visits if self.visits else None

    @property
    def paid_rate(self) -> float | None:
        return self.paid / self.signups if self.signups else None

    def add_payments(self, currency: str, count: int, minor: int, undone: int) -> None:
        self.paid += count
        self.undone += undone
        if minor:
            self.revenue[currency] = self.revenue.get(currency, 0) + minor


def campaign_figures(campaigns: Sequence[UUID]) -> dict[UUID, Figures]:
    """Of each of these campaigns, those without anything included."""
    rows = Campaign.objects.filter(pk__in=campaigns).order_by()
    counted = rows.values_list("pk", _of_each(CampaignDay, Sum("visits")), _of_each(CampaignSignup, Count("pk")))
    found = {pk: Figures(visits=visits or 0, signups=signups or 0) for pk, visits, signups in counted}
    for pk, *payments in _payments(CampaignSignup.objects.filter(campaign__in=campaigns).order_by(), F("campaign")):
        found[pk].add_payments(*payments)
    return found


def _of_each(model: type[CampaignDay | CampaignSignup], total: Aggregate) -> Subquery:
    rows = model._default_manager.filter(campaign=OuterRef("pk")).order_by().values("campaign")
    return Subquery(rows.annotate(total=total).values("total"))


def campaign_days(campaign: Campaign) -> list[tuple[date, Figures]]:
    """Every day (UTC) on which anything happened, the latest first. A payment stands at its own day."""
    days: defaultdict[date, Figures] = defaultdict(Figures)
    for day, count in campaign.days.values_list("day", "visits"):
        days[day].visits = count
    signups = CampaignSignup.objects.filter(campaign=campaign).order_by()
    for day, count in signups.annotate(of=TruncDate("created_at")).values_list("of").annotate(Count("pk")):
        days[day].signups = count
    for day, *payments in _payments(signups, TruncDate("paid_at")):
        days[day].add_payments(*payments)
    return sorted(days.items(), reverse=True)


def _payments(signups: QuerySet[CampaignSignup], by: Any) -> Iterable[tuple[Any, ...]]:
    """First payments as (what `by` gives, currency, how many stayed, their sum, how many went back)."""
    paid = signups.filter(paid_at__isnull=False)
    first = paid.aggregate(Min("paid_at"))["paid_at__min"]
    if first is None:
        return []
    # Money that a bank has not decided about is not counted as there.
    back = Q(invoice_id__in=undone_invoices(since=first)) | Q(invoice_id__in=disputed_invoices())
    return (
        paid.annotate(of=by)
        .values("of", "currency")
        .annotate(
            stayed=Count("pk", filter=~back),
            minor=Coalesce(Sum("paid_minor", filter=~back), 0),
            went_back=Count("pk", filter=back),
        )
        .values_list("of", "currency", "stayed", "minor", "went_back")
    )
