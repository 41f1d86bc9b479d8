"""Messages with files of one person at the same moment. It is first shown that counting without a lock gives them more than their room."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from django.db import transaction

from accounts.models import User
from support.files.checking import CheckedFile
from support.models import Attachment, Ticket
from support.services import attachments as services
from support.services.attachments import MEGABYTE, store_files
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user
from tests.factories.support import make_ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 20
AT_ONCE = 8
# Three fit into the megabyte of these tests.
FILE = CheckedFile("a.txt", "txt", b"x" * (MEGABYTE // 3))


@pytest.fixture(autouse=True)
def one_megabyte(settings: Any) -> None:
    settings.ATTACHMENTS_MB_PER_PERSON = 1


def send_many(user: User) -> dict[str, int]:
    """Each message in a thread of its own, so that no ticket's lock stands in for the one that is meant."""
    Ticket.objects.all().delete()
    messages = [make_ticket(user).messages.get() for _ in range(AT_ONCE)]

    def act(number: int) -> None:
        with transaction.atomic(durable=True):
            store_files(message=messages[number], sender=user, files=[FILE])

    return dict(crowd(AT_ONCE, act))


def test_counting_without_a_lock_admits_too_many() -> None:
    alice = make_user("alice@example.com")
    with mock.patch.object(services, "lock_uploads"):
        for _ in range(ROUNDS):
            if send_many(alice)["ok"] > 3:
                return
    pytest.fail("the negative control never lost the race, so the test below proves nothing")


def test_of_many_messages_at_once_those_are_taken_that_fit() -> None:
    alice = make_user("alice@example.com")
    for _ in range(ROUNDS):
        assert send_many(alice) == {"ok": 3, "attachments_over_quota": AT_ONCE - 3}
        assert Attachment.objects.count() == 3
