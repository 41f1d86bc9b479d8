"""Lists: newest first, by cursor: https://docs.stripe.com/api/pagination."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from billing.sandbox.errors import StripeError
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj
from billing.sandbox.store import list_of

_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "gt": int.__gt__,
    "gte": int.__ge__,
    "lt": int.__lt__,
    "lte": int.__le__,
}
_NOT_FILTERS = ("limit", "starting_after", "ending_before", "expand", "created")


def page(entries: list[Obj], params: Obj, url: str) -> Obj:
    """`limit` entries after `starting_after`, or before `ending_before`."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise StripeError("Invalid integer: limit must be between 1 and 100", param="limit")
    ids = [one["id"] for one in entries]
    for name in ("starting_after", "ending_before"):
        if name in params and params[name] not in ids:
            raise StripeError(f"No such object: '{params[name]}'", code="resource_missing", param=name)
    if "ending_before" in params:
        before = entries[: ids.index(params["ending_before"])]
        return list_of(before[-limit:], url, len(before) > limit)
    begin = ids.index(params["starting_after"]) + 1 if "starting_after" in params else 0
    return list_of(entries[begin : begin + limit], url, len(entries) > begin + limit)


def within(moment: int, asked: Any) -> bool:
    """Stripe's `created`: a moment, or bounds."""
    if isinstance(asked, dict):
        return all(_COMPARE[name](moment, bound) for name, bound in asked.items())
    return bool(moment == asked)


def listing(kind: str, url: str) -> Callable[[Sandbox, Obj], Obj]:
    """A handler that lists a kind; every parameter that is a field of the objects is a filter for equality."""

    def handle(sandbox: Sandbox, params: Obj) -> Obj:
        filters = {name: value for name, value in params.items() if name not in _NOT_FILTERS}

        def wanted(one: Obj) -> bool:
            created = "created" not in params or within(one["created"], params["created"])
            return created and all(one.get(name) == value for name, value in filters.items())

        return page(sandbox.store.all(kind, wanted), params, url)

    return handle


def retrieval(kind: str) -> Callable[[Sandbox, Obj, str], Obj]:
    def handle(sandbox: Sandbox, params: Obj, id: str) -> Obj:
        return sandbox.store.need(kind, id)

    return handle
