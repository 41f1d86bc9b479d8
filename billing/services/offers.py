"""What is on sale now: the plans with their prices, from one place for the landing page, the billing page and the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef
from django.db.models.functions import JSONObject

from accounts.models import User
from billing.entitlements import Entitlement
from billing.gateway.client import sells
from billing.models import Interval, Plan, PlanPrice, Subscription

# What is told of a price.
PRICE = ("interval", "currency", "amount_minor")


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan and its current prices. `month` and `year` are those of the asked currency, None where it is not sold so."""

    plan: Plan
    prices: list[PlanPrice]
    currency: str

    @property
    def month(self) -> PlanPrice | None:
        return self.price(Interval.MONTH)

    @property
    def year(self) -> PlanPrice | None:
        return self.price(Interval.YEAR)

    @property
    def is_free(self) -> bool:
        """Whether it is what everybody has: it is not sold, in no currency."""
        return self.plan.code == Plan.FREE

    @property
    def saving_minor(self) -> int | None:
        """What a year costs less than twelve months; None where it does not."""
        if self.month is None or self.year is None:
            return None
        saving = 12 * self.month.amount_minor - self.year.amount_minor
        return saving if saving > 0 else None

    def price(self, interval: str) -> PlanPrice | None:
        return next((p for p in self.prices if (p.interval, p.currency) == (interval, self.currency)), None)


def offers(currency: str | None = None) -> list[Offer]:
    """The plans that are offered, the smallest first, with their current prices; one query."""
    shown = (currency or settings.BILLING_CURRENCY).upper()
    plans = Plan.objects.filter(is_offered=True).annotate(beside=prices_beside())
    return [Offer(plan, prices_of(plan, plan.beside), shown) for plan in plans]


def roomier_plan(user: User, entitlement: Entitlement) -> Plan | None:
    """The smallest plan on sale with room for more devices than somebody has now; None where nothing can be bought. One query.

    None also for somebody who subscribes to more than they have, and lacks but a payment.
    """
    if not sells():
        return None
    rank, devices = entitlement.plan_rank, entitlement.device_limit
    withheld = Subscription.objects.filter(user=user, status__in=Subscription.LIVE, price__plan__rank__gt=rank)
    priced = PlanPrice.objects.filter(plan=OuterRef("pk"), is_current=True)
    roomier = Plan.objects.filter(is_offered=True, rank__gt=rank, device_limit__gt=devices)
    return roomier.filter(Exists(priced), ~Exists(withheld)).order_by("rank").first()


def prices_beside() -> ArraySubquery:
    """For a query of plans: each with its current prices, so that they need no second one. What `prices_of` reads."""
    values = {name: name for name in ("id", *PRICE)}
    of_plan = PlanPrice.objects.filter(plan=OuterRef("pk"), is_current=True).order_by("currency", "interval")
    return ArraySubquery(of_plan.values(shown=JSONObject(**values)))


def prices_of(plan: Plan, beside: list[dict[str, Any]]) -> list[PlanPrice]:
    return [PlanPrice(plan=plan, is_current=True, **values) for values in beside]


def currencies() -> list[str]:
    """Every currency that something is sold in now, in alphabetical order."""
    return sorted(
        set(PlanPrice.objects.filter(is_current=True, plan__is_offered=True).values_list("currency", flat=True))
    )
