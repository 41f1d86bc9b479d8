"""What becomes of a customer's subscriptions when staff shut the account, and when they open it again; asked with the act."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.admin.customer_page import customer_page
from accounts.models import User
from billing.models import Subscription
from billing.services.leaving import ended_since, ending_later, ending_now, going_on


def what_ends(user: User) -> Iterator[str]:
    for subscription in ending_later(user.pk):
        yield _(
            "The subscription (%(plan)s) ends with what is paid for, on %(day)s, and nothing is collected any more. If the person comes "
            "back before, it goes on."
        ) % {"plan": _plan(subscription), "day": date_format(subscription.current_period_end, "DATE_FORMAT")}
    for subscription in ending_now(user.pk):
        yield _(
            "A payment for the subscription (%(plan)s) is missing, so it ends at once and for good: if the person comes back, they have "
            "to buy a plan anew."
        ) % {"plan": _plan(subscription)}


def what_goes_on(user: User) -> Iterator[str]:
    for subscription in going_on(user.pk):
        yield _("The subscription (%(plan)s) goes on: its end is taken back.") % {"plan": _plan(subscription)}
    shut_at = _shut_at(user)
    for subscription in ended_since(user.pk, shut_at) if shut_at else ():
        yield _(
            "The subscription (%(plan)s) has ended meanwhile and stays ended: the person has to buy a plan anew."
        ) % {"plan": _plan(subscription)}


def _plan(subscription: Subscription) -> str:
    return subscription.price.plan.name if subscription.price else _("a price that is not ours")


def _shut_at(user: User) -> datetime | None:
    """When the account was suspended or its deletion began, whichever was first."""
    due = user.deletion_due_at
    left_at = due and due - timedelta(days=settings.DELETION_GRACE_DAYS)
    return min(filter(None, (user.suspended_at, left_at)), default=None)


customer_page.on_shutting.append(what_ends)
customer_page.on_opening.append(what_goes_on)
