"""What several lists show alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html

from accounts.admin import LATEST
from accounts.models import User
from nexusvpn.admin_base import Panel
from nexusvpn.templatetags.nexusvpn_ui import money

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def money_column(field: str, title: StrOrPromise) -> Callable[[Any], str]:
    """An amount with its row's currency."""

    @admin.display(description=title, ordering=field)
    def show(row: Any) -> str:
        return money(getattr(row, field), row.currency)

    show.__name__ = field
    return show


def panel_of(
    model: str, title: str, headings: Sequence[str], rows: QuerySet[Any], shown: Callable[[Any], Sequence[Any]]
) -> Callable[[User], Panel]:
    """A panel of the customer's page: the latest of their rows in the model's list, each with its page, and the way to all of them."""

    def linked(row: Any) -> tuple[Any, ...]:
        name, *cells = shown(row)
        address = reverse(f"admin:billing_{model}_change", args=[quote(row.pk)])
        return format_html('<a href="{}">{}</a>', address, name), *cells

    def panel(user: User) -> Panel:
        url = f"{reverse(f'admin:billing_{model}_changelist')}?user__id__exact={user.pk}"
        return Panel(title, headings, [linked(row) for row in rows.filter(user=user)[:LATEST]], url)

    return panel
