"""Two colleagues who save the same section of the settings at the same moment, from pages that show the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from threading import Barrier
from unittest import mock

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, RegistrationPolicy
from nexusvpn import admin_settings
from nexusvpn.admin_settings import SettingsSite
from nexusvpn.models import SiteState
from tests.admin.conftest import browser_with_factor
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS, AT_ONCE = 20, 2
Change = Callable[[int, int], dict[str, str]]

SECTIONS = pytest.mark.parametrize(
    ("slug", "model", "change"),
    [
        ("registration", RegistrationPolicy, lambda turn, one: {"mode": "closed", "accounts_an_hour": f"{turn}{one}"}),
        ("maintenance", SiteState, lambda turn, one: {"on": "on", "note": f"Disk {one} of rack {turn}"}),
    ],
    ids=["registration", "maintenance"],
)


@pytest.fixture
def colleagues() -> list[Client]:
    people = [make_user(f"sam-{n}@example.com", is_staff=True, is_superuser=True) for n in range(AT_ONCE)]
    return [browser_with_factor(person) for person in people]


def save_at_once(colleagues: list[Client], slug: str, turn: int, change: Change) -> Counter[int]:
    """How often which status is answered to pages of one version."""
    version = next(section.version for section in SettingsSite.sections if section.slug == slug)
    statuses: list[int] = []

    def save(one: int) -> None:
        data = {**change(turn, one), "version": version}
        statuses.append(colleagues[one].post(reverse("admin:settings_section", args=[slug]), data).status_code)

    assert crowd(AT_ONCE, save) == {"ok": AT_ONCE}
    return Counter(statuses)


@SECTIONS
def test_without_the_lock_one_takes_back_what_another_saved(
    colleagues: list[Client], slug: str, model: type[Model], change: Change
) -> None:
    all_of_them = Barrier(AT_ONCE)

    def look(of: type[Model]) -> Model | None:
        row = of._default_manager.first()
        all_of_them.wait(10)
        return row

    with mock.patch.object(admin_settings, "lock_settings", look):
        assert save_at_once(colleagues, slug, 1, change) == {302: AT_ONCE}


@SECTIONS
def test_one_saves_and_the_others_are_told(
    colleagues: list[Client], slug: str, model: type[Model], change: Change
) -> None:
    for turn in range(1, ROUNDS + 1):
        # While there is no row its defaults hold, and there is nothing of the table's to lock.
        if turn % 2:
            model._default_manager.all().delete()
        assert save_at_once(colleagues, slug, turn, change) == {302: 1, 409: AT_ONCE - 1}
    acts = ("staff_changed", "maintenance_started", "maintenance_changed")
    assert AuditEvent.objects.filter(action__in=acts).count() == ROUNDS
