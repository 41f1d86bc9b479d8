"""Large bodies are taken where a message may bring files, from who is signed in, whole and in time."""

from __future__ import annotations

import io
import socket
import threading
import time

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile, UploadedFile
from django.test import Client, RequestFactory
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.models import User
from nexusvpn.uploads import WholeBody, carries_files
from support.files.checking import CheckedFile
from support.models import Ticket
from tests.factories.support import make_ticket

MEGABYTE = 1024 * 1024
ID = "0b2a6f0e-1111-4222-8333-444455556666"


def form_of(megabytes: int) -> bytes:
    return encode_multipart(
        BOUNDARY, {"message": "A large one.", "files": SimpleUploadedFile("a.txt", b"x" * megabytes * MEGABYTE)}
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/support", True),
        (f"/support/{ID}/reply", True),
        ("/api/v1/tickets", True),
        ("/api/v1/tickets/", True),
        (f"/api/v1/tickets/{ID}/reply", True),
        (f"/api/v1/tickets/{ID}/reply/", True),
        (f"/support/{ID}/close", False),
        (f"/support/{ID}/reply/x", False),
        ("/support/../reply", False),
        ("/login", False),
        ("/api/v1/devices", False),
        ("/xsupport", False),
    ],
)
def test_where_a_message_may_bring_files(path: str, expected: bool) -> None:
    make = RequestFactory()
    assert carries_files(make.post(path, {"a": "b"})) is expected
    assert not carries_files(make.get(path))
    assert not carries_files(make.post(path, "{}", content_type="application/json"))


@pytest.mark.parametrize("path", ["/support", "/api/v1/tickets"])
def test_more_than_the_limit_is_413_and_less_is_not(db: None, path: str) -> None:
    too_much = b"x" * (settings.UPLOAD_BODY_LIMIT_BYTES + 1)
    answer = Client().generic("POST", path, too_much, MULTIPART_CONTENT)
    assert answer.status_code == 413
    answer = Client().generic("POST", path, form_of(2), MULTIPART_CONTENT)
    assert answer.status_code in (302, 401)


@pytest.mark.parametrize("path", ["/login", "/api/v1/devices", f"/support/{ID}/close"])
def test_elsewhere_the_usual_limits_hold(db: None, path: str) -> None:
    assert Client().generic("POST", path, form_of(2), MULTIPART_CONTENT).status_code == 413


def test_who_is_not_signed_in_is_sent_to_sign_in_before_anything_is_read(db: None) -> None:
    answer = Client().generic("POST", f"/support/{ID}/reply", form_of(6), MULTIPART_CONTENT)
    assert (answer.status_code, answer["Location"]) == (302, f"/login?next=/support/{ID}/reply")
    assert answer.wsgi_request._read_started is False  # type: ignore[attr-defined]


def test_files_wait_on_the_disk(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = make_ticket(alice)
    seen: list[type] = []
    browser = Client()
    browser.force_login(alice)

    def received(request: object, user: User, uploads: list[UploadedFile]) -> list[CheckedFile]:
        seen.extend(type(file) for file in uploads)
        return []

    monkeypatch.setattr("support.views.threads.received_files", received)
    assert browser.generic("POST", f"/support/{ticket.pk}/reply", form_of(6), MULTIPART_CONTENT).status_code == 302
    assert seen == [TemporaryUploadedFile]


def test_a_body_that_ends_early_writes_nothing(alice: User) -> None:
    ticket = make_ticket(alice)
    browser = Client(raise_request_exception=False)
    browser.force_login(alice)
    body = encode_multipart(BOUNDARY, {"message": "It breaks off.", "files": SimpleUploadedFile("a.txt", b"x" * 5000)})
    answer = browser.generic(
        "POST", f"/support/{ticket.pk}/reply", body[:4000], MULTIPART_CONTENT, CONTENT_LENGTH=str(len(body))
    )
    assert answer.status_code >= 400
    assert Ticket.objects.get().messages.count() == 1


def test_so_many_large_bodies_at_once_and_no_more(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = make_ticket(alice)
    browser = Client()
    browser.force_login(alice)
    address = f"/support/{ticket.pk}/reply"
    turns = threading.BoundedSemaphore(1)
    monkeypatch.setattr("nexusvpn.uploads._turns", turns)
    with turns:
        refused = browser.generic("POST", address, form_of(2), MULTIPART_CONTENT)
        assert (refused.status_code, refused["Retry-After"]) == (503, "10")
        assert browser.post(address, {"message": "A small one needs no turn."}).status_code == 302
    assert browser.generic("POST", address, form_of(2), MULTIPART_CONTENT).status_code == 302
    # It was given back.
    assert turns.acquire(blocking=False)


class TestWholeBody:
    def test_it_gives_what_arrives(self) -> None:
        body = WholeBody(io.BytesIO(b"ab\ncd"), 5)
        assert (body.readline(5), body.read(2), body.read(0)) == (b"ab\n", b"cd", b"")
        body.end()

    def test_one_that_ends_early_cannot_be_read(self) -> None:
        body = WholeBody(io.BytesIO(b"abc"), 5)
        assert body.read(3) == b"abc"
        with pytest.raises(OSError, match="ended early"):
            body.read(2)
        body.end()

    def test_one_that_takes_too_long_is_given_up(self) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(b"a")
            body = WholeBody(ours.makefile("rb", buffering=0), 10, ours, seconds=0.2)
            begun = time.monotonic()
            assert body.read(1) == b"a"
            with pytest.raises(OSError, match="ended early"):
                body.read(9)
            assert 0.1 < time.monotonic() - begun < 5

    def test_one_that_nobody_reads_has_no_clock(self) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            WholeBody(ours.makefile("rb"), 10, ours, seconds=0.0).end()
            time.sleep(0.05)
            theirs.sendall(b"a")
            assert ours.recv(1) == b"a"
