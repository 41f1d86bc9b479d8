"""Plans as staff change them, and everybody whom such a change concerns."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from procrastinate.contrib.django import app

from accounts.models import User
from billing.models import Plan, PlanGrant, Subscription
from billing.signals import entitlement_changed
from nexusvpn.context import current_request_id

# What an entitlement is made of; name, description and price concern nobody's tunnels.
ENTITLING = {"rank", "device_limit", "quota_bytes", "premium_locations"}
AT_ONCE = 500


def edit_plan(plan: Plan, changed: Collection[str]) -> None:
    """Write the changed fields of a plan; what its holders may use is settled by jobs that exist exactly if this commits."""
    if not changed:
        return
    with transaction.atomic():
        plan.save(update_fields=changed)
        if ENTITLING & set(changed):
            _tell_holders_later(plan.pk)


def tell_holders(*, plan_id: int, after: UUID | None = None) -> int:
    """Tell of the next people who have a plan, in the order of their ids, and ask for the rest. Returns how many. May be repeated.

    A plan that is given or bought meanwhile needs no place in this order: that tells of it.
    """
    with transaction.atomic(durable=True):
        plan = Plan.objects.get(pk=plan_id)
        people = User.objects.order_by("pk")
        if plan.code != Plan.FREE:
            # Also whose grant or subscription is just ending: settling somebody in vain costs little.
            granted = PlanGrant.objects.filter(plan=plan, revoked_at=None)
            subscribed = Subscription.objects.filter(price__plan=plan, status__in=Subscription.LIVE)
            people = people.filter(Q(pk__in=granted.values("user")) | Q(pk__in=subscribed.values("user")))
        if after is not None:
            people = people.filter(pk__gt=after)
        found = list(people.values_list("pk", flat=True)[:AT_ONCE])
        for user_id in found:
            entitlement_changed.send(sender=Plan, user_id=user_id)
        if len(found) == AT_ONCE:
            _tell_holders_later(plan_id, after=found[-1])
    return len(found)


def _tell_holders_later(plan_id: int, after: UUID | None = None) -> None:
    app.configure_task("billing.tasks.tell_holders_of", queue="fleet").defer(
        plan_id=plan_id, after=None if after is None else str(after), request_id=current_request_id()
    )
