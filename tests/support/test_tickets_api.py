from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from support.models import Ticket, TicketMessage
from tests.api_client import ApiClient
from tests.factories.support import make_message, make_service_levels, make_ticket, make_tickets
from tests.queries import recorded_queries

VALID = {"subject": "My tunnel stops", "message": "It stops after a minute.", "priority": "high"}
TICKET_KEYS = {
    *("id", "subject", "status", "priority", "category", "device", "created_at", "updated_at", "closed_at"),
    *("reopens_until", "answer_due_at", "rating", "rating_comment", "merged_into"),
}
LISTS = ["tickets", "tickets/{}/messages"]


def test_opening_a_ticket_answers_it_with_nothing_else(alice_api: ApiClient, alice: User) -> None:
    answer = alice_api.post("tickets", VALID)
    assert answer.status == 201
    assert set(answer.data) == TICKET_KEYS
    assert (answer.data["subject"], answer.data["priority"], answer.data["status"]) == (
        VALID["subject"],
        "high",
        "open",
    )
    ticket = Ticket.objects.get(pk=answer.data["id"])
    assert ticket.user == alice
    message = ticket.messages.get()
    assert (message.body, message.author, message.by_staff) == (VALID["message"], alice, False)


def test_the_priority_is_medium_unless_said(alice_api: ApiClient) -> None:
    answer = alice_api.post("tickets", {"subject": VALID["subject"], "message": VALID["message"]})
    assert answer.data["priority"] == "medium"


def test_texts_are_stored_trimmed(alice_api: ApiClient) -> None:
    answer = alice_api.post("tickets", {"subject": "  Help  ", "message": " \n It stops after a minute. \t"})
    assert answer.data["subject"] == "Help"
    assert TicketMessage.objects.get().body == "It stops after a minute."


@pytest.mark.parametrize(
    ("values", "status", "field"),
    [
        ({"subject": "abc"}, 201, None),
        ({"subject": "ab"}, 400, "subject"),
        ({"subject": "  ab  "}, 400, "subject"),
        ({"subject": "a" * 200}, 201, None),
        ({"subject": " " * 50 + "a" * 200 + " " * 50}, 201, None),
        ({"subject": "a" * 201}, 400, "subject"),
        ({"subject": "   \t\n  "}, 400, "subject"),
        ({"subject": ""}, 400, "subject"),
        ({"subject": None}, 400, "subject"),
        ({"subject": 12345}, 400, "subject"),
        ({"subject": ["abc"]}, 400, "subject"),
        ({"subject": "ab\x00cd"}, 400, "subject"),
        ({"subject": "ab\ud800cd"}, 400, "body"),
        ({"message": "m" * 10}, 201, None),
        ({"message": "m" * 9}, 400, "message"),
        ({"message": "m" * 9 + "    "}, 400, "message"),
        ({"message": "m" * 5000}, 201, None),
        ({"message": "\n" + "m" * 5000 + "\n"}, 201, None),
        ({"message": "m" * 5001}, 400, "message"),
        ({"message": " " * 20}, 400, "message"),
        ({"message": "a null \x00 character"}, 400, "message"),
        ({"message": "ü" * 10}, 201, None),
        ({"priority": "low"}, 201, None),
        ({"priority": "urgent"}, 400, "priority"),
        ({"priority": ""}, 400, "priority"),
        ({"priority": None}, 400, "priority"),
        ({"priority": 1}, 400, "priority"),
        ({"status": "closed"}, 400, "status"),
        ({"user": "somebody"}, 400, "user"),
    ],
)
def test_the_bounds_of_a_new_ticket(
    alice_api: ApiClient, values: dict[str, Any], status: int, field: str | None
) -> None:
    answer = alice_api.post("tickets", {**VALID, **values})
    assert answer.status == status, answer.body
    assert Ticket.objects.count() == (1 if status == 201 else 0)
    if field and field != "body":
        assert list(answer.fields) == [field]


@pytest.mark.parametrize("missing", ["subject", "message"])
def test_subject_and_message_are_needed(alice_api: ApiClient, missing: str) -> None:
    answer = alice_api.post("tickets", {name: value for name, value in VALID.items() if name != missing})
    assert answer.status == 400
    assert list(answer.fields) == [missing]


