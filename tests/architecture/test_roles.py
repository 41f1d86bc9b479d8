"""Which role of staff gets what in the admin is written down in `roles.txt`; whoever changes it changes that file, and sees it.

To write it anew: `ACCESS_TABLE=write make test` (or this file alone, in one process), then read the difference.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from accounts.roles import BILLING, OPERATIONS, OWNER, SUPPORT
from tests.architecture.roles import APPS, HEADING, REGISTERED, ROLES, clients, pages_of, pages_of_no_table

TABLE = Path(__file__).with_name("roles.txt")
pytestmark = pytest.mark.django_db
MONEY = ("billing.", "referrals.", "vpn.LocationCost")
TEXTS = ("support.Ticket", "support.Attachment", "support.InboundMail", "accounts.Mail ")


def written() -> list[str]:
    return TABLE.read_text().splitlines()


def check(found: Iterable[str], belongs: str) -> None:
    now = list(found)
    if os.environ.get("ACCESS_TABLE") == "write":
        others = [line for line in written()[1:] if not line.startswith(belongs)] if TABLE.exists() else []
        TABLE.write_text("\n".join([HEADING, *sorted([*others, *now])]) + "\n")
    expected = {line for line in written()[1:] if line.startswith(belongs)}
    assert expected == set(now), f"written, not so: {sorted(expected - set(now))}; so: {sorted(set(now) - expected)}"


@pytest.mark.parametrize("app", APPS)
def test_every_role_gets_what_is_written_down(app: str) -> None:
    browsers = clients()
    tables = [model for label, model in sorted(REGISTERED.items()) if model._meta.app_label == app]
    check((line for model in tables for line in pages_of(model, browsers)), f"{app}.")


def test_the_sites_own_pages_are_written_down_too() -> None:
    check(pages_of_no_table(clients()), "site ")


def test_no_line_is_about_what_is_not_there() -> None:
    assert written()[0] == HEADING
    assert {line.split(".")[0] for line in written()[1:] if not line.startswith("site ")} == set(APPS)


def column(role: str) -> dict[str, int]:
    place = 1 + ROLES.index(role)
    return {line.split(" | ")[0]: int(line.split(" | ")[place]) for line in written()[1:]}


def opened(role: str) -> set[str]:
    """What is not refused; the site hides its own pages from who may not see them."""
    return {page for page, status in column(role).items() if status != 403 and (status != 404 or page[:5] != "site ")}


def test_staff_without_a_role_get_the_home_and_nothing_else() -> None:
    assert opened("nobody") == {"site index"}


def test_only_who_is_for_money_sees_money() -> None:
    for role in (SUPPORT, OPERATIONS):
        assert not [page for page in opened(role) if page.startswith(MONEY)], role


def test_only_support_and_the_owner_read_what_customers_write() -> None:
    for role in (BILLING, OPERATIONS):
        assert not [page for page in opened(role) if page.startswith(TEXTS)], role


def test_only_operations_and_the_owner_touch_the_fleet() -> None:
    for role in (SUPPORT, BILLING):
        touched = [page for page in opened(role) if page.startswith("vpn.") and not page.startswith("vpn.LocationCost")]
        assert {page.split()[1] for page in touched} <= {"list", "view", "history"}, role


def test_only_the_owner_decides_about_staff() -> None:
    for role in (SUPPORT, BILLING, OPERATIONS):
        assert not [page for page in opened(role) if page.startswith("auth.")], role
    assert "auth.Group change" in opened(OWNER)


def test_nobody_gets_more_than_a_superuser_and_the_owner_less() -> None:
    for role in ROLES[:-1]:
        assert opened(role) <= opened("superuser"), role
    magic = {"accounts.User auth_user_password_change", "vpn.EmergencyStop fleet"}
    assert opened("superuser") - opened(OWNER) == magic
