"""Subscriptions as `billing.standing` reads them."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings

from billing.models import Subscription
from billing.standing import Standing, State, Terms, standing


def terms() -> Terms:
    """How patient this service is."""
    return _terms(settings.DUNNING_GRACE_DAYS, settings.RENEWAL_SLACK_HOURS, tuple(settings.DUNNING_MAIL_DAYS))


@lru_cache(maxsize=4)
def _terms(grace_days: int, slack_hours: int, mail_days: tuple[int, ...]) -> Terms:
    return Terms(timedelta(days=grace_days), timedelta(hours=slack_hours), mail_days)


def state_of(subscription: Subscription) -> State:
    return State(
        status=subscription.status,
        current_period_start=subscription.current_period_start,
        current_period_end=subscription.current_period_end,
        terms=terms(),
        trial_end=subscription.trial_end,
        cancel_at_period_end=subscription.cancel_at_period_end,
        cancel_at=subscription.cancel_at,
        ended_at=subscription.ended_at,
        is_paused=bool(subscription.pause_behavior),
        pause_resumes_at=subscription.pause_resumes_at,
        paid_until=subscription.paid_until,
        unpaid_since=subscription.unpaid_since,
        withheld=subscription.withheld,
        has_price=subscription.price_id is not None,
        is_surplus=subscription.is_surplus,
    )


def standing_of(subscription: Subscription, at: datetime) -> Standing:
    return standing(state_of(subscription), at)
