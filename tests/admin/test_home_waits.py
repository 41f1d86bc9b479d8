"""What of payments waits for staff: in the order in which it must be done, and as many as the list has that it leads to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Mail, User
from nexusvpn.admin_site import Notice
from tests.factories.payments import make_dispute, make_payment

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
Maker = Callable[[User, timedelta], Any]


def notices(browser: Client) -> list[Notice]:
    found: list[Notice] = browser.get("/admin/").context["notices"]
    return found


def listed(browser: Client, notice: Notice) -> list[Any]:
    return list(browser.get(notice.url).context["cl"].result_list)


class TestDisputes:
    def test_the_one_whose_answer_is_due_first_decides_and_stands_first_in_the_list(
        self, staff: Client, alice: User, bob: User
    ) -> None:
        now = timezone.now()
        later = make_dispute(make_payment(alice), created_at=now - DAY, evidence_due_at=now + 8 * DAY)
        sooner = make_dispute(make_payment(bob), created_at=now - 9 * DAY, evidence_due_at=now + 2 * DAY)
        make_dispute(make_payment(bob), status="under_review", evidence_due_at=now + DAY)
        (found,) = notices(staff)
        assert (found.text, found.tone) == ("2 disputes wait for an answer", "bad")
        assert (found.due_at, found.since) == (sooner.evidence_due_at, None)
        assert listed(staff, found) == [sooner, later]
        page = staff.get("/admin/").text
        assert "the first until: <time" in page
        assert "oldest: " not in page

    def test_what_has_a_deadline_comes_before_what_merely_waits(self, staff: Client, alice: User) -> None:
        at = timezone.now() - DAY
        Mail.objects.create(user=alice, to="a@example.com", kind="x", subject="s", state="failed", created_at=at)
        make_dispute(make_payment(alice))
        assert [notice.due_at is None for notice in notices(staff)] == [False, True]

    def test_an_early_question_of_the_bank_is_told_by_itself(self, staff: Client, alice: User) -> None:
        asked = make_dispute(make_payment(alice), status="warning_needs_response")
        for status in ("warning_under_review", "warning_closed"):
            make_dispute(make_payment(alice), status=status)
        (found,) = notices(staff)
        assert found.text == "1 early question of a bank waits for an answer, and may become a dispute without one"
        assert (found.tone, found.due_at) == ("warn", asked.evidence_due_at)
        assert listed(staff, found) == [asked]
