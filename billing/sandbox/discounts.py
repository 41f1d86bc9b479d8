"""Coupons, promotion codes and the discounts made of them: https://docs.stripe.com/billing/subscriptions/coupons."""

from __future__ import annotations

from typing import Any

from billing.sandbox.clock import add_interval
from billing.sandbox.discount_checks import check_positive, check_promotion, check_time
from billing.sandbox.errors import StripeError, no_such
from billing.sandbox.listing import page, within
from billing.sandbox.metadata import checked, update_plain
from billing.sandbox.money import check_currency, share
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj
from billing.sandbox.store import token

# https://docs.stripe.com/api/coupons/create
_LONGEST_NAME = 40


def create_coupon(sandbox: Sandbox, params: Obj) -> Obj:
    if ("percent_off" in params) == ("amount_off" in params):
        raise StripeError("You must pass either `percent_off` or `amount_off`, not both.", param="percent_off")
    if "amount_off" in params and "currency" not in params:
        raise StripeError("You must pass currency when passing amount_off", param="currency")
    if not 0 < params.get("percent_off", 1) <= 100:
        raise StripeError("Invalid percent_off: must be above 0 and at most 100", param="percent_off")
    check_positive(params, "amount_off", "duration_in_months", "max_redemptions")
    check_time(params, "redeem_by", sandbox.now())
    if len(params.get("name", "")) > _LONGEST_NAME:
        raise StripeError(f"Invalid string: name must be at most {_LONGEST_NAME} characters", param="name")
    duration = params.get("duration", "once")
    if (duration == "repeating") != ("duration_in_months" in params):
        raise StripeError("`duration_in_months` goes with a `repeating` duration", param="duration_in_months")
    id = params.get("id")
    if id and sandbox.store.get("coupon", id):
        raise StripeError("Coupon already exists.", code="resource_already_exists", param="id")
    values: Obj = {
        **({"id": id} if id else {}),
        "duration": duration,
        "times_redeemed": 0,
        "valid": True,
        "metadata": checked(params.get("metadata")),
    }
    for name in ("amount_off", "percent_off", "duration_in_months", "max_redemptions", "name", "redeem_by"):
        values[name] = params.get(name)
    values["currency"] = check_currency(params["currency"]) if "currency" in params else None
    coupon = sandbox.store.add("coupon", values)
    sandbox.events.emit("coupon.created", coupon)
    return coupon


