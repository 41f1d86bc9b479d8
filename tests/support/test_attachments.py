"""Files of messages: checked as one, written with their message or not at all, bounded for each person and for all."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from nexusvpn.errors import InvalidInput, Unavailable
from support.errors import AttachmentsOverQuota
from support.files.checking import MAX_BYTES, CheckedFile
from support.models import Attachment, AttachmentContent, Ticket
from support.services.attachments import MEGABYTE, bytes_of, check_files, store_files
from support.services.desk import thread_of
from support.services.threads import thread_page
from tests.factories.support import make_message
from tests.support.files.pictures import PDF, picture


def upload(name: str, data: bytes, declared: str = "application/octet-stream") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, declared)


def text_of(size: int, name: str = "a.txt") -> CheckedFile:
    return CheckedFile(name, "txt", b"x" * size)


class TestChecking:
    def test_what_a_file_is_its_bytes_say(self) -> None:
        sent = [
            upload("a.exe", picture("png"), "text/html"),
            upload("b.png", picture("jpeg"), "image/png"),
            upload("c", picture("webp")),
            upload("node.LOG", b"a line\n", "image/png"),
            upload("d.png", PDF),
        ]
        found = [(file.name, file.kind) for file in check_files(sent)]
        assert found == [
            ("a.exe.png", "png"),
            ("b.jpg", "jpeg"),
            ("c.webp", "webp"),
            ("node.LOG", "log"),
            ("d.pdf", "pdf"),
        ]

    def test_a_text_is_kept_as_it_was_and_known_by_its_digest(self) -> None:
        (file,) = check_files([upload("a.txt", "Grüße\n".encode())])
        assert (file.data, file.sha256) == ("Grüße\n".encode(), hashlib.sha256("Grüße\n".encode()).hexdigest())

    def test_each_file_that_is_refused_is_named_with_its_reason(self) -> None:
        with pytest.raises(InvalidInput) as caught:
            check_files([upload("../\u202ea.svg", b"<svg>"), upload("good.txt", b"good"), upload("b.txt", b"")])
        assert caught.value.fields == {
            "files": ["“a.svg”: It is a document of a kind that we do not take.", "“b.txt”: It is empty."]
        }

    def test_five_files_of_five_megabytes_are_taken_and_nothing_beyond(self) -> None:
        assert len(check_files([upload("a.txt", b"x" * MAX_BYTES) for _ in range(5)])) == 5
        with pytest.raises(InvalidInput, match="another value") as caught:
            check_files([upload("a.txt", b"x" * (MAX_BYTES + 1))])
        assert caught.value.fields["files"] == ["“a.txt”: It is larger than 5 MB."]
        with pytest.raises(InvalidInput) as caught:
            check_files([upload("a.txt", b"x") for _ in range(6)])
        assert caught.value.fields["files"] == ["Send at most 5 files with a message."]

    def test_a_file_that_says_that_it_is_small_is_measured(self) -> None:
        liar = upload("a.txt", b"x" * (MAX_BYTES + 1))
        liar.size = 10
        with pytest.raises(InvalidInput):
            check_files([liar])


@pytest.mark.django_db
class TestStoring:
    def test_a_file_is_a_row_with_its_bytes(self, alice: User, ticket: Ticket) -> None:
        message = ticket.messages.get()
        with transaction.atomic():
            store_files(message=message, sender=alice, files=[text_of(3), text_of(4, "b.txt")])
        rows = list(message.attachments.values_list("name", "kind", "size", "sender"))
        assert sorted(rows) == [("a.txt", "txt", 3, alice.pk), ("b.txt", "txt", 4, alice.pk)]
        contents = list(AttachmentContent.objects.all())
        assert {bytes_of(content) for content in contents} == {b"xxx", b"xxxx"}
        assert not any(b"xxx" in bytes(content.data) for content in contents)

    def test_files_stay_in_the_order_in_which_they_were_sent(self, alice: User, sam: User, ticket: Ticket) -> None:
        names = ["e.txt", "d.txt", "c.txt", "b.txt", "a.txt"]
        # A coarse clock gives all of them the same moment.
        with time_machine.travel(timezone.now(), tick=False):
            message = make_message(ticket)
            store_files(message=message, sender=alice, files=[text_of(1, name) for name in names])
        kept = [file.name for file in message.attachments.all()]
        thread = thread_page(ticket, alice, None).items[-1]
        desk = thread_of(ticket, sam).messages[-1]
        shown = [[file.name for file in each.files] for each in (thread, desk)]
        assert [kept, *shown] == [names] * 3

    def test_a_person_has_so_much_room_and_not_a_byte_more(self, alice: User, ticket: Ticket, settings: Any) -> None:
        settings.ATTACHMENTS_MB_PER_PERSON = 1
        message = ticket.messages.get()
        store_files(message=message, sender=alice, files=[text_of(MEGABYTE - 1)])
        with pytest.raises(AttachmentsOverQuota) as caught:
            store_files(message=message, sender=alice, files=[text_of(2)])
        assert list(caught.value.fields) == ["files"]
        store_files(message=message, sender=alice, files=[text_of(1)])
        assert Attachment.objects.count() == 2

    def test_what_was_removed_takes_no_room(self, alice: User, ticket: Ticket, settings: Any) -> None:
        settings.ATTACHMENTS_MB_PER_PERSON = 1
        message = ticket.messages.get()
        store_files(message=message, sender=alice, files=[text_of(MEGABYTE)])
        Attachment.objects.update(removed_at=message.created_at)
        store_files(message=message, sender=alice, files=[text_of(MEGABYTE)])

    def test_a_disk_that_is_full_takes_files_of_nobody(
        self, alice: User, helper: User, ticket: Ticket, settings: Any
    ) -> None:
        settings.ATTACHMENTS_TOTAL_MB = 1
        message = ticket.messages.get()
        noise = b"".join(hashlib.sha256(bytes([a, b])).digest() for a in range(256) for b in range(128))
        store_files(message=message, sender=alice, files=[CheckedFile("a.txt", "txt", noise)])
        for sender in (alice, helper):
            with pytest.raises(Unavailable) as caught:
                store_files(message=message, sender=sender, files=[text_of(1)])
            assert (caught.value.code, caught.value.retry_after) == ("attachments_full", 3600)
        # The table does not become smaller, but what was deleted leaves its room to others.
        Attachment.objects.update(removed_at=message.created_at)
        store_files(message=message, sender=alice, files=[text_of(1)])

    def test_without_files_nothing_is_asked(
        self, alice: User, ticket: Ticket, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        message = ticket.messages.get()
        with django_assert_num_queries(0):
            store_files(message=message, sender=alice, files=[])
