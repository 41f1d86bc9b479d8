"""Bringing what we have of coupons and promotion codes to what Stripe has: after an event of theirs, and all of them every hour.

How often one was used is no event of its own: that is as of the last hour.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from billing.gateway.client import JOB_S, Object, Stripe, sells
from billing.gateway.errors import GatewayMissing
from billing.gateway.values import id_of, moment
from billing.inserts import insert_once
from billing.models import Coupon, PromotionCode, Standing
from nexusvpn.logs import logger

# Our name for our row in the metadata of a promotion code.
CODE = "nexusvpn_promotion_code"
ABOUT_DISCOUNTS = ("coupon.", "promotion_code.")
# A list of many pages takes its time.
WITHIN_S = 120.0
Row = Coupon | PromotionCode
log = logger(__name__)


def is_about_discounts(event_type: str) -> bool:
    return event_type.startswith(ABOUT_DISCOUNTS)


def follow_discount(event_type: str, id: str) -> None:
    """Look at the one that an event is about. Raises PaymentsUnavailable."""
    with Stripe(within_s=JOB_S) as api:
        if event_type.startswith("coupon."):
            _look_at_coupon(id, api)
        else:
            _look_at_code(id, api)


def follow_discounts() -> int:
    """Look at all of them; returns how many there are. May be repeated, and run at the same time. Raises PaymentsUnavailable."""
    if not sells():
        return 0
    begun = timezone.now()
    coupons, codes = set(), set()
    with Stripe(within_s=WITHIN_S, retries=2) as api:
        for found in api.each(lambda v1, page: v1.coupons.list(page)):
            coupons.add(found["id"])
            write_coupon(found, begun)
        ours = {row.stripe_id: row for row in Coupon.objects.filter(stripe_id__in=coupons)}
        for found in api.each(lambda v1, page: v1.promotion_codes.list(page)):
            codes.add(found["id"])
            if coupon := ours.get(_coupon_of(found)):
                write_code(found, coupon, begun)
    _end_unlisted(coupons, codes, begun)
    return len(coupons) + len(codes)


def find_coupon(id: str, api: Stripe) -> Object | None:
    try:
        found = api.call(lambda v1: v1.coupons.retrieve(id))
    except GatewayMissing:
        return None
    return None if found.get("deleted") else found


def write_coupon(found: Object, asked_at: datetime) -> None:
    """`asked_at` is when Stripe was asked: what was asked before does not undo what was asked after it."""
    # Without a name customers see the id.
    facts = {"name": (found["name"] or found["id"])[:40], "times_redeemed": found["times_redeemed"]}
    row = Coupon.objects.filter(stripe_id=found["id"]).first()
    if row is None:
        row = _coupon(found, facts)
        if row is None or insert_once(row):
            return
    _update(row, facts, is_live=_is_usable(found, found["valid"], "redeem_by"), asked_at=asked_at)


def write_code(found: Object, coupon: Coupon, asked_at: datetime) -> None:
    """As `write_coupon`. One that we asked for, and whose answer was lost, is known by our row's id."""
    facts = {"times_redeemed": found["times_redeemed"]}
    row = PromotionCode.objects.filter(Q(stripe_id=found["id"]) | Q(stripe_id=None, pk=_named(found))).first()
    is_live = _is_usable(found, found["active"], "expires_at")
    if row is None:
        restricted = found["restrictions"]
        row = PromotionCode(
            stripe_id=found["id"],
            coupon=coupon,
            code=found["code"],
            max_redemptions=found["max_redemptions"],
            expires_at=moment(found["expires_at"]),
            first_time_only=restricted["first_time_transaction"],
            minimum_minor=restricted["minimum_amount"] or None,
            minimum_currency=(restricted["minimum_amount_currency"] or "").upper(),
            is_personal=bool(found["customer"]),
            standing=Standing.LIVE if is_live else Standing.ENDED,
            created_at=moment(found["created"]) or asked_at,
            synced_at=asked_at,
            **facts,
        )
        if not _fits(row, "code", "stripe_id") or insert_once(row):
            return
    _update(row, {**facts, "stripe_id": found["id"]}, is_live=is_live, asked_at=asked_at)


