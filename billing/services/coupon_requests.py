"""Asking Stripe for what was decided about coupons and promotion codes; again after a kill or a lost answer, and once all the same.

A coupon has the id that we gave it, a code our row's in its metadata: so what a lost answer left is found, also when Stripe has
forgotten the key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db.models import Case, F, When
from django.db.models.functions import Greatest
from django.utils import timezone

from billing.gateway.client import JOB_S, Object, Stripe, keyed, sells
from billing.gateway.errors import GatewayMissing, GatewayRefused, KeyReused, PaymentsUnavailable
from billing.models import Coupon, PromotionCode, Standing
from billing.models.coupons import WAITING
from billing.services.coupons_sync import CODE, end_coupon_here, find_coupon, write_code, write_coupon
from billing.services.orders import KEYS_LIVE, UNANSWERED
from nexusvpn.logs import logger
from nexusvpn.one_by_one import one_by_one

AT_ONCE = 100
COUPON_IS_OVER = "its coupon cannot be used any more"
NOT_ENDED = "Stripe did not end it"
log = logger(__name__)


def ask_for_discounts() -> int:
    """Have made and ended what waits for it; returns how much was settled. May be repeated, and run at the same time.

    Stripe that does not answer ends the run, as with `finish_open_orders`.
    """
    if not sells():
        return 0
    away: list[UUID] = []
    return sum(one_by_one(lambda settle: settle(), _while_answered(away)))


def _while_answered(away: list[UUID]) -> Iterator[Callable[[], bool]]:
    for model, id in _waiting():
        if len(away) == UNANSWERED:
            return
        yield partial(_settle, model, id, away)


def _waiting() -> list[tuple[type[Coupon] | type[PromotionCode], UUID]]:
    """Those that were tried least first: what Stripe does not answer about holds up nothing else. Coupons before the codes for them."""
    coupons = Coupon.objects.annotate(tried=F("attempts"))
    # A code whose coupon is not made is nothing to ask for yet.
    with_coupon = When(coupon__standing=Standing.ASKED, then=Greatest("attempts", "coupon__attempts"))
    codes = PromotionCode.objects.annotate(tried=Case(with_coupon, default="attempts"))
    found = [
        (tried, model, id)
        for model, rows in ((Coupon, coupons), (PromotionCode, codes))
        for tried, id in rows.filter(standing__in=WAITING)
        .order_by("tried", "created_at", "pk")
        .values_list("tried", "pk")[:AT_ONCE]
    ]
    return [(model, id) for _, model, id in sorted(found, key=itemgetter(0))]


def _settle(model: type[Coupon] | type[PromotionCode], id: UUID, away: list[UUID]) -> bool:
    # Before it is asked for, so that what ends the process counts too.
    model._default_manager.filter(pk=id, standing__in=WAITING).update(attempts=F("attempts") + 1)
    with Stripe(within_s=JOB_S, retries=1) as api:
        try:
            return _settle_coupon(id, api) if model is Coupon else _settle_code(id, api)
        except PaymentsUnavailable:
            away.append(id)
            return False


def _settle_coupon(id: UUID, api: Stripe) -> bool:
    row = Coupon.objects.filter(pk=id, standing__in=WAITING).first()
    if row is None:
        return False
    if row.standing == Standing.ASKED:
        return _make_coupon(row, api)
    try:
        api.call(lambda v1: v1.coupons.delete(row.stripe_id))
    except GatewayMissing:
        pass
    except GatewayRefused as refused:
        _refuse(row, Standing.LIVE, refused.words or NOT_ENDED)
        return True
    end_coupon_here(row.stripe_id)
    return True


def _make_coupon(row: Coupon, api: Stripe) -> bool:
    asked_at = timezone.now()
    try:
        found = api.call(lambda v1: v1.coupons.create(coupon_parameters(row), options=keyed(row.pk)))
    except (GatewayRefused, KeyReused) as refused:
        # It exists already where Stripe has forgotten the key under which it was made.
        there = find_coupon(row.stripe_id, api)
        if there is None:
            _refuse(row, Standing.REFUSED, _words(refused))
            return True
        found = there
    write_coupon(found, asked_at)
    return True


def coupon_parameters(row: Coupon) -> Any:
    """A pure function of terms that never change: the very same request when it is repeated."""
    terms: Object = {"id": row.stripe_id, "name": row.name, "duration": row.duration}
    if row.percent_off is not None:
        terms["percent_off"] = float(row.percent_off)
    else:
        terms |= {"amount_off": row.amount_minor, "currency": row.currency.lower()}
    if row.duration_months is not None:
        terms["duration_in_months"] = row.duration_months
    if row.max_redemptions is not None:
        terms["max_redemptions"] = row.max_redemptions
    if row.redeem_by is not None:
        terms["redeem_by"] = int(row.redeem_by.timestamp())
    return terms


def _settle_code(id: UUID, api: Stripe) -> bool:
    row = PromotionCode.objects.select_related("coupon").filter(pk=id, standing__in=WAITING).first()
    if row is None or row.coupon.standing == Standing.ASKED:
        return False
    if row.standing == Standing.ASKED:
        return _make_code(row, api)
    asked_at = timezone.now()
    try:
        found = api.call(lambda v1: v1.promotion_codes.update(str(row.stripe_id), {"active": False}))
    except GatewayMissing:
        PromotionCode.objects.filter(pk=id).update(standing=Standing.ENDED, synced_at=timezone.now())
    except GatewayRefused as refused:
        _refuse(row, Standing.LIVE, refused.words or NOT_ENDED)
    else:
        write_code(found, row.coupon, asked_at)
    return True


def _make_code(row: PromotionCode, api: Stripe) -> bool:
    if row.coupon.standing != Standing.LIVE:
        _refuse(row, Standing.REFUSED, COUPON_IS_OVER)
        return True
    asked_at = timezone.now()
    found = _find_code(row, api) if row.created_at < asked_at - KEYS_LIVE else None
    try:
        found = found or api.call(lambda v1: v1.promotion_codes.create(code_parameters(row), options=keyed(row.pk)))
    except GatewayMissing:
        _refuse(row, Standing.REFUSED, COUPON_IS_OVER)
        return True
    except (GatewayRefused, KeyReused) as refused:
        found = _find_code(row, api)
        if found is None:
            _refuse(row, Standing.REFUSED, _words(refused))
            return True
    write_code(found, row.coupon, asked_at)
    return True


def code_parameters(row: PromotionCode) -> Any:
    """As `coupon_parameters`."""
    terms: Object = {
        "promotion": {"type": "coupon", "coupon": row.coupon.stripe_id},
        "code": row.code,
        "metadata": {CODE: str(row.pk)},
    }
    if row.max_redemptions is not None:
        terms["max_redemptions"] = row.max_redemptions
    if row.expires_at is not None:
        terms["expires_at"] = int(row.expires_at.timestamp())
    restrictions: Object = {"first_time_transaction": True} if row.first_time_only else {}
    if row.minimum_minor is not None:
        restrictions |= {
            "minimum_amount": row.minimum_minor,
            "minimum_amount_currency": row.minimum_currency.lower(),
        }
    return {**terms, "restrictions": restrictions} if restrictions else terms


def _find_code(row: PromotionCode, api: Stripe) -> Object | None:
    """What a request for this row made whose answer was lost."""
    listed = api.each(lambda v1, page: v1.promotion_codes.list(page), code=row.code)
    return next((one for one in listed if (one.get("metadata") or {}).get(CODE) == str(row.pk)), None)


def _words(refused: GatewayRefused | KeyReused) -> str:
    """Stripe's own sentence, which staff alone see."""
    return getattr(refused, "words", "") or getattr(refused, "stripe_code", "") or refused.code


def _refuse(row: Coupon | PromotionCode, standing: Standing, why: str) -> None:
    waiting = type(row)._default_manager.filter(pk=row.pk, standing=row.standing)
    if waiting.update(standing=standing, refusal=why[:200]):
        log.error("discount_refused", id=row.pk, kind=row._meta.model_name, was=str(row.standing))
