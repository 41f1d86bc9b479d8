"""Products and prices: https://docs.stripe.com/api/products, https://docs.stripe.com/api/prices."""

from __future__ import annotations

from typing import Any

from billing.sandbox.errors import StripeError
from billing.sandbox.listing import page, within
from billing.sandbox.metadata import checked, update_plain
from billing.sandbox.money import check_currency
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj

_PRODUCT_FIELDS = ("name", "active", "description", "images", "marketing_features", "statement_descriptor", "tax_code")
_LONGEST = {"day": 1095, "week": 156, "month": 36, "year": 3}


def create_product(sandbox: Sandbox, params: Obj) -> Obj:
    id = params.get("id")
    if id and sandbox.store.get("product", id):
        raise StripeError(f"Product already exists: {id}", code="resource_already_exists", param="id")
    values: Obj = {
        **({"id": id} if id else {}),
        "name": params["name"],
        "active": params.get("active", True),
        "images": params.get("images", []),
        "marketing_features": params.get("marketing_features", []),
        "type": "service",
        "updated": sandbox.now(),
        "metadata": checked(params.get("metadata")),
    }
    for name in ("description", "statement_descriptor", "tax_code", "unit_label", "url"):
        values[name] = params.get(name)
    product = sandbox.store.add("product", values)
    sandbox.events.emit("product.created", product)
    if default := params.get("default_price_data"):
        product["default_price"] = create_price(sandbox, {**default, "product": product["id"]})["id"]
    return product


def update_product(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    product = sandbox.store.need("product", id)
    if default := params.get("default_price"):
        sandbox.store.need("price", default, "default_price")
    with sandbox.events.change(product, "product.updated"):
        update_plain(product, params, (*_PRODUCT_FIELDS, "default_price", "unit_label", "url"))
        product["updated"] = sandbox.now()
    return product


def delete_product(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    product = sandbox.store.need("product", id)
    if sandbox.store.all("price", lambda price: price["product"] == id):
        raise StripeError("This product cannot be deleted because it has one or more user-created prices.")
    sandbox.store.remove("product", id)
    sandbox.events.emit("product.deleted", product)
    return {"id": id, "object": "product", "deleted": True}


def list_features(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    """Stripe's own entitlements, which nobody here uses; dj-stripe asks for them with every product."""
    sandbox.store.need("product", id)
    return page([], params, f"/v1/products/{id}/features")


def create_price(sandbox: Sandbox, params: Obj) -> Obj:
    if ("product" in params) == ("product_data" in params):
        raise StripeError("You must specify either `product` or `product_data` when creating a price.", param="product")
    currency = check_currency(params["currency"])
    amount = _amount(params)
    key = params.get("lookup_key")
    holder = next(iter(sandbox.store.all("price", lambda price: bool(key) and price["lookup_key"] == key)), None)
    if holder and not params.get("transfer_lookup_key"):
        raise StripeError(f"A price (`{holder['id']}`) already uses that lookup key.", param="lookup_key")
    if "product" in params:
        product = sandbox.store.need("product", params["product"], "product")
    else:
        product = create_product(sandbox, params["product_data"])
    if holder:
        with sandbox.events.change(holder, "price.updated"):
            holder["lookup_key"] = None
    recurring = _recurring(params.get("recurring"))
    price = sandbox.store.add(
        "price",
        {
            "active": params.get("active", True),
            "billing_scheme": "per_unit",
            "currency": currency,
            "currency_options": _currency_options(params, currency, amount),
            "product": product["id"],
            "type": "recurring" if recurring else "one_time",
            "recurring": recurring,
            "unit_amount": amount,
            "unit_amount_decimal": str(amount),
            "lookup_key": key,
            "nickname": params.get("nickname"),
            "tax_behavior": params.get("tax_behavior", "unspecified"),
            "metadata": checked(params.get("metadata")),
        },
    )
    sandbox.events.emit("price.created", price)
    return price


def update_price(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    price = sandbox.store.need("price", id)
    with sandbox.events.change(price, "price.updated"):
        update_plain(price, params, ("active", "lookup_key", "nickname", "tax_behavior"))
        if params.get("currency_options"):
            added = _currency_options(params, price["currency"], price["unit_amount"])
            price["currency_options"] = {**price["currency_options"], **added}
    return price


def list_prices(sandbox: Sandbox, params: Obj) -> Obj:
    def wanted(price: Obj) -> bool:
        return (
            all(price[name] == params[name] for name in ("active", "currency", "product", "type") if name in params)
            and ("created" not in params or within(price["created"], params["created"]))
            and ("lookup_keys" not in params or price["lookup_key"] in params["lookup_keys"])
            and all(
                (price["recurring"] or {}).get(name) == value for name, value in params.get("recurring", {}).items()
            )
        )

    return page(sandbox.store.all("price", wanted), params, "/v1/prices")


def amount_in(price: Obj, currency: str, param: str = "currency") -> int:
    """What one unit costs in this currency."""
    option = price["currency_options"].get(currency)
    if option is None:
        raise StripeError(
            f"The price specified supports currencies of {', '.join(price['currency_options'])}. "
            f"This doesn't match the expected currency: {currency}.",
            param=param,
        )
    return int(option["unit_amount"])


def plan_of(price: Obj, currency: str) -> Obj:
    """The same as the plan of old, which subscription items still have."""
    recurring = price["recurring"]
    amount = amount_in(price, currency)
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": amount,
        "amount_decimal": str(amount),
        "billing_scheme": "per_unit",
        "created": price["created"],
        "currency": currency,
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "livemode": False,
        "metadata": {},
        "meter": None,
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def _amount(params: Obj) -> int:
    if "unit_amount_decimal" in params and "unit_amount" not in params:
        if not params["unit_amount_decimal"].isdecimal():
            raise StripeError("The sandbox takes whole units only", param="unit_amount_decimal")
        return int(params["unit_amount_decimal"])
    if "unit_amount" not in params:
        raise StripeError("Missing required param: unit_amount.", code="parameter_missing", param="unit_amount")
    if params["unit_amount"] == "" or params["unit_amount"] < 0:
        raise StripeError("Invalid non-negative integer", code="parameter_invalid_integer", param="unit_amount")
    return int(params["unit_amount"])


def _recurring(given: Obj | None) -> Obj | None:
    if given is None:
        return None
    interval, count = given["interval"], given.get("interval_count", 1)
    if not 1 <= count <= _LONGEST[interval]:
        raise StripeError(f"Invalid interval_count: at most three years ({count})", param="recurring[interval_count]")
    return {
        "interval": interval,
        "interval_count": count,
        "meter": None,
        "trial_period_days": None,
        "usage_type": given.get("usage_type", "licensed"),
    }


def _currency_options(params: Obj, currency: str, amount: int) -> dict[str, Obj]:
    options: dict[str, Any] = {currency: amount}
    for other, option in (params.get("currency_options") or {}).items():
        given = option.get("unit_amount") if isinstance(option, dict) else None
        if not isinstance(given, str) or not given.isdecimal():
            raise StripeError("Invalid integer", param=f"currency_options[{other}][unit_amount]")
        options[check_currency(other, f"currency_options[{other}]")] = int(given)
    return {
        name: {
            "custom_unit_amount": None,
            "tax_behavior": params.get("tax_behavior", "unspecified"),
            "unit_amount": value,
            "unit_amount_decimal": str(value),
        }
        for name, value in options.items()
    }
