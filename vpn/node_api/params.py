"""The query of `GET node/state`, read the same way by the web process and by the waiting one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from nexusvpn.errors import InvalidInput

MAX_WAIT_S = 30


@dataclass(frozen=True, slots=True)
class StateRequest:
    epoch: str
    after: int
    wait_s: int

    @classmethod
    def from_query(cls, query: Mapping[str, Any]) -> StateRequest:
        """Raises InvalidInput naming the parameter that is not a number in its range."""
        return cls(str(query.get("epoch", "")), _whole(query, "after", 2**63 - 1), _whole(query, "wait", MAX_WAIT_S))


def _whole(query: Mapping[str, Any], name: str, highest: int) -> int:
    raw = str(query.get(name, "0"))
    if raw.isascii() and raw.isdecimal() and len(raw) <= 19 and int(raw) <= highest:
        return int(raw)
    raise InvalidInput(fields={name: [_("Must be a whole number from {low} to {high}.").format(low=0, high=highest)]})
