from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services.notifications import Kind, choose_mail
from support.models import Ticket
from tests.factories.support import make_message, make_ticket, make_tickets

NEW = {"subject": "My tunnel stops", "priority": "high", "message": "It stops after a minute."}


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def browser(alice: User) -> Client:
    return browser_of(alice)


def test_a_ticket_is_opened_read_answered_and_closed_in_the_browser(browser: Client, alice: User) -> None:
    opened = browser.post("/support", NEW)
    ticket = Ticket.objects.get()
    assert (opened.status_code, opened["Location"]) == (302, f"/support/{ticket.pk}")
    assert (ticket.user, ticket.subject, ticket.priority) == (alice, NEW["subject"], "high")
    page = browser.get(f"/support/{ticket.pk}")
    assert page.status_code == 200
    assert NEW["message"] in page.content.decode()
    assert browser.post(f"/support/{ticket.pk}/reply", {"message": "It has stopped again."}).status_code == 302
    assert ticket.messages.count() == 2
    assert browser.post(f"/support/{ticket.pk}/close").status_code == 302
    closed = browser.get(f"/support/{ticket.pk}").content.decode()
    assert "This ticket is closed." in closed
    assert "Send answer" not in closed


def test_who_opens_a_ticket_is_promised_mail_only_where_mail_will_come(alice: User, bob: User, charlie: User) -> None:
    choose_mail(user=bob, kind=Kind.SUPPORT, wanted=False)
    User.objects.filter(pk=charlie.pk).update(email_verified_at=None)
    pages = [browser_of(user).post("/support", NEW, follow=True).content.decode() for user in (alice, bob, charlie)]
    assert ["We answer here and by mail." in page for page in pages] == [True, False, False]
    assert ["We answer here." in page for page in pages] == [False, True, True]


def test_the_list_shows_ones_own_tickets_in_pages(browser: Client, alice: User, bob: User) -> None:
    make_ticket(bob, subject="Of somebody else")
    make_tickets(alice, 25)
    first, second = (browser.get(f"/support?page={n}").content.decode() for n in (1, 2))
    assert "Page 1 of 2" in first
    assert ("Ticket 0<" in first, "Ticket 24<" in first, "Ticket 24<" in second) == (True, False, True)
    assert "Of somebody else" not in first + second


def test_without_tickets_the_list_says_what_a_ticket_is(browser: Client) -> None:
    assert "No tickets yet" in browser.get("/support").content.decode()


@pytest.mark.parametrize("query", ["page=-1", "page=abc", "limit=0", "limit=101"])
def test_a_page_out_of_range_is_refused(browser: Client, query: str) -> None:
    assert browser.get(f"/support?{query}").status_code == 400


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"subject": "ab"}, "at least 3 characters"),
        ({"subject": "a" * 201}, "at most 200 characters"),
        ({"subject": "  \t  "}, "This field is required."),
        ({"subject": "nul\x00nul"}, "Null characters are not allowed."),
        ({"message": "short"}, "at least 10 characters"),
        ({"message": "m" * 5001}, "at most 5000 characters"),
        ({"message": " " * 30}, "This field is required."),
        ({"priority": "urgent"}, "Select a valid choice."),
    ],
)
def test_a_refused_ticket_keeps_what_was_typed(browser: Client, values: dict[str, str], shown: str) -> None:
    answer = browser.post("/support", {**NEW, "message": "What I typed so carefully.", **values})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert shown in page
    if "message" not in values:
        assert "What I typed so carefully." in page
    assert not Ticket.objects.exists()


def test_a_line_break_counts_once_as_the_browser_counts_it(browser: Client) -> None:
    browser.post("/support", {**NEW, "message": "m" * 2500 + "\r\n" + "m" * 2499})
    assert len(Ticket.objects.get().messages.get().body) == 5000


def test_an_answer_to_a_ticket_that_was_closed_meanwhile_says_so(browser: Client, alice: User) -> None:
    ticket = make_ticket(alice, status="closed", closed_at=timezone.now() - timedelta(days=15))
    answer = browser.post(f"/support/{ticket.pk}/reply", {"message": "One more sentence."})
    assert answer.status_code == 409
    assert "This ticket is closed." in answer.content.decode()
    assert ticket.messages.count() == 1


