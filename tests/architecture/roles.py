"""Every page and action of the admin, asked for by every role of staff: what each gets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from accounts.models import User
from accounts.roles import BILLING, OPERATIONS, OWNER, SUPPORT, sync_roles
from nexusvpn.admin_actions import ActionsAdmin
from support.models import CannedReply
from tests.admin.conftest import browser_with_factor
from tests.admin.rows import MAKERS
from tests.factories.accounts import make_user

ROLES = ("nobody", SUPPORT, BILLING, OPERATIONS, OWNER, "superuser")
HEADING = " | ".join(("page", *ROLES))
REGISTERED = {model._meta.label: model for model in admin.site._registry}
APPS = sorted({model._meta.app_label for model in admin.site._registry})
# What Django has of its own beside the tables' pages; the home is everybody's of staff.
_OF_TABLES = ("_changelist", "_add", "_change", "_delete", "_history", "_action")
_OF_THE_SITE = {"login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n", "view_on_site"}


def clients() -> list[Client]:
    """A browser for every role, in its order; `nobody` is staff without any right."""
    sync_roles()
    found = []
    for role in ROLES:
        user = make_user(f"{role.lower()}@staff.example", is_staff=True, is_superuser=role == "superuser")
        if Group.objects.filter(name=role).exists():
            user.groups.add(Group.objects.get(name=role))
        found.append(browser_with_factor(User.objects.get(pk=user.pk)))
    return found


def _answer(client: Client, method: str, path: str) -> str:
    """What the request gets; what it wrote, counts of limits included, is taken back."""
    mark = transaction.savepoint()
    try:
        return str(client.generic(method, path).status_code if method == "GET" else client.post(path).status_code)
    finally:
        transaction.savepoint_rollback(mark)


def _line(name: str, browsers: list[Client], method: str, path: str) -> str:
    return " | ".join((name, *(_answer(client, method, path) for client in browsers)))


def pages_of(model: type[Model], browsers: list[Client]) -> Iterator[str]:
    """One line a page. To change is asked by an empty form, as of an old page: those who may get it back; what is only shown refuses it."""
    if model not in MAKERS:
        return
    row = MAKERS[model]()
    label, names = model._meta.label, f"admin:{model._meta.app_label}_{model._meta.model_name}"
    yield _line(f"{label} list", browsers, "GET", reverse(f"{names}_changelist"))
    yield _line(f"{label} add", browsers, "GET", reverse(f"{names}_add"))
    yield _line(f"{label} view", browsers, "GET", reverse(f"{names}_change", args=[row.pk]))
    yield _line(f"{label} change", browsers, "POST", reverse(f"{names}_change", args=[row.pk]))
    yield _line(f"{label} delete", browsers, "GET", reverse(f"{names}_delete", args=[row.pk]))
    yield _line(f"{label} history", browsers, "GET", reverse(f"{names}_history", args=[row.pk]))
    table: Any = admin.site._registry[model]
    for action in table.object_actions() if isinstance(table, ActionsAdmin) else ():
        yield _line(
            f"{label} do {action.slug}", browsers, "GET", reverse(f"{names}_action", args=[row.pk, action.slug])
        )
    for name, shape in _own_pages(model):
        path = "/admin/" + re.sub(r"<(path:object_id|int:pk|id)>", str(row.pk), shape)
        if "<int:reply>" in path:
            path = path.replace("<int:reply>", str(MAKERS[CannedReply]().pk))
        method = "POST" if _answer(browsers[-1], "GET", path) == "405" else "GET"
        yield _line(f"{label} {name}", browsers, method, path)


def _own_pages(model: type[Model]) -> Iterator[tuple[str, str]]:
    """The pages that a table has beside Django's."""
    meta = model._meta
    for prefix, entry in _addresses(admin.site.urls[0]):
        name, path = entry.name or "", prefix + str(entry.pattern)
        is_own = name and not name.endswith(tuple(f"{meta.model_name}{page}" for page in _OF_TABLES))
        if is_own and path.startswith(f"{meta.app_label}/{meta.model_name}/"):
            yield name.removeprefix(f"{meta.app_label}_{meta.model_name}_"), path


def _addresses(patterns: Any, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from _addresses(entry.url_patterns, prefix + str(entry.pattern))
        else:
            yield prefix, entry


def pages_of_no_table(browsers: list[Client]) -> Iterator[str]:
    """The site's own: its home, its lists of an app's tables, and what apps have added."""
    tables = tuple(f"{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry)
    for prefix, entry in _addresses(admin.site.urls[0]):
        name = entry.name or ""
        if not name or name in _OF_THE_SITE or (prefix + str(entry.pattern)).startswith(tables):
            continue
        if name == "app_list":
            for app in APPS:
                yield _line(f"site {name} {app}", browsers, "GET", reverse("admin:app_list", args=[app]))
        else:
            yield _line(f"site {name}", browsers, "GET", f"/admin/{prefix}{entry.pattern}")
