"""Invoice lines: what an invoice asks money for."""

from __future__ import annotations

from dataclasses import dataclass

from billing.sandbox.catalogue import amount_in
from billing.sandbox.money import share, written
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj


@dataclass(frozen=True)
class Part:
    """So many of a price in a subscription; `item` is the subscription item's id, None for one that is not there yet."""

    item: str | None
    price: Obj
    quantity: int

    def cost(self, currency: str) -> int:
        return amount_in(self.price, currency) * self.quantity

    def same_as(self, other: Part) -> bool:
        return self.price["id"] == other.price["id"] and self.quantity == other.quantity

    def renews_with(self, other: Part) -> bool:
        return bool(self.price["recurring"] == other.price["recurring"])


def parts_of(subscription: Obj) -> list[Part]:
    return [Part(item["id"], item["price"], item["quantity"]) for item in subscription["items"]["data"]]


def product_name(sandbox: Sandbox, price: Obj) -> str:
    product = sandbox.store.get("product", price["product"])
    return str(product["name"]) if product else str(price["product"])


def period_line(
    sandbox: Sandbox,
    subscription: str | None,
    part: Part,
    currency: str,
    period: tuple[int, int],
    *,
    trial: bool = False,
) -> Obj:
    """A whole period of a part; nothing while it is on trial."""
    name = product_name(sandbox, part.price)
    unit = written(amount_in(part.price, currency), currency)
    recurring = part.price["recurring"]
    each = f" / {recurring['interval']}" if recurring else ""
    return make_line(
        sandbox,
        amount=0 if trial else part.cost(currency),
        currency=currency,
        description=f"Trial period for {name}" if trial else f"{part.quantity} × {name} (at {unit}{each})",
        period=period,
        part=part,
        parent=_parent(subscription, part.item, None),
    )


def item_line(sandbox: Sandbox, entry: Obj) -> Obj:
    """The line of a pending invoice item."""
    subscription = (entry["parent"] or {}).get("subscription_details") or {}
    hidden = sandbox.store.hidden(entry["id"])
    return make_line(
        sandbox,
        amount=entry["amount"],
        currency=entry["currency"],
        description=entry["description"] or "",
        period=(entry["period"]["start"], entry["period"]["end"]),
        part=hidden.get("part"),
        quantity=entry["quantity"],
        parent=_parent(
            subscription.get("subscription"), subscription.get("subscription_item"), entry["id"], entry["proration"]
        ),
        discountable=entry["discountable"],
        metadata=entry["metadata"],
    )


def make_line(
    sandbox: Sandbox,
    *,
    amount: int,
    currency: str,
    description: str,
    period: tuple[int, int],
    part: Part | None,
    parent: Obj | None,
    quantity: int | None = None,
    **more: object,
) -> Obj:
    pricing = part and {
        "type": "price_details",
        "price_details": {"price": part.price["id"], "product": part.price["product"]},
        "unit_amount_decimal": str(amount_in(part.price, currency)),
    }
    return sandbox.store.make(
        "line_item",
        {
            "amount": amount,
            "currency": currency,
            "description": description,
            "discountable": True,
            "discount_amounts": [],
            "discounts": [],
            "parent": parent,
            "period": {"start": period[0], "end": period[1]},
            "pretax_credit_amounts": [],
            "pricing": pricing,
            "quantity": quantity or (part.quantity if part else 1),
            "subtotal": amount,
            "taxes": [],
            **more,
        },
    )


def proration_items(
    sandbox: Sandbox, subscription: Obj, before: list[Part], after: list[Part], at: int, *, whole: bool = False
) -> list[Obj]:
    """Pending items for a change in the middle of a period: credit for what was paid and is not used, and the rest of the
    new price. With `whole` a new period begins, which is paid as such: then only the credit. Not stored."""
    first = subscription["items"]["data"][0]
    start, end = first["current_period_start"], first["current_period_end"]
    entries = []
    for old in before:
        new = next((one for one in after if one.item == old.item), None)
        if new and new.same_as(old) and not whole:
            continue
        text = f"Unused time on {old.quantity} × {product_name(sandbox, old.price)}"
        entries.append(_proration(sandbox, subscription, old, -1, text, (at, start, end)))
    for new in [] if whole else after:
        old_part = next((one for one in before if one.item == new.item), None)
        if old_part and new.same_as(old_part):
            continue
        text = f"Remaining time on {new.quantity} × {product_name(sandbox, new.price)}"
        entries.append(_proration(sandbox, subscription, new, 1, text, (at, start, end)))
    return [entry for entry in entries if entry["amount"]]


def _proration(
    sandbox: Sandbox, subscription: Obj, part: Part, sign: int, text: str, when: tuple[int, int, int]
) -> Obj:
    at, start, end = when
    currency = subscription["currency"]
    entry = sandbox.store.make(
        "invoiceitem",
        {
            "amount": sign * share(part.cost(currency), max(0, end - at), end - start),
            "currency": currency,
            "customer": subscription["customer"],
            "date": at,
            "description": text,
            "discountable": False,
            "discounts": [],
            "parent": {
                "type": "subscription_details",
                "subscription_details": {"subscription": subscription["id"], "subscription_item": part.item},
            },
            "period": {"start": at, "end": end},
            "proration": True,
            "quantity": part.quantity,
            "quantity_decimal": str(part.quantity),
            "tax_rates": [],
        },
    )
    sandbox.store.hidden(entry["id"])["part"] = part
    return entry


def _parent(subscription: str | None, item: str | None, entry: str | None, proration: bool = False) -> Obj | None:
    if subscription is None:
        if entry is None:
            return None
        details = {"invoice_item": entry, "proration": proration, "proration_details": {"credited_items": None}}
        return {
            "type": "invoice_item_details",
            "invoice_item_details": {**details, "subscription": None},
            "subscription_item_details": None,
        }
    return {
        "type": "subscription_item_details",
        "invoice_item_details": None,
        "subscription_item_details": {
            "invoice_item": entry,
            "proration": proration,
            "proration_details": {"credited_items": None},
            "subscription": subscription,
            "subscription_item": item or "",
        },
    }
