"""What cannot be deleted, found out before anybody asks for it."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import CASCADE, PROTECT, RESTRICT, Exists, ForeignObjectRel, Model, Q, UniqueConstraint
from django.http import HttpRequest


def is_kept(site: AdminSite, request: HttpRequest, row: Model) -> bool:
    """Whether this row cannot be deleted: something of it is protected, or goes with it and may not be deleted by this member of staff.

    One statement, which reads no whole table and stops at the first row that it finds. What goes with what goes with it, and what no index
    finds, is left to the page that deletes.
    """
    found = [
        Q(Exists(relation.related_model._base_manager.filter(**{relation.field.name: row})))
        for relation in row._meta.get_fields(include_hidden=True)
        if isinstance(relation, ForeignObjectRel) and _keeps(site, request, relation)
    ]
    return bool(found) and type(row)._base_manager.filter(reduce(or_, found), pk=row.pk).exists()


def _keeps(site: AdminSite, request: HttpRequest, relation: Any) -> bool:
    if not _has_index(relation.field):
        return False
    if relation.on_delete in (PROTECT, RESTRICT):
        return True
    own = site._registry.get(relation.related_model)
    return relation.on_delete is CASCADE and own is not None and not own.has_delete_permission(request)


def _has_index(field: Any) -> bool:
    opts = field.model._meta
    uniques = [constraint for constraint in opts.constraints if isinstance(constraint, UniqueConstraint)]
    begins = {each.fields[0] for each in (*opts.indexes, *uniques) if each.fields and each.condition is None}
    return field.db_index or field.unique or field.name in begins