@pytest.mark.parametrize(
    ("message", "status"),
    [("m" * 9, 400), ("m" * 10, 201), ("m" * 5000, 201), ("m" * 5001, 400), (" " * 10, 400), ("ten chars\x00", 400)],
)
def test_the_bounds_of_an_answer(alice_api: ApiClient, ticket: Ticket, message: str, status: int) -> None:
    answer = alice_api.post(f"tickets/{ticket.pk}/reply", {"message": message})
    assert answer.status == status
    assert ticket.messages.count() == (2 if status == 201 else 1)


def test_the_thread_is_oldest_first_and_names_no_author(
    alice_api: ApiClient, helper_api: ApiClient, ticket: Ticket
) -> None:
    helper_api.post(f"tickets/{ticket.pk}/reply", {"message": "Which system do you use?"})
    alice_api.post(f"tickets/{ticket.pk}/reply", {"message": "It is the newest one."})
    answer = alice_api.get(f"tickets/{ticket.pk}/messages")
    assert [message["by_staff"] for message in answer.data["items"]] == [False, True, False]
    assert [message["message"] for message in answer.data["items"]][1:] == [
        "Which system do you use?",
        "It is the newest one.",
    ]
    keys = {"id", "message", "by_staff", "created_at", "attachments"}
    assert all(set(message) == keys for message in answer.data["items"])
    assert "elper" not in str(answer.body)


def test_staff_read_answer_and_close_anybodys_ticket(helper_api: ApiClient, ticket: Ticket) -> None:
    assert helper_api.get(f"tickets/{ticket.pk}").data["id"] == str(ticket.pk)
    assert helper_api.get(f"tickets/{ticket.pk}/messages").data["total"] == 1
    assert helper_api.post(f"tickets/{ticket.pk}/reply", {"message": "We look into it."}).data["by_staff"] is True
    assert helper_api.post(f"tickets/{ticket.pk}/close").data["status"] == "closed"


def test_staff_list_only_their_own_and_write_there_as_customers(
    helper_api: ApiClient, helper: User, ticket: Ticket
) -> None:
    own = make_ticket(helper, subject="My own")
    assert [row["id"] for row in helper_api.get("tickets").data["items"]] == [str(own.pk)]
    assert helper_api.post(f"tickets/{own.pk}/reply", {"message": "Here is more."}).data["by_staff"] is False


CALLS = [
    ("GET", "", None),
    ("GET", "/messages", None),
    ("GET", "/messages?page=2", None),
    ("POST", "/reply", {"message": "Let me in, please."}),
    ("POST", "/close", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_a_strangers_ticket_does_not_exist(
    bob_api: ApiClient, ticket: Ticket, method: str, path: str, body: Any
) -> None:
    answer = bob_api.request(method, f"tickets/{ticket.pk}{path}", body)
    missing = bob_api.request(method, f"tickets/{uuid4()}{path}", body)
    assert (answer.status, answer.code) == (missing.status, missing.code) == (404, "not_found")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.messages.count()) == ("open", 1)


@pytest.mark.parametrize(("method", "path", "body"), [*CALLS, ("GET", "", None)])
def test_nobody_sees_anything_without_a_token(
    api: ApiClient, ticket: Ticket, method: str, path: str, body: Any
) -> None:
    assert api.request(method, f"tickets/{ticket.pk}{path}", body).status == 401
    assert api.request(method, "tickets", VALID if method == "POST" else None).status == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "tickets"), ("PATCH", "tickets/{}"), ("GET", "tickets/{}/reply"), ("GET", "tickets/{}/close")],
)
def test_other_methods_are_refused(alice_api: ApiClient, ticket: Ticket, method: str, path: str) -> None:
    assert alice_api.request(method, path.format(ticket.pk)).status == 405


