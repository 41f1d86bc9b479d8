"""Answers in the shapes of the SDK's classes: every field that Stripe always sends is there, null if it has no value."""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Iterator
from functools import cache
from typing import Any

import stripe
from stripe import StripeObject

Obj = dict[str, Any]


@cache
def fields(shape: Any) -> dict[str, Any]:
    """Name → type of what the class annotates. Names that the SDK imports only for type checkers are `Any`."""
    namespace = dict(vars(sys.modules[shape.__module__]))
    found = {}
    for name, hint in vars(shape).get("__annotations__", {}).items():
        if typing.get_origin(hint) is not typing.ClassVar:
            found[name] = _resolved(hint, namespace)
    return found


def _resolved(hint: Any, namespace: dict[str, Any]) -> Any:
    if isinstance(hint, str):
        hint = typing.ForwardRef(hint)
    for _ in range(20):
        try:
            return typing._eval_type(hint, namespace, _Names())  # type: ignore[attr-defined]
        except NameError as error:
            namespace[str(error.name)] = Any
    return Any


class _Names(dict[str, Any]):
    """The SDK's classes by their public names."""

    def __missing__(self, name: str) -> Any:
        for package in (stripe, stripe.checkout, stripe.billing_portal):
            if hasattr(package, name):
                return getattr(package, name)
        raise KeyError(name)


def is_optional(hint: Any) -> bool:
    return hint is Any or type(None) in typing.get_args(hint)


def required(shape: Any) -> Iterator[str]:
    """The fields that every answer of this shape has, with a value."""
    return (name for name, hint in fields(shape).items() if not is_optional(hint))


def inner_shape(hint: Any) -> type[StripeObject] | None:
    """The nested class of a field, if there is exactly one and it is no resource of its own."""
    candidates = [hint] if isinstance(hint, type) else list(typing.get_args(hint))
    if typing.get_origin(hint) in (typing.Union, types.UnionType) and str in candidates:
        return None
    shapes = [one for one in candidates if isinstance(one, type) and issubclass(one, StripeObject)]
    return shapes[0] if len(shapes) == 1 and typing.get_origin(hint) is not list else None


@cache
def _kinds(shape: Any) -> frozenset[str]:
    """Names that a `type` field may have: an object has the field of its own kind and not those of the others."""
    return frozenset(
        word
        for one in typing.get_args(fields(shape).get("type", Any))
        if typing.get_origin(one) is typing.Literal
        for word in typing.get_args(one)
    )


def _maps(shape: Any) -> list[str]:
    """The SDK reads no null in these: they are absent unless they are expanded."""
    return getattr(shape, "_inner_class_dicts", [])


def complete(shape: Any, values: Obj) -> Obj:
    """`values` with null for what is missing, nested objects too. A field that may not be null must be given."""
    found = dict(values)
    for name, hint in fields(shape).items():
        if name in found:
            inner = inner_shape(hint)
            if inner is not None and isinstance(found[name], dict) and "object" not in found[name]:
                found[name] = complete(inner, found[name])
        elif name != "deleted" and is_optional(hint) and name not in _kinds(shape) and name not in _maps(shape):
            found[name] = None
    if lacking := [name for name in required(shape) if found.get(name) is None]:
        raise ValueError(f"{shape.__name__} lacks {', '.join(lacking)}")
    return found
