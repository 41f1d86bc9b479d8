"""Searching a list of any size by indexes alone.

Three ways, and a row that one of them finds is found. What a field's index answers (`=field`) is looked for in all rows; an address by
its beginning, among all people; and every other text in the newest rows of the list, as many as are counted. So a search costs the same
in a table of ten million rows, and in a small one nothing is left out.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Field, GenericIPAddressField, Model, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.text import smart_split, unescape_string_literal

from nexusvpn.api.pagination import COUNTED_ROWS

# Whoever finds more people by the beginning of an address writes more of it.
PEOPLE = 200
LAST_SIGN = "\U0010ffff"
# Each word is a condition of its own; of thousands the planning alone would take minutes.
WORDS = 10


def words_of(term: str) -> list[str]:
    """As Django's admin reads them: each must be found, and what stands in quotes is one. What comes after the first few is left out."""
    bits = islice(smart_split(term), WORDS)
    return [unescape_string_literal(bit) if bit[0] in "\"'" and bit[0] == bit[-1] else bit for bit in bits]


def search_rows(rows: QuerySet[Any], fields: Sequence[str], term: str, order: Sequence[str]) -> QuerySet[Any]:
    """Those of the rows in which every word of the term is found. `order` is the list's own, the newest first.

    Looked for here and now, a statement for each word: a list asks for its rows, their number and more, each of which would look again.
    """
    for word in words_of(term):
        first, *others = _ways(rows.model, fields, word, order)
        found = first.union(*others) if others else first
        rows = rows.filter(pk__in=[row["pk"] for row in found])
    return rows


def newest(model: type[Model], order: Sequence[str]) -> QuerySet[Any]:
    """The keys of as many rows as are counted, from the list's beginning on."""
    return model._base_manager.order_by(*order).values("pk")[:COUNTED_ROWS]


def _ways(model: type[Model], fields: Sequence[str], word: str, order: Sequence[str]) -> Iterator[QuerySet[Any]]:
    rows = model._base_manager.order_by()
    anywhere, in_newest = Q(), Q()
    for name in fields:
        path = name.lstrip("=^@")
        field = _field_at(model, path)
        if name.startswith("="):
            values = _values(field, word)
            if values and _is_indexed(model, path, field):
                anywhere |= Q(**{f"{path}__in": values})
            elif values:
                in_newest |= Q(**{f"{path}__in": values})
        elif isinstance(field, GenericIPAddressField):
            in_newest |= Q(**{f"{path}__in": _values(field, word)})
        else:
            in_newest |= Q(**{f"{path}__icontains": word})
            if field.model is get_user_model() and field.name == "email":
                anywhere |= Q(**{f"{path.removesuffix('email')}pk__in": people_by(word)})
    if in_newest:
        yield rows.filter(in_newest, pk__in=newest(model, order)).values("pk")
    # One branch for each: the planner then reads each by its own index.
    for condition in anywhere.children:
        yield rows.filter(condition).values("pk")[:COUNTED_ROWS]
    if not in_newest and not anywhere:
        yield rows.none().values("pk")


def people_by(beginning: str) -> QuerySet[Any]:
    """Those whose address begins so, by the index that keeps addresses unique."""
    low = beginning.lower()
    people = get_user_model()._base_manager.alias(address=Lower("email"))
    return people.filter(address__gte=low, address__lt=low + LAST_SIGN).order_by("address").values("pk")[:PEOPLE]


def _field_at(model: type[Model], path: str) -> Any:
    field: Any = None
    for part in path.split("__"):
        field = model._meta.pk if part == "pk" else model._meta.get_field(part)
        if field.is_relation:
            model = field.related_model
    return field


def _values(field: Any, word: str) -> list[Any]:
    """The word as the column would hold it; codes are read aloud, and typed in whatever case."""
    if isinstance(field, GenericIPAddressField):
        try:
            return [str(ipaddress.ip_address(word))]
        except ValueError:
            return []
    found = []
    for spelling in dict.fromkeys((word, word.upper(), word.lower())):
        try:
            value = field.to_python(spelling)
            field.run_validators(value) if field.get_internal_type().endswith("IntegerField") else None
        except (ValidationError, ValueError):
            continue
        if value not in found:
            found.append(value)
    return found


def _is_indexed(model: type[Model], path: str, field: Field[Any, Any]) -> bool:
    """Whether a column of the model itself leads an index of all rows, or of all that hold something in it."""
    parts = path.split("__")
    try:
        own = model._meta.get_field(parts[0])
    except FieldDoesNotExist:
        own = field
    if len(parts) > 2 or (len(parts) == 2 and not field.primary_key):
        return False
    if getattr(own, "primary_key", False) or getattr(own, "unique", False) or getattr(own, "db_index", False):
        return True
    kept = [*model._meta.indexes, *model._meta.constraints]
    return any(_leads(each, own.name) for each in kept)


def _leads(kept: Any, name: str) -> bool:
    fields = [each.lstrip("-") for each in getattr(kept, "fields", ())]
    if fields[:1] != [name]:
        return False
    condition = getattr(kept, "condition", None)
    return condition is None or all(column.split("__")[0] == name for column in _columns(condition))


def _columns(condition: Q) -> Iterator[str]:
    for child in condition.children:
        if isinstance(child, Q):
            yield from _columns(child)
        elif isinstance(child, tuple):
            yield str(child[0])