def test_closing_takes_no_fields(alice_api: ApiClient, ticket: Ticket) -> None:
    answer = alice_api.post(f"tickets/{ticket.pk}/close", {"status": "open"})
    assert (answer.status, answer.code) == (400, "unknown_field")


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_trailing_slash_is_optional(alice_api: ApiClient, ticket: Ticket, slash: str) -> None:
    for path in ("tickets", f"tickets/{ticket.pk}", f"tickets/{ticket.pk}/messages"):
        assert alice_api.get(path + slash).status == 200


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=-1", "page"),
        ("page=0", "page"),
        ("page=abc", "page"),
        ("page=", "page"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=abc", "limit"),
    ],
)
def test_a_page_out_of_range_is_refused_by_name(
    alice_api: ApiClient, ticket: Ticket, path: str, query: str, field: str
) -> None:
    answer = alice_api.get(f"{path.format(ticket.pk)}?{query}")
    assert answer.status == 400
    assert list(answer.fields) == [field]


def test_tickets_come_in_pages_the_one_that_moved_last_first(alice_api: ApiClient, alice: User, bob: User) -> None:
    make_ticket(bob)
    expected = [str(ticket.pk) for ticket in make_tickets(alice, 5)]
    first, second, third, beyond = (alice_api.get(f"tickets?page={n}&limit=2").data for n in (1, 2, 3, 4))
    assert [row["id"] for page in (first, second, third) for row in page["items"]] == expected
    assert beyond == {"items": [], "page": 4, "limit": 2, "total": 5, "total_pages": 3}
    assert alice_api.get("tickets?limit=100").data["total"] == 5


def test_nobody_has_tickets_at_first(alice_api: ApiClient) -> None:
    assert alice_api.get("tickets").data == {"items": [], "page": 1, "limit": 20, "total": 0, "total_pages": 0}


def test_messages_come_in_pages(alice_api: ApiClient, ticket: Ticket) -> None:
    for _ in range(4):
        make_message(ticket)
    pages = [alice_api.get(f"tickets/{ticket.pk}/messages?page={n}&limit=2").data for n in (1, 2, 3, 4)]
    assert [len(page["items"]) for page in pages] == [2, 2, 1, 0]
    assert {page["total"] for page in pages} == {5}


def test_a_list_costs_two_queries_with_1_and_with_50_rows(alice_api: ApiClient, alice: User, ticket: Ticket) -> None:
    """Token with person, then the page with its total. The limits' counter is left out: with Redis it is no query."""
    for path in LISTS:
        with recorded_queries() as few:
            assert alice_api.get(path.format(ticket.pk)).data["total"] == 1
        assert len(few) == 2, few
    make_tickets(alice, 49)
    for _ in range(49):
        make_message(ticket)
    for path in LISTS:
        with recorded_queries() as many:
            assert len(alice_api.get(path.format(ticket.pk) + "?limit=100").data["items"]) == 50
        assert len(many) == 2, many


def test_only_tickets_that_stand_so(alice_api: ApiClient, alice: User, bob: User) -> None:
    own = {status: str(make_ticket(alice, status=status).pk) for status in Ticket.Status.values}
    for status in Ticket.Status.values:
        make_ticket(bob, status=status)
        for query in (f"status={status}", f"status={status}&cursor="):
            assert [row["id"] for row in alice_api.get(f"tickets?{query}").data["items"]] == [own[status]]
    assert alice_api.get("tickets?status=closed").data["total"] == 1
    assert alice_api.get("tickets").data["total"] == 3


@pytest.mark.parametrize("status", ["", "OPEN", "waiting", "open,closed"])
def test_how_no_ticket_stands_is_400_and_named(alice_api: ApiClient, status: str) -> None:
    answer = alice_api.get(f"tickets?status={status}")
    assert (answer.status, list(answer.fields)) == (400, ["status"])


def test_by_when_we_answer_is_said_until_we_did(alice_api: ApiClient, helper_api: ApiClient) -> None:
    make_service_levels()
    opened = alice_api.post("tickets", VALID).data
    assert opened["answer_due_at"] > opened["created_at"]
    helper_api.post(f"tickets/{opened['id']}/reply", {"message": "We look into it."})
    assert alice_api.get(f"tickets/{opened['id']}").data["answer_due_at"] is None
