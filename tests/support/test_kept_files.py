"""Files are removed after their time, go with whoever leaves, and are in a person's export by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.privacy import sections
from accounts.signals import account_erased
from support.models import Attachment, AttachmentContent, Ticket
from support.services.kept_files import remove_old_files
from tests.factories.support import make_attachment, make_message, make_ticket


def of_days_ago(ticket: Ticket, days: int, **fields: Any) -> Attachment:
    return make_attachment(ticket.messages.first(), created_at=timezone.now() - timedelta(days=days), **fields)  # type: ignore[arg-type]


def exported(user: User) -> list[dict[str, Any]]:
    section = next(section for section in sections() if section.name == "files")
    files: list[dict[str, Any]] = section.collect(user)
    return files


def test_after_its_time_the_content_is_gone_and_the_name_stays(ticket: Ticket, settings: Any) -> None:
    settings.ATTACHMENTS_KEPT_DAYS = 10
    old, young = of_days_ago(ticket, 11), of_days_ago(ticket, 9)
    assert remove_old_files() == 1
    assert list(AttachmentContent.objects.values_list("pk", flat=True)) == [young.pk]
    old.refresh_from_db()
    assert old.removed_at
    assert old.name == "node.log"
    assert remove_old_files() == 0


def test_batches_go_on_until_nothing_is_left(ticket: Ticket, settings: Any) -> None:
    settings.ATTACHMENTS_KEPT_DAYS = 1
    for _ in range(5):
        of_days_ago(ticket, 2)
    assert remove_old_files(batch=2) == 5
    assert not AttachmentContent.objects.exists()


@pytest.mark.django_db
def test_who_is_erased_takes_their_files_along_and_staffs_are_nobodys(alice: User, bob: User, ticket: Ticket) -> None:
    theirs = make_ticket(bob)
    make_attachment(ticket.messages.get())
    answer = make_message(theirs, author=alice, by_staff=True)
    kept = make_attachment(answer)
    while any(more for _, more in account_erased.send(sender=None, user=alice, batch=100)):
        continue
    left = Attachment.objects.get()
    assert (left.pk, left.sender) == (kept.pk, None)
    assert AttachmentContent.objects.count() == 1


def test_the_export_names_the_files_of_a_persons_threads(alice: User, bob: User, helper: User, ticket: Ticket) -> None:
    mine = make_attachment(ticket.messages.get(), name="mine.log")
    make_attachment(make_message(ticket, author=helper, by_staff=True), name="ours.log")
    make_attachment(make_message(ticket, author=helper, by_staff=True, is_note=True), name="noted.log")
    make_attachment(make_ticket(bob).messages.get(), name="theirs.log")
    assert [(file["name"], file["by_support"]) for file in exported(alice)] == [("mine.log", False), ("ours.log", True)]
    first = exported(alice)[0]
    assert first["path"] == f"/support/{ticket.pk}/attachments/{mine.pk}"
    assert (first["size"], first["kind"], first["removed_at"]) == (mine.size, "log", None)
