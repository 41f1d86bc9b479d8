"""The sandbox gives things away for made-up money: it does not start where real money or real customers could be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_LIVE = re.compile(r"\b[spr]k_live_[A-Za-z0-9]{8,}")
_TRUE = ("1", "true", "yes", "on")


class Refused(Exception):
    """The reason why the sandbox does not start."""


def refuse_production(environment: Mapping[str, str], arguments: Iterable[str] = ()) -> None:
    """Raises `Refused` if DEBUG is off, or if anything that the process was given is a live key.

    Every variable is looked at, not one by name: the key would be as dangerous under another.
    """
    if environment.get("DEBUG", "").strip().lower() not in _TRUE:
        raise Refused("DEBUG is off: the Stripe sandbox is for development and tests only")
    for name, value in environment.items():
        if _LIVE.search(value):
            raise Refused(f"{name} holds a live Stripe key: the sandbox does not start beside one")
    if any(_LIVE.search(argument) for argument in arguments):
        raise Refused("a live Stripe key was given as an argument: the sandbox does not start with one")
