"""Stripe's form encoding, `items[0][price]=price_1`, as nested dictionaries."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from billing.sandbox.errors import StripeError

_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")


def parse_form(text: str) -> dict[str, Any]:
    """All values are strings; a list is a dictionary with the keys "0", "1", …, which `check_params` makes a list."""
    found: dict[str, Any] = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=2000)
    except (ValueError, UnicodeDecodeError) as error:
        raise StripeError("The request body is not a form.") from error
    for key, value in pairs:
        match = _KEY.match(key)
        if not match:
            raise StripeError(f"Invalid request: {key} is not a parameter's name", param=key)
        _put(found, [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])], value, key)
    return found


def _put(found: dict[str, Any], path: list[str], value: str, key: str) -> None:
    here = found
    for name in path[:-1]:
        here = here.setdefault(name or str(len(here)), {})
        if not isinstance(here, dict):
            raise StripeError(f"Invalid request: {key} is given twice, in different shapes", param=key)
    last = path[-1] or str(len(here))
    if isinstance(here.get(last), dict):
        raise StripeError(f"Invalid request: {key} is given twice, in different shapes", param=key)
    here[last] = value