def test_a_refused_answer_keeps_what_was_typed(browser: Client, alice: User) -> None:
    ticket = make_ticket(alice)
    answer = browser.post(f"/support/{ticket.pk}/reply", {"message": "too shrt"})
    assert answer.status_code == 400
    assert "too shrt" in answer.content.decode()


def test_closing_a_closed_ticket_says_so_on_its_page(browser: Client, alice: User) -> None:
    ticket = make_ticket(alice, status="closed")
    answer = browser.post(f"/support/{ticket.pk}/close", follow=True)
    assert answer.redirect_chain == [(f"/support/{ticket.pk}", 302)]
    assert "This ticket is closed." in answer.content.decode()


def test_the_customer_reads_support_and_never_a_name(browser: Client, alice: User, sam: User) -> None:
    ticket = make_ticket(alice)
    make_message(ticket, author=sam, by_staff=True, body="Restart it, please.")
    page = browser.get(f"/support/{ticket.pk}").content.decode()
    assert page.index("<strong>You</strong>") < page.index("<strong>Support</strong>")
    assert "Sam" not in page
    assert sam.email not in page


def test_staff_read_answer_and_close_a_customers_ticket(alice: User, sam: User) -> None:
    ticket, browser = make_ticket(alice), browser_of(sam)
    assert "<strong>Customer</strong>" in browser.get(f"/support/{ticket.pk}").content.decode()
    browser.post(f"/support/{ticket.pk}/reply", {"message": "Restart it, please."})
    ticket.refresh_from_db()
    assert ticket.status == "answered"
    assert "<strong>You</strong>" in browser.get(f"/support/{ticket.pk}").content.decode()
    browser.post(f"/support/{ticket.pk}/close")
    ticket.refresh_from_db()
    assert ticket.status == "closed"


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("post", "/reply"), ("post", "/close")])
def test_a_strangers_ticket_does_not_exist(bob: User, alice: User, method: str, path: str) -> None:
    ticket, browser = make_ticket(alice), browser_of(bob)
    for pk in (ticket.pk, uuid4()):
        assert getattr(browser, method)(f"/support/{pk}{path}", {"message": "Let me in, please."}).status_code == 404
    ticket.refresh_from_db()
    assert (ticket.status, ticket.messages.count()) == ("open", 1)


@pytest.mark.parametrize(
    ("method", "path"), [("get", "/support"), ("post", "/support"), ("get", ""), ("post", "/reply"), ("post", "/close")]
)
def test_who_is_not_signed_in_is_sent_to_sign_in(alice: User, method: str, path: str) -> None:
    address = path if path == "/support" else f"/support/{make_ticket(alice).pk}{path}"
    answer = getattr(Client(), method)(address, NEW if method == "post" else None)
    assert (answer.status_code, answer["Location"]) == (302, f"{reverse('login')}?next={address}")


@pytest.mark.parametrize(("method", "path"), [("post", ""), ("put", "/reply"), ("put", "/close")])
def test_other_methods_are_refused(browser: Client, alice: User, method: str, path: str) -> None:
    assert getattr(browser, method)(f"/support/{make_ticket(alice).pk}{path}").status_code == 405


@pytest.mark.parametrize("action", ["reply", "rate"])
def test_who_signed_in_again_on_the_way_to_an_action_comes_to_the_ticket(
    browser: Client, alice: User, action: str
) -> None:
    ticket = make_ticket(alice)
    answer = browser.get(f"/support/{ticket.pk}/{action}")
    assert (answer.status_code, answer["Location"]) == (302, f"/support/{ticket.pk}")
    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_no_page_is_stored_by_anybody(browser: Client, alice: User) -> None:
    for address in ("/support", f"/support/{make_ticket(alice).pk}", "/referrals"):
        assert "no-store" in browser.get(address)["Cache-Control"]


def test_what_people_write_is_text_and_not_markup(browser: Client, alice: User) -> None:
    ticket = make_ticket(alice, subject="<b>bold</b>")
    make_message(ticket, body="<script>alert(1)</script>", created_at=timezone.now() + timedelta(seconds=1))
    for address in ("/support", f"/support/{ticket.pk}"):
        page = browser.get(address).content.decode()
        assert "<b>bold" not in page
        assert "<script>alert" not in page
