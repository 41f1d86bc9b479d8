"""The rule of `billing.standing` as a condition, for lists of many people. The rule itself is there; a test holds the two equal."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from billing.models import Plan, PlanGrant, Subscription
from billing.states import terms

_Moment = datetime | Combinable
Status = Subscription.Status


def grants_in_force(prefix: str = "") -> Q:
    """The grants that hold now."""
    unlimited = Q(**{f"{prefix}valid_until": None}) | Q(**{f"{prefix}valid_until__gt": Now()})
    return Q(**{f"{prefix}revoked_at": None}) & unlimited


def subscriptions_in_force(at: datetime | None = None) -> Q:
    """The subscriptions that give their plan at a time, or now by the database's clock."""
    now: _Moment = at or Now()
    gives = Q(price__isnull=False, is_surplus=False, withheld="")
    goes_on = Q(cancel_at__gt=now) | Q(cancel_at=None) & (Q(cancel_at_period_end=False) | Q(current_period_end__gt=now))
    return gives & goes_on & (_in_grace(now) | _in_pause(now) | _in_trial(now) | _in_period(now))


def plan_name_now(person: str = "pk") -> Subquery:
    """The name of the highest plan that a person (`person` of the outer query's row) has, as `entitlement_for` finds it."""
    return _plan_now("name", person)


def plan_code_now() -> Subquery:
    """The code of the highest plan of the outer query's person."""
    return _plan_now("code", "pk")


def _plan_now(column: str, person: str) -> Subquery:
    own = {"user": OuterRef(OuterRef(person)), "plan": OuterRef("pk")}
    granted = PlanGrant.objects.filter(grants_in_force(), **own)
    subscribed = Subscription.objects.filter(subscriptions_in_force(), user=own["user"], price__plan=own["plan"])
    held = Plan.objects.filter(Q(code=Plan.FREE) | Exists(granted) | Exists(subscribed))
    return Subquery(held.order_by("-rank").values(column)[:1])


def _in_grace(now: _Moment) -> Q:
    since = now - terms().grace
    due = Q(unpaid_since__gt=since) | Q(unpaid_since=None, current_period_start__gt=since)
    return Q(status__in=[Status.PAST_DUE, Status.UNPAID]) & due


def _in_pause(now: _Moment) -> Q:
    return Q(status__in=[Status.ACTIVE, Status.TRIALING], paid_until__gt=now) & ~Q(pause_behavior="")


def _in_trial(now: _Moment) -> Q:
    since = now - terms().slack
    lasts = Q(trial_end__gt=since) | Q(trial_end=None, current_period_end__gt=since)
    return Q(status=Status.TRIALING, pause_behavior="") & lasts


def _in_period(now: _Moment) -> Q:
    since = now - terms().slack
    # The period began, was not paid for, and there is nothing to be paid.
    is_bare = Q(unpaid_since=None, paid_until__isnull=False, paid_until__lte=F("current_period_start"))
    covered = (is_bare & Q(paid_until__gt=since)) | (~is_bare & Q(current_period_end__gt=since))
    return Q(status=Status.ACTIVE, pause_behavior="") & covered
