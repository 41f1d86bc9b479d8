"""Where the admin's pages are, and who may use them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User

# What somebody is told who confirms an action that has stopped being one.
TOO_LATE = "This cannot be done with it any more: it is done already, by a colleague or by your own first click"


def action(row: Any, slug: str) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_action", args=[row.pk, slug])


def change(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def page(staff: Client, address: str) -> str:
    """The page, without the places where an address may break."""
    answer = staff.get(address)
    assert answer.status_code == 200
    return answer.content.decode().replace("<wbr>", "")


def shown(browser: Client, address: str) -> dict[str, str]:
    """What a row's page sends beside its form, so that a colleague's change of meanwhile is noticed."""
    return {"shown": (browser.get(address).context or {}).get("shown", "")}


def save(browser: Client, address: str, form: dict[str, Any]) -> Any:
    """Open a row's page and send its form."""
    return browser.post(address, {**form, **shown(browser, address)})


def allow(user: User, *codenames: str) -> None:
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))


def refuse_who_may_only_see(helper: User, browser: Client, row: Any, slug: str, **form: str) -> None:
    """With the permission to see the row and no other, its action is neither offered nor asked about nor done, and that is written down.

    What it would have changed is for the test to look at.
    """
    allow(helper, f"view_{row._meta.model_name}")
    page = browser.get(change(row))
    assert page.status_code == 200
    assert action(row, slug) not in page.text
    denied = AuditEvent.objects.filter(action="denied", actor_id=helper.pk)
    before = denied.count()
    assert [browser.get(action(row, slug)).status_code, browser.post(action(row, slug), form).status_code] == [403, 403]
    assert denied.count() > before
