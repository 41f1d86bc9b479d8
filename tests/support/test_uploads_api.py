"""Files over the API: as a form beside JSON, refused by name, listed with their message."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.models import User
from nexusvpn.ratelimit import UPLOADS
from support.models import Attachment, Ticket, TicketMessage
from tests.api_client import Answer, ApiClient
from tests.factories.support import make_attachment, make_message
from tests.queries import recorded_queries
from tests.support.files.pictures import picture

NEW = {"subject": "My tunnel stops", "message": "It stops after a minute.", "category": "devices"}
REPLY = {"message": "It has stopped again."}


def upload(name: str = "a.log", data: bytes = b"a line\n") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "image/png")


def send(client: ApiClient, path: str, fields: dict[str, Any], **headers: str) -> Answer:
    return client.request("POST", path, encode_multipart(BOUNDARY, fields), content_type=MULTIPART_CONTENT, **headers)


def test_a_ticket_is_opened_with_files(alice_api: ApiClient, alice: User) -> None:
    answer = send(alice_api, "tickets", {**NEW, "files": [upload(), upload("b.png", picture())]})
    assert answer.status == 201
    assert answer.data["category"] == "devices"
    [message] = alice_api.get(f"tickets/{answer.data['id']}/messages").data["items"]
    assert [(file["name"], file["kind"], file["removed_at"]) for file in message["attachments"]] == [
        ("a.log", "log", None),
        ("b.png", "png", None),
    ]
    first = Attachment.objects.get(name="a.log")
    assert (first.sender, message["attachments"][0]["size"], first.size) == (alice, 7, 7)
    assert set(message["attachments"][0]) == {"id", "name", "kind", "size", "created_at", "removed_at"}
    assert message["attachments"][0]["created_at"].endswith("Z")


def test_an_answer_brings_files_and_says_so(alice_api: ApiClient, ticket: Ticket) -> None:
    answer = send(alice_api, f"tickets/{ticket.pk}/reply", {**REPLY, "files": upload("../x.txt")})
    assert answer.status == 201
    assert [file["name"] for file in answer.data["attachments"]] == ["x.txt"]


def test_a_form_without_files_and_json_are_the_same(alice_api: ApiClient, ticket: Ticket) -> None:
    for answer in (
        send(alice_api, f"tickets/{ticket.pk}/reply", REPLY),
        alice_api.post(f"tickets/{ticket.pk}/reply", REPLY),
    ):
        assert (answer.status, answer.data["message"], answer.data["attachments"]) == (201, REPLY["message"], [])


def test_a_repeat_writes_its_files_once_and_other_files_are_something_else(
    alice_api: ApiClient, ticket: Ticket
) -> None:
    path, key = f"tickets/{ticket.pk}/reply", {"Idempotency-Key": "phone-1"}
    first = send(alice_api, path, {**REPLY, "files": upload("a.png", picture())}, **key)
    again = send(alice_api, path, {**REPLY, "files": upload("a.png", picture())}, **key)
    assert first.data == again.data
    assert Attachment.objects.count() == 1
    other = send(alice_api, path, {**REPLY, "files": upload("a.png", picture(size=(9, 9)))}, **key)
    assert (other.status, other.code) == (409, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("fields", "code", "named"),
    [
        ({"files": upload("a.svg", b"<svg>")}, "invalid_input", "files"),
        ({"files": upload("a.txt", b"")}, "invalid_input", "files"),
        ({"files": [upload() for _ in range(6)]}, "invalid_input", "files"),
        ({"files": "no file"}, "invalid_input", "files"),
        ({"file": upload()}, "unknown_field", "file"),
        ({"message": upload()}, "invalid_input", "message"),
        ({"message": ["one sentence", "another sentence"]}, "invalid_input", "message"),
        ({"sender": "me"}, "unknown_field", "sender"),
    ],
)
def test_what_is_refused_is_named(
    alice_api: ApiClient, ticket: Ticket, fields: dict[str, Any], code: str, named: str
) -> None:
    answer = send(alice_api, f"tickets/{ticket.pk}/reply", {**REPLY, **fields})
    assert (answer.status, answer.code) == (400, code)
    assert named in answer.fields
    assert TicketMessage.objects.count() == 1


def test_json_has_no_files(alice_api: ApiClient, ticket: Ticket) -> None:
    answer = alice_api.post(f"tickets/{ticket.pk}/reply", {**REPLY, "files": ["aGVsbG8="]})
    assert (answer.status, answer.code) == (400, "unknown_field")


@pytest.mark.parametrize("body", [b"", b"--x", b"nothing of a form", b"\r\n" * 1000])
def test_a_broken_form_is_400(alice_api: ApiClient, ticket: Ticket, body: bytes) -> None:
    for kind in (MULTIPART_CONTENT, "multipart/form-data", "multipart/form-data; boundary=\x01"):
        answer = alice_api.request("POST", f"tickets/{ticket.pk}/reply", body, content_type=kind)
        assert answer.status == 400


def test_elsewhere_a_form_is_refused(alice_api: ApiClient, ticket: Ticket) -> None:
    assert send(alice_api, f"tickets/{ticket.pk}/close", {}).status == 415
    assert send(alice_api, "devices", {"name": "x"}).status == 415


def test_over_ones_room_it_is_409_and_without_any_503(alice_api: ApiClient, ticket: Ticket, settings: Any) -> None:
    settings.ATTACHMENTS_MB_PER_PERSON = 0
    answer = send(alice_api, f"tickets/{ticket.pk}/reply", {**REPLY, "files": upload()})
    assert (answer.status, answer.code, list(answer.fields)) == (409, "attachments_over_quota", ["files"])
    settings.ATTACHMENTS_TOTAL_MB = 0
    answer = send(alice_api, f"tickets/{ticket.pk}/reply", {**REPLY, "files": upload()})
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "attachments_full", "3600")
    assert ticket.messages.count() == 1


def test_messages_with_files_are_limited_by_person(alice_api: ApiClient, bob_api: ApiClient, ticket: Ticket) -> None:
    many = int(UPLOADS.rate.split("/")[0])
    for _ in range(many):
        assert send(alice_api, "tickets", {**NEW, "files": upload("a.svg", b"<svg>")}).status == 400
    refused = send(alice_api, "tickets", {**NEW, "files": upload()})
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) > 0
    assert alice_api.post("tickets", NEW).status == 201
    assert send(bob_api, "tickets", {**NEW, "files": upload()}).status == 201


def test_a_thread_with_files_costs_as_many_queries_as_one_without(alice_api: ApiClient, ticket: Ticket) -> None:
    counts = []
    for number in (1, 30):
        for _ in range(number):
            make_attachment(make_message(ticket))
        with recorded_queries() as queries:
            alice_api.get(f"tickets/{ticket.pk}/messages?limit=100")
        counts.append(len([query for query in queries if '"support_' in query]))
    assert counts == [1, 1]
    sliced = alice_api.get(f"tickets/{ticket.pk}/messages?cursor=&limit=100").data["items"]
    assert sum(len(message["attachments"]) for message in sliced) == 31
