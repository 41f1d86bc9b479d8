"""A draft that a colleague publishes while another deletes it: what everybody is told stays."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from support.models import Announcement, LegalPage
from tests.admin.conftest import browser_with_factor
from tests.concurrency.waiting import until, waiting
from tests.factories.accounts import make_user
from tests.factories.announcements import make_announcement
from vpn.models import Incident

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture
def staff() -> Client:
    return browser_with_factor(make_user("sam@example.com", is_staff=True, is_superuser=True))


def drafts() -> list[tuple[Any, dict[str, Any]]]:
    """Each with what makes it public."""
    now = timezone.now()
    incident = Incident.objects.create(title="Soon", impact="down", started_at=now + timedelta(days=1))
    page = LegalPage.objects.create(kind="terms", language="en", body="Be kind.")
    return [
        (make_announcement(is_published=False), {"is_published": True}),
        (page, {"published_at": now}),
        (incident, {"started_at": now}),
    ]


def test_what_becomes_public_meanwhile_is_not_deleted(staff: Client) -> None:
    for draft, public in drafts():
        meta, statuses = draft._meta, list[int]()
        address = reverse(f"admin:{meta.app_label}_{meta.model_name}_delete", args=[draft.pk])

        def delete(address: str = address, statuses: list[int] = statuses) -> None:
            statuses.append(staff.post(address, {"post": "yes"}).status_code)
            connection.close()

        deleter = Thread(target=delete)
        with transaction.atomic():
            type(draft).objects.filter(pk=draft.pk).update(**public)
            deleter.start()
            until(lambda: waiting() == 1)
        deleter.join(30)
        assert statuses == [403]
        draft.refresh_from_db()


def test_a_draft_that_stays_one_is_deleted(staff: Client) -> None:
    draft = make_announcement(is_published=False)
    assert staff.post(reverse("admin:support_announcement_delete", args=[draft.pk]), {"post": "yes"}).status_code == 302
    assert not Announcement.objects.exists()
