"""`expand[]`: ids become the objects that they name: https://docs.stripe.com/api/expanding_objects."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy

from billing.sandbox.errors import StripeError
from billing.sandbox.shapes import Obj
from billing.sandbox.store import Store, list_of

# Lists that an object has only when they are asked for: (object, field) → the kind of the entries and their field.
INCLUDED = {
    ("customer", "subscriptions"): ("subscription", "customer"),
    ("customer", "tax_ids"): ("tax_id", "customer"),
    ("invoice", "payments"): ("invoice_payment", "invoice"),
    ("charge", "refunds"): ("refund", "charge"),
}
_DEEPEST = 4
# As any list for which no limit is given: https://docs.stripe.com/api/pagination
_INCLUDED_AT_MOST = 10


def expand(store: Store, answer: Obj, paths: Iterable[str]) -> Obj:
    """A copy of the answer with what the paths name in it."""
    found = deepcopy(answer)
    for path in paths:
        names = path.split(".")
        if len(names) > _DEEPEST:
            raise StripeError(f"You cannot expand more than {_DEEPEST} levels of a property. Property: {path}")
        _into(store, found, names, path)
    return found


def _into(store: Store, here: Obj, names: list[str], path: str) -> None:
    name, *rest = names
    if name not in here:
        raise StripeError(f"This property cannot be expanded ({path}).", param="expand")
    here[name] = _entries(store, here, name)
    if isinstance(here[name], str):
        here[name] = deepcopy(store.find(here[name])) or here[name]
    elif isinstance(here[name], list):
        here[name] = [deepcopy(store.find(one)) or one if isinstance(one, str) else one for one in here[name]]
    if rest:
        inner = here[name] if isinstance(here[name], list) else [here[name]]
        for one in inner:
            if isinstance(one, dict):
                _into(store, one, rest, path)


def _entries(store: Store, here: Obj, name: str) -> object:
    if here.get("object") == "checkout.session" and name == "line_items":
        lines = deepcopy(store.hidden(here["id"])["lines"])
        return list_of(lines, f"/v1/checkout/sessions/{here['id']}/line_items")
    kind = INCLUDED.get((here.get("object", ""), name))
    if kind is None or here[name] is not None:
        return here[name]
    entries = store.all(kind[0], lambda one: one[kind[1]] == here["id"] and one.get("status") != "canceled")
    url = f"/v1/{kind[0]}s?{kind[1]}={here['id']}"
    return list_of(deepcopy(entries[:_INCLUDED_AT_MOST]), url, len(entries) > _INCLUDED_AT_MOST)