def end_coupon_here(stripe_id: str) -> None:
    """It is not at Stripe any more, so nobody can use its codes either."""
    over = {"standing": Standing.ENDED, "synced_at": timezone.now()}
    # Whoever sees the coupon ended sees its codes ended.
    with transaction.atomic():
        Coupon.objects.filter(stripe_id=stripe_id).update(**over)
        codes = PromotionCode.objects.filter(coupon__stripe_id=stripe_id)
        codes.filter(standing__in=(Standing.LIVE, Standing.ENDING)).update(**over)


def _look_at_coupon(id: str, api: Stripe) -> None:
    asked_at = timezone.now()
    found = find_coupon(id, api)
    if found is None:
        end_coupon_here(id)
    else:
        write_coupon(found, asked_at)


def _look_at_code(id: str, api: Stripe) -> None:
    asked_at = timezone.now()
    try:
        found = api.call(lambda v1: v1.promotion_codes.retrieve(id))
    except GatewayMissing:
        PromotionCode.objects.filter(stripe_id=id).update(standing=Standing.ENDED, synced_at=asked_at)
        return
    of = _coupon_of(found)
    if not Coupon.objects.filter(stripe_id=of).exists():
        _look_at_coupon(of, api)
    if coupon := Coupon.objects.filter(stripe_id=of).first():
        write_code(found, coupon, asked_at)


def _coupon(found: Object, facts: dict[str, Any]) -> Coupon | None:
    """One that was made at Stripe itself; None where our columns have no room for it."""
    percent = found["percent_off"]
    row = Coupon(
        stripe_id=found["id"],
        percent_off=None if percent is None else max(round(Decimal(str(percent)), 2), Decimal("0.01")),
        amount_minor=found["amount_off"],
        currency=(found["currency"] or "").upper(),
        duration=found["duration"],
        duration_months=found["duration_in_months"],
        max_redemptions=found["max_redemptions"],
        redeem_by=moment(found["redeem_by"]),
        standing=Standing.LIVE if _is_usable(found, found["valid"], "redeem_by") else Standing.ENDED,
        created_at=moment(found["created"]) or timezone.now(),
        synced_at=timezone.now(),
        **facts,
    )
    return row if _fits(row, "stripe_id") else None


def _fits(row: Row, *names: str) -> bool:
    """Stripe's own limits are wider. One that does not fit works there, and is not shown here."""
    for name in names:
        if len(getattr(row, name)) > row._meta.get_field(name).max_length:  # type: ignore[union-attr, operator]
            log.error("discount_not_kept", field=name, length=len(getattr(row, name)))
            return False
    return True


def _update(row: Row, facts: dict[str, Any], *, is_live: bool, asked_at: datetime) -> None:
    """What is being ended is live at Stripe until it has been."""
    if is_live and row.standing != Standing.ENDING:
        facts |= {"standing": Standing.LIVE, "refusal": row.refusal if row.standing == Standing.LIVE else ""}
    elif not is_live:
        facts["standing"] = Standing.ENDED
    # Its standing too: staff may have ended it since it was read.
    unchanged = type(row)._default_manager.filter(
        Q(synced_at=None) | Q(synced_at__lte=asked_at), pk=row.pk, standing=row.standing
    )
    try:
        with transaction.atomic():
            unchanged.update(**facts, synced_at=asked_at)
    except IntegrityError:
        # A code that was made usable again there, while one of the same name waits here: Stripe will refuse that one.
        log.warning("promotion_code_twice", id=row.pk)


def _end_unlisted(coupons: Iterable[str], codes: Iterable[str], begun: datetime) -> None:
    """Deleted at Stripe, and nobody told us. What was made while the list was read is not in it."""
    before = Q(standing__in=(Standing.LIVE, Standing.ENDING), synced_at__lt=begun - timedelta(minutes=1))
    for gone in Coupon.objects.filter(before).exclude(stripe_id__in=coupons).values_list("stripe_id", flat=True):
        end_coupon_here(gone)
    lost = PromotionCode.objects.filter(before).exclude(stripe_id__in=codes)
    lost.update(standing=Standing.ENDED, synced_at=begun)


def _is_usable(found: Object, says: bool, end: str) -> bool:
    """Stripe's word; a time that is over is so at once."""
    at = moment(found[end])
    return says and (at is None or at > timezone.now())


def _coupon_of(found: Object) -> str:
    return id_of(found["promotion"]["coupon"])


def _named(found: Object) -> UUID | None:
    try:
        return UUID((found.get("metadata") or {}).get(CODE))
    except (TypeError, ValueError):
        return None
