"""Several jobs that mail one announcement at the same moment."""

from __future__ import annotations

from collections import Counter
from unittest import mock

import pytest

from accounts.models import Mail
from support.models import Announcement
from support.services import announcement_mails
from support.services.announcement_mails import mail_announcements
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user
from tests.factories.announcements import make_announcement

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 20
AT_ONCE = 4


@pytest.fixture(autouse=True)
def _many_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcement_mails, "BATCH", 2)
    for number in range(6):
        make_user(f"person{number}@example.com")


def mails_of_a_round() -> Counter[str]:
    """How many mails each got, when all jobs and those that follow are done."""
    Mail.objects.all().delete()
    announcement = make_announcement(has_mail=True)
    crowd(AT_ONCE, lambda _: mail_announcements())
    for _ in range(5):
        mail_announcements()
    announcement.refresh_from_db()
    assert announcement.mailed_at is not None
    return Counter(Mail.objects.values_list("to", flat=True))


def test_without_the_claim_people_are_mailed_twice() -> None:
    def mail_unclaimed(announcement: Announcement, people: list[object]) -> int:
        announcement_mails._tell(announcement, people)  # type: ignore[arg-type]
        last = people[-1].pk if people else None  # type: ignore[attr-defined]
        return real(announcement, people) if last is None else _move(announcement, last)  # type: ignore[arg-type]

    def _move(announcement: Announcement, last: object) -> int:
        return Announcement.objects.filter(pk=announcement.pk).update(mailed_to=last)

    real = announcement_mails._mail_batch
    with mock.patch.object(announcement_mails, "_mail_batch", mail_unclaimed):
        for _ in range(ROUNDS):
            if max(mails_of_a_round().values()) > 1:
                return
    pytest.fail("the negative control never lost the race, so the test below proves nothing")


def test_everybody_is_mailed_once() -> None:
    for _ in range(ROUNDS):
        assert mails_of_a_round() == {f"person{number}@example.com": 1 for number in range(6)}
