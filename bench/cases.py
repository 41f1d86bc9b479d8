"""A table of P16, the queries that are asked of it, and the index that each is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model, QuerySet

from bench.filling import owner_id

# Rows of one person, messages of a thread, devices of a server; days of usage; rows that retention finds.
EACH, A_SERVERS, DAYS, OLD = 20, 2500, 100, 1000
PAGE, STAFFS_PAGE = 20, 100
SOMEBODY, A_SERVER = owner_id(7), owner_id(1)


@dataclass(frozen=True)
class Case:
    """A query and its index. `beside` are indexes that would answer it as well, though not made for it: they go with it."""

    index: str
    query: QuerySet[Any]
    beside: tuple[str, ...] = ()
    hot: bool = False


@dataclass(frozen=True)
class Filled:
    model: type[Model]
    columns: dict[str, str]
    cases: Sequence[Case] = field(default_factory=list)
