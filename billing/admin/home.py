"""What of payments needs staff now, on the admin's home."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from billing.models import Coupon, Discrepancy, Dispute, PromotionCode, Standing, StripeEvent, StripeOrder
from nexusvpn.admin_site import Notice

# Bills are dealt with within days; what is older was seen.
RECENT = timedelta(days=14)
# No more are counted: whoever reads "100" knows enough.
MOST = 100


def payments_that_need_staff(request: HttpRequest) -> Iterable[Notice]:
    since = timezone.now() - RECENT
    yield from _counted(
        request,
        Dispute.objects.filter(status="needs_response"),
        "dispute waits for an answer",
        "disputes wait for an answer",
        "status__exact=needs_response",
        "bad",
    )
    yield from _counted(
        request,
        StripeEvent.objects.filter(state=StripeEvent.State.FAILED),
        "event of Stripe could not be processed",
        "events of Stripe could not be processed",
        "state__exact=failed",
        "bad",
    )
    yield from _counted(
        request,
        Discrepancy.objects.filter(healed_at=None, closed_at=None),
        "difference from Stripe did not heal",
        "differences from Stripe did not heal",
        "healed_at__isempty=1&closed_at__isempty=1",
        "bad",
    )
    yield from _counted(
        request,
        StripeOrder.objects.filter(state=StripeOrder.State.REFUSED, is_durable=True, finished_at__gt=since),
        "order was refused by Stripe in the last two weeks",
        "orders were refused by Stripe in the last two weeks",
        "state__exact=refused&is_durable__exact=1",
        "warn",
    )
    # One that was not made was seen after a while; one that was to end can still be used, until it is ended.
    refused = Q(standing=Standing.REFUSED, created_at__gt=since) | (Q(standing=Standing.LIVE) & ~Q(refusal=""))
    yield from _counted(
        request,
        Coupon.objects.filter(refused),
        "coupon, or its end, was refused by Stripe",
        "coupons, or their ends, were refused by Stripe",
        "refusal__isempty=0",
        "warn",
    )
    yield from _counted(
        request,
        PromotionCode.objects.filter(refused),
        "promotion code, or its end, was refused by Stripe",
        "promotion codes, or their ends, were refused by Stripe",
        "refusal__isempty=0",
        "warn",
    )


def _counted(
    request: HttpRequest, rows: QuerySet[Model], one: str, many: str, query: str, tone: str
) -> Iterable[Notice]:
    name = rows.model._meta.model_name
    if not request.user.has_perm(f"billing.view_{name}"):  # type: ignore[union-attr]
        return
    if count := rows.order_by()[:MOST].count():
        words = f"{count}{'+' if count == MOST else ''} {one if count == 1 else many}"
        yield Notice(words, f"{reverse(f'admin:billing_{name}_changelist')}?{query}", tone)


admin.site.questions.append(payments_that_need_staff)  # type: ignore[attr-defined]
