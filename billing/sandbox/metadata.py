"""Metadata: https://docs.stripe.com/api/metadata. An empty value takes its key away, an empty whole all of them."""

from __future__ import annotations

from typing import Any

from billing.sandbox.errors import StripeError
from billing.sandbox.shapes import Obj


def checked(metadata: Any) -> dict[str, str]:
    """Of a new object."""
    return merged({}, metadata)


def merged(known: dict[str, str], given: Any) -> dict[str, str]:
    if given in (None, ""):
        return {} if given == "" else dict(known)
    found = dict(known)
    for key, value in given.items():
        if not isinstance(value, str):
            raise StripeError(f"Invalid metadata: {key} is not a string", param=f"metadata[{key}]")
        if len(key) > 40:
            raise StripeError("Metadata keys must be at most 40 characters", param="metadata")
        if len(value) > 500:
            raise StripeError("Metadata values must be at most 500 characters", param=f"metadata[{key}]")
        if value:
            found[key] = value
        else:
            found.pop(key, None)
    if len(found) > 50:
        raise StripeError("Metadata can have at most 50 keys", param="metadata")
    return found


def update_plain(obj: Obj, params: Obj, names: tuple[str, ...]) -> None:
    """The fields that a request sets as they are; an empty string unsets. Nested objects are merged, as at Stripe."""
    for name in names:
        if name not in params:
            continue
        value = params[name]
        if isinstance(value, dict) and isinstance(obj.get(name), dict):
            obj[name] = {**obj[name], **{key: None if part == "" else part for key, part in value.items()}}
        else:
            obj[name] = None if value == "" else value
    if "metadata" in params:
        obj["metadata"] = merged(obj["metadata"], params["metadata"])
