"""Requests checked against the SDK's own parameter types (`stripe.params`).

What Stripe would refuse is refused here, and values arrive in handlers with their types: the wire knows only strings.
"""

from __future__ import annotations

import sys
import types
import typing
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import import_module
from typing import Any, NotRequired, Required

from stripe._request_options import RequestOptions
from typing_extensions import is_typeddict

from billing.sandbox.errors import StripeError

# Not on the wire: the SDK takes these out of the parameters and makes headers of them.
_OPTIONS = frozenset(RequestOptions.__annotations__)


def check_params(values: dict[str, Any], type_name: str) -> dict[str, Any]:
    """The request's values, typed. `type_name` is a name in `stripe.params`, as `checkout.SessionCreateParams`."""
    return _dictionary(values, params_type(type_name), "")


@cache
def params_type(type_name: str) -> Any:
    *package, name = type_name.split(".")
    return getattr(import_module(".".join(["stripe.params", *package])), name)


@cache
def _fields(typed_dict: Any) -> dict[str, tuple[Any, bool]]:
    """Name → (type, required)."""
    module = vars(sys.modules[typed_dict.__module__])
    found = {}
    for name, written in typed_dict.__annotations__.items():
        if name in _OPTIONS:
            continue
        # Not `get_type_hints`: it would want the names of the options too, which the SDK imports for type checkers only.
        hint = typing._eval_type(written, module, module)  # type: ignore[attr-defined]
        optional = typing.get_origin(hint) is NotRequired
        inner = typing.get_args(hint)[0] if typing.get_origin(hint) in (NotRequired, Required) else hint
        found[name] = (inner, not optional)
    return found


def _dictionary(values: Any, typed_dict: Any, path: str) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise StripeError("Invalid object", param=path)
    fields = _fields(typed_dict)
    found = {}
    for name, value in values.items():
        here = f"{path}[{name}]" if path else name
        if name not in fields:
            raise StripeError(f"Received unknown parameter: {here}", code="parameter_unknown", param=here)
        found[name] = _value(value, fields[name][0], here)
    for name, (_, required) in fields.items():
        if required and name not in found:
            here = f"{path}[{name}]" if path else name
            raise StripeError(f"Missing required param: {here}.", code="parameter_missing", param=here)
    return found


def _value(value: Any, hint: Any, path: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _one_of(value, arguments, path)
    if origin is typing.Literal:
        if value not in arguments:
            raise _not_in(value, arguments, path)
        return value
    if origin is list:
        return _list(value, arguments[0], path)
    if origin is dict:
        return _mapping(value, path)
    if is_typeddict(hint):
        return _dictionary(value, hint, path)
    return _scalar(value, hint, path)


def _one_of(value: Any, alternatives: tuple[Any, ...], path: str) -> Any:
    literals = tuple(
        word for one in alternatives if typing.get_origin(one) is typing.Literal for word in typing.get_args(one)
    )
    if isinstance(value, str) and value in literals:
        return value
    others = [one for one in alternatives if typing.get_origin(one) is not typing.Literal and not _untyped(one)]
    if any(literals):
        # `Literal["day", "month"] | str`: the SDK leaves room for words of later versions; this version has no others.
        others = [one for one in others if one is not str]
    complaint: StripeError | None = None
    for one in others:
        try:
            return _value(value, one, path)
        except StripeError as error:
            # The complaint from deepest inside says the most: "unknown parameter a[b]" rather than "not a list".
            if complaint is None or len(str(error.fields["param"])) > len(str(complaint.fields["param"])):
                complaint = error
    raise complaint or _not_in(value, literals, path)


def _untyped(hint: Any) -> bool:
    """The SDK's objects, which stand beside the dictionary type that says the same."""
    plain = typing.get_origin(hint) or hint
    return isinstance(plain, type) and plain.__name__ == "UntypedStripeObject"


def _not_in(value: Any, words: tuple[Any, ...], path: str) -> StripeError:
    if value == "":
        return StripeError(
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{path}' cannot be unset.",
            code="parameter_invalid_empty",
            param=path,
        )
    return StripeError(f"Invalid {path}: must be one of {', '.join(map(str, words))}", param=path)


def _list(value: Any, inner: Any, path: str) -> list[Any]:
    if not isinstance(value, dict) or any(not key.isdigit() for key in value):
        raise StripeError("Invalid array", param=path)
    ordered = sorted(value.items(), key=lambda entry: int(entry[0]))
    return [_value(entry, inner, f"{path}[{key}]") for key, entry in ordered]


def _mapping(value: Any, path: str) -> dict[str, Any]:
    """Metadata and currency options are checked where they are used; here it is enough that they are objects."""
    if not isinstance(value, dict):
        raise StripeError("Invalid object", param=path)
    return value


def _scalar(value: Any, hint: Any, path: str) -> Any:
    if not isinstance(value, str):
        raise StripeError(f"Invalid {getattr(hint, '__name__', 'value')}: {path} is not an object", param=path)
    if hint is bool:
        if value not in ("true", "false"):
            raise StripeError(f"Invalid boolean: {value}", param=path)
        return value == "true"
    if hint is int:
        if not value.removeprefix("-").isdecimal() or len(value) > 18:
            raise StripeError(f"Invalid integer: {value}", code="parameter_invalid_integer", param=path)
        return int(value)
    if hint in (float, Decimal):
        return _number(value, hint, path)
    if hint is str and value == "":
        raise _not_in(value, (), path)
    return value


def _number(value: str, hint: Any, path: str) -> Any:
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise StripeError(f"Invalid decimal: {value}", param=path) from error
    if not number.is_finite():
        raise StripeError(f"Invalid decimal: {value}", param=path)
    return float(number) if hint is float else value