def update_coupon(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    coupon = sandbox.store.need("coupon", id)
    with sandbox.events.change(coupon, "coupon.updated"):
        update_plain(coupon, params, ("name",))
    return coupon


def delete_coupon(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    """Discounts that were made of it stay; its codes can be used no more."""
    coupon = sandbox.store.remove("coupon", id)
    coupon["valid"] = False
    sandbox.events.emit("coupon.deleted", coupon)
    for promotion in sandbox.store.all("promotion_code", lambda one: one["promotion"]["coupon"] == id):
        promotion["active"] = False
    return {"id": id, "object": "coupon", "deleted": True}


def create_promotion_code(sandbox: Sandbox, params: Obj) -> Obj:
    coupon_id = params["promotion"].get("coupon")
    if not coupon_id:
        raise StripeError(
            "Missing required param: promotion[coupon].", code="parameter_missing", param="promotion[coupon]"
        )
    coupon = sandbox.store.need("coupon", coupon_id, "promotion[coupon]")
    check_promotion(params, coupon, sandbox.now())
    code = params.get("code", token(8).upper())
    same = sandbox.store.all("promotion_code", lambda one: one["active"] and one["code"].lower() == code.lower())
    if same:
        raise StripeError("An active promotion code with `code: " + code + "` already exists.", param="code")
    values: Obj = {
        "active": params.get("active", True),
        "code": code,
        "promotion": {"type": "coupon", "coupon": coupon_id},
        "restrictions": {"first_time_transaction": False, **params.get("restrictions", {})},
        "times_redeemed": 0,
        "metadata": checked(params.get("metadata")),
    }
    for name in ("customer", "expires_at", "max_redemptions"):
        values[name] = params.get(name)
    promotion = sandbox.store.add("promotion_code", values)
    sandbox.events.emit("promotion_code.created", promotion)
    return promotion


def update_promotion_code(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    promotion = sandbox.store.need("promotion_code", id)
    with sandbox.events.change(promotion, "promotion_code.updated"):
        update_plain(promotion, params, ("active",))
    return promotion


def list_promotion_codes(sandbox: Sandbox, params: Obj) -> Obj:
    def wanted(one: Obj) -> bool:
        return (
            all(one[name] == params[name] for name in ("active", "customer") if name in params)
            and ("code" not in params or one["code"].lower() == params["code"].lower())
            and ("coupon" not in params or one["promotion"]["coupon"] == params["coupon"])
            and ("created" not in params or within(one["created"], params["created"]))
        )

    return page(sandbox.store.all("promotion_code", wanted), params, "/v1/promotion_codes")


def promotion_by_code(sandbox: Sandbox, code: str, customer: str | None) -> Obj:
    """What a person typed on the checkout page; raises what the page says."""
    found = sandbox.store.all("promotion_code", lambda one: one["code"].lower() == code.strip().lower())
    if not found:
        raise StripeError("This code is invalid.", param="promotion_code")
    _check_promotion(sandbox, found[0], customer, "promotion_code")
    return found[0]


def make_discounts(sandbox: Sandbox, given: Any, customer: str | None, **target: str | None) -> list[Obj]:
    """Redeems what `discounts=[…]` names; the discounts are stored and counted."""
    made = []
    for place, one in enumerate(given or []):
        param = f"discounts[{place}]"
        if existing := one.get("discount"):
            made.append(sandbox.store.need("discount", existing, f"{param}[discount]"))
            continue
        promotion = None
        if "promotion_code" in one:
            promotion = sandbox.store.need("promotion_code", one["promotion_code"], f"{param}[promotion_code]")
            _check_promotion(sandbox, promotion, customer, f"{param}[promotion_code]")
        coupon_id = promotion["promotion"]["coupon"] if promotion else one.get("coupon", "")
        coupon = sandbox.store.need("coupon", coupon_id, f"{param}[coupon]")
        made.append(_redeem(sandbox, coupon, promotion, customer, target))
    return made


def _check_promotion(sandbox: Sandbox, promotion: Obj, customer: str | None, param: str) -> None:
    expires, most = promotion["expires_at"], promotion["max_redemptions"]
    if (
        not promotion["active"]
        or (expires is not None and expires <= sandbox.now())
        or (most is not None and promotion["times_redeemed"] >= most)
    ):
        raise StripeError("This promotion code is expired or not active.", code="promotion_code_expired", param=param)
    if promotion["customer"] not in (None, customer):
        raise no_such("promotion_code", promotion["id"], param)
    paid = sandbox.store.all("charge", lambda one: one["customer"] == customer and one["paid"])
    if promotion["restrictions"]["first_time_transaction"] and customer and paid:
        raise StripeError("This promotion code is for a customer's first purchase.", param=param)


def _redeem(sandbox: Sandbox, coupon: Obj, promotion: Obj | None, customer: str | None, target: Obj) -> Obj:
    most, by = coupon["max_redemptions"], coupon["redeem_by"]
    if (most is not None and coupon["times_redeemed"] >= most) or (by is not None and by <= sandbox.now()):
        raise StripeError(f"Coupon expired: {coupon['id']}", code="coupon_expired", param="coupon")
    coupon["times_redeemed"] += 1
    coupon["valid"] = most is None or coupon["times_redeemed"] < most
    if promotion:
        promotion["times_redeemed"] += 1
        most = promotion["max_redemptions"]
        promotion["active"] = most is None or promotion["times_redeemed"] < most
    months = coupon["duration_in_months"]
    discount = sandbox.store.add(
        "discount",
        {
            "source": {"type": "coupon", "coupon": coupon["id"]},
            "promotion_code": promotion and promotion["id"],
            "customer": customer,
            "start": sandbox.now(),
            "end": add_interval(sandbox.now(), "month", months) if months else None,
            **target,
        },
    )
    # The coupon may be deleted, its discount goes on.
    sandbox.store.hidden(discount["id"])["coupon"] = coupon
    sandbox.events.emit("customer.discount.created", discount)
    return discount


def off(sandbox: Sandbox, discount: Obj, subtotal: int, currency: str) -> int:
    """What a discount takes off an amount: never more than all of it."""
    coupon = sandbox.store.hidden(discount["id"])["coupon"]
    if subtotal <= 0 or (discount["end"] is not None and discount["end"] <= sandbox.now()):
        return 0
    if coupon["percent_off"] is not None:
        return min(subtotal, share(subtotal, round(coupon["percent_off"] * 100), 10_000))
    return min(subtotal, coupon["amount_off"]) if coupon["currency"] == currency else 0


def is_spent(sandbox: Sandbox, discount: Obj) -> bool:
    """Whether it takes nothing off a further invoice."""
    once = sandbox.store.hidden(discount["id"])["coupon"]["duration"] == "once"
    return once or (discount["end"] is not None and discount["end"] <= sandbox.now())


def lapse(thing: Obj) -> None:
    """Its time is over."""
    thing["valid" if thing["object"] == "coupon" else "active"] = False


def lapses_at(thing: Obj) -> int | None:
    """When the time of one that can still be used is over."""
    at: int | None = thing.get("redeem_by") or thing.get("expires_at")
    return at if thing.get("valid") or thing.get("active") else None
