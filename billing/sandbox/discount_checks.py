"""What Stripe refuses when a coupon or a promotion code is made."""

from __future__ import annotations

import re

from billing.sandbox.clock import DAY
from billing.sandbox.errors import StripeError
from billing.sandbox.shapes import Obj

_CODE = re.compile(r"[A-Za-z0-9-]{1,500}")
_FURTHEST = 5 * 366 * DAY


def check_promotion(params: Obj, coupon: Obj, now: int) -> None:
    """https://docs.stripe.com/api/promotion_codes/create"""
    if "code" in params and not _CODE.fullmatch(params["code"]):
        raise StripeError("Invalid code: only letters, digits and dashes may be used", param="code")
    if not coupon["valid"]:
        raise StripeError(f"Coupon expired: {coupon['id']}", code="coupon_expired", param="promotion[coupon]")
    check_positive(params, "max_redemptions")
    check_time(params, "expires_at", now)
    for name, bound in (("max_redemptions", "max_redemptions"), ("expires_at", "redeem_by")):
        if coupon[bound] is not None and params.get(name, 0) > coupon[bound]:
            raise StripeError(f"`{name}` cannot be greater than the coupon's `{bound}`", param=name)
    restrictions = params.get("restrictions", {})
    if ("minimum_amount" in restrictions) != ("minimum_amount_currency" in restrictions):
        raise StripeError(
            "`minimum_amount` goes with `minimum_amount_currency`", param="restrictions[minimum_amount_currency]"
        )


def check_minimum(promotion: Obj, lines: list[Obj], currency: str) -> None:
    """Of what is bought with it, before anything is taken off."""
    minimum = promotion["restrictions"]["minimum_amount"]
    of_it = promotion["restrictions"]["minimum_amount_currency"]
    if minimum is None:
        return
    if of_it != currency or sum(line["amount_subtotal"] for line in lines) < minimum:
        raise StripeError("This promotion code needs a larger purchase.", param="promotion_code")


def check_positive(params: Obj, *names: str) -> None:
    for name in names:
        if params.get(name, 1) < 1:
            raise StripeError("This value must be greater than or equal to 1.", param=name)


def check_time(params: Obj, name: str, now: int) -> None:
    at = params.get(name)
    if at is not None and not now < at <= now + _FURTHEST:
        raise StripeError(f"Invalid timestamp: {name} must be in the future, and within five years", param=name)
