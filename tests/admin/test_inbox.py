"""The inbox: views in their own order, the facts one decides by, and nothing that grows with the table."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from support.admin import inbox
from support.models import Tag, Ticket
from tests.admin.addresses import allow
from tests.admin.conftest import browser_with_factor
from tests.factories.accounts import make_user
from tests.factories.support import make_ticket
from tests.queries import recorded_queries

NOW = timezone.now()
NO_MATCH = "Nothing matches what you search or filter for."


def listed(browser: Client, **query: str) -> list[str]:
    """The subjects of the list, in its order."""
    page = browser.get(reverse("admin:support_ticket_changelist"), query)
    assert page.status_code == 200
    return [ticket.subject for ticket in page.context["cl"].result_list]


def page_of(browser: Client, **query: str) -> str:
    answer = browser.get(reverse("admin:support_ticket_changelist"), query)
    return str(answer.content.decode()).replace("<wbr>", "")


def waiting(user: User, subject: str, *, due_in_hours: float | None = None, **fields: Any) -> Ticket:
    due = None if due_in_hours is None else NOW + timedelta(hours=due_in_hours)
    since = NOW - timedelta(hours=1)
    return make_ticket(user, subject=subject, **{"clock_since": since, "answer_due": due, **fields})


@pytest.fixture
def tickets(alice: User, sam: User) -> None:
    waiting(alice, "Due later", due_in_hours=5, assignee=sam)
    waiting(alice, "Without a clock", updated_at=NOW - timedelta(days=2))
    waiting(alice, "Overdue", due_in_hours=-2)
    waiting(alice, "Due soon", due_in_hours=1)
    make_ticket(alice, subject="Answered", status="answered", assignee=sam, updated_at=NOW - timedelta(hours=1))
    make_ticket(alice, subject="Answered long ago", status="answered", updated_at=NOW - timedelta(days=3))
    make_ticket(alice, subject="Closed", status="closed", updated_at=NOW - timedelta(hours=2))
    make_ticket(alice, subject="Closed before", status="closed", updated_at=NOW - timedelta(hours=9))


@pytest.mark.usefixtures("tickets")
@pytest.mark.parametrize(
    ("view", "subjects"),
    [
        ("", ["Overdue", "Due soon", "Due later", "Without a clock"]),
        ("waiting", ["Overdue", "Due soon", "Due later", "Without a clock"]),
        ("mine", ["Due later", "Answered"]),
        ("unassigned", ["Overdue", "Due soon", "Without a clock"]),
        ("overdue", ["Overdue"]),
        ("answered", ["Answered long ago", "Answered"]),
        ("closed", ["Closed", "Closed before"]),
        ("no such view", ["Overdue", "Due soon", "Due later", "Without a clock"]),
    ],
)
def test_a_view_shows_its_tickets_in_its_order(staff: Client, view: str, subjects: list[str]) -> None:
    assert listed(staff, **({"view": view} if view else {})) == subjects


@pytest.mark.usefixtures("tickets")
def test_all_are_there_whatever_their_state(staff: Client) -> None:
    assert len(listed(staff, view="all")) == 8


def test_a_row_says_what_one_decides_by(alice: User, sam: User) -> None:
    monday = datetime(2026, 11, 30, 10, 30, tzinfo=UTC)
    ticket = waiting(alice, "Slow", priority="high", answer_due=monday)
    Ticket.objects.filter(pk=ticket.pk).update(assignee=sam)
    ticket.tags.add(Tag.objects.create(name="speed"), Tag.objects.create(name="madrid"))
    # A Friday at four: the weekend is no working time.
    with time_machine.travel(datetime(2026, 11, 27, 16, 0, tzinfo=UTC), tick=False):
        page = page_of(browser_with_factor(sam))
    for words in ("alice@example.com", "Free", "High", "Waiting for us", "in 2 h 30 min", "Sam", "speed", "madrid"):
        assert words in page, words


@pytest.mark.usefixtures("tickets")
def test_priority_category_tag_and_assignee_narrow_a_view(staff: Client, alice: User, sam: User) -> None:
    ticket = make_ticket(alice, subject="Fast", priority="high", category="payments")
    ticket.tags.add(Tag.objects.create(name="refund"))
    assert listed(staff, priority__exact="high") == ["Fast"]
    assert listed(staff, category__exact="payments") == ["Fast"]
    assert listed(staff, tag="refund") == ["Fast"]
    assert listed(staff, tag="refund", priority__exact="low") == []
    assert listed(staff, assignee="me") == ["Due later"]
    assert listed(staff, assignee=str(sam.pk), view="all") == listed(staff, assignee="me", view="all")
    assert "Due later" not in listed(staff, assignee="nobody")
    assert listed(staff, assignee=str(alice.pk)) == []
    assert listed(staff, assignee="x'") == []


@pytest.mark.usefixtures("tickets")
def test_what_narrows_a_view_is_cleared_and_the_view_stays(staff: Client, alice: User) -> None:
    make_ticket(alice, subject="Fast", priority="high")
    for query in ({}, {"view": "all"}, {"view": "all", "q": "fast"}):
        assert "Clear all" not in page_of(staff, **query)
    for narrowed in ({"priority__exact": "high"}, {"user__id__exact": str(alice.pk)}, {"assignee": "me"}):
        assert '<a href="?view=all">Clear all</a>' in page_of(staff, view="all", **narrowed)


def test_a_search_looks_everywhere_unless_a_view_was_chosen(staff: Client, bob: User) -> None:
    ticket = make_ticket(bob, subject="Ключ & кабель: 100 % off", status="closed")
    assert listed(staff, q="Ключ") == ["Ключ & кабель: 100 % off"]
    assert listed(staff, q="каб 10") == ["Ключ & кабель: 100 % off"]
    assert listed(staff, q="BOB@example.com") == ["Ключ & кабель: 100 % off"]
    assert listed(staff, q=str(ticket.pk)) == ["Ключ & кабель: 100 % off"]
    assert listed(staff, q="Ключ", view="waiting") == []
    for odd in ("& | !", "':*", "a:* | b", "%", "\\", "() <->", "'"):
        listed(staff, q=odd)


def test_a_page_costs_two_queries_and_nothing_is_counted(staff: Client, alice: User, sam: User) -> None:
    tag = Tag.objects.create(name="speed")

    def cost() -> list[str]:
        with recorded_queries() as statements:
            listed(staff, view="mine")
        return statements

    def add(count: int) -> None:
        for n in range(count):
            waiting(make_user(f"{n}-{count}@example.com"), f"Number {n}", due_in_hours=n, assignee=sam).tags.add(tag)

    listed(staff)
    add(2)
    few = cost()
    add(40)
    many = cost()
    assert len(few) == len(many), "\n".join(many)
    about = [each for each in many if '"support_ticket"' in each and 'FROM "support_tag"' not in each[:60]]
    assert len(about) == 2, about
    assert not any("COUNT(" in each.upper() for each in many)


def test_no_number_is_said_that_was_not_counted(staff: Client, alice: User) -> None:
    make_ticket(alice, subject="Tunnel")
    page = page_of(staff, view="all", q="tunnel")
    assert "Tunnel" in page
    assert "1 result" not in page


def test_pages_follow_each_other_without_a_count(staff: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox.InboxAdmin, "list_per_page", 3)
    for n in range(7):
        waiting(alice, f"Number {n}", due_in_hours=n + 1)
    seen, address = [], reverse("admin:support_ticket_changelist")
    for wanted in ("", "2", "3"):
        page = staff.get(address, {"p": wanted} if wanted else {})
        seen += [ticket.subject for ticket in page.context["cl"].result_list]
        assert bool(page.context["cl"].next_page) == (wanted != "3")
        assert bool(page.context["cl"].previous_page) == (wanted != "")
    assert seen == [f"Number {n}" for n in range(7)]
    assert staff.get(address, {"p": str(inbox.MOST_PAGES + 1)}).status_code == 302


def test_the_tabs_keep_what_was_searched_and_begin_anew(staff: Client, alice: User) -> None:
    make_ticket(alice, subject="Slow tunnel")
    page = page_of(staff, q="slow", view="waiting", priority__exact="medium")
    tabs = re.findall(r'<a href="([^"]+)"(?: aria-current="page")?>(?:Mine|Closed)</a>', page)
    assert len(tabs) == 2
    for tab in tabs:
        assert "q=slow" in tab
        assert "priority__exact=medium" in tab
    assert 'aria-current="page">Waiting for us' in page


def test_who_may_only_view_is_offered_no_action(helper: User, helper_browser: Client, alice: User) -> None:
    allow(helper, "view_ticket")
    make_ticket(alice)
    page = page_of(helper_browser)
    assert "My tunnel stops" in page
    assert "Assign to me" not in page
    allow(helper, "view_ticket", "change_ticket")
    assert "Assign to me" in page_of(helper_browser)


def test_the_home_says_what_is_overdue_and_what_nobody_has(staff: Client, alice: User, sam: User) -> None:
    assert "overdue" not in staff.get("/admin/").content.decode()
    waiting(alice, "Overdue", due_in_hours=-30 * 24, assignee=sam)
    waiting(alice, "Free", clock_since=NOW - timedelta(days=2))
    waiting(alice, "Free too", clock_since=NOW - timedelta(hours=3), updated_at=NOW - timedelta(days=9))
    page = staff.get("/admin/").content.decode()
    assert re.search(r"1 ticket is overdue, the first by \d+ h", page)
    assert "2 tickets wait and nobody has them, the longest for 2 days" in page
    assert "1 ticket of yours waits for us" in page
    assert page.index("is overdue") < page.index("nobody has them")


def test_the_home_says_nothing_of_tickets_to_who_may_not_see_them(helper_browser: Client, alice: User) -> None:
    waiting(alice, "Overdue", due_in_hours=-2)
    assert "overdue" not in helper_browser.get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "No customer waits for an answer."),
        ({"view": "mine"}, "No ticket that is still open is assigned to you."),
        ({"view": "unassigned"}, "Every ticket that waits for us is assigned to somebody."),
        ({"view": "overdue"}, "No ticket waits for us longer than was promised."),
        ({"view": "answered"}, "No ticket waits for its customer&#x27;s answer."),
        ({"view": "closed"}, "No ticket is closed yet."),
        ({"view": "all"}, "No customer has written to support yet."),
        ({"view": "mine", "priority__exact": "high"}, NO_MATCH),
        ({"assignee": "nobody"}, NO_MATCH),
        ({"q": "tunnel"}, NO_MATCH),
        ({"view": "closed", "p": "2"}, NO_MATCH),
    ],
)
def test_an_empty_view_says_what_that_means(staff: Client, query: dict[str, str], words: str) -> None:
    assert f'<p class="staff-empty">{words}</p>' in page_of(staff, **query)
