"""The clocks of tickets against a table that was written down by hand, moved by the services under a frozen clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from billing.models import PlanGrant
from support.models import ServiceLevel, Ticket
from support.services.closing import close_silent_tickets
from support.services.tickets import (
    add_note,
    assign_ticket,
    change_priority,
    close_ticket,
    merge_tickets,
    open_ticket,
    reply_to_ticket,
)
from tests.factories.accounts import make_user
from tests.factories.billing import grant
from tests.factories.support import make_helper, make_service_levels

pytestmark = pytest.mark.django_db
TABLE = Path(__file__).with_name("clock_cases.txt")
MOMENT = "%a %Y-%m-%d %H:%M"
WORDS = "These are enough words."


@dataclass(frozen=True)
class Row:
    at: str
    event: str
    expected: tuple[str, ...]


@dataclass
class Case:
    name: str
    hours: str = ""
    zone: str = ""
    rows: list[Row] = field(default_factory=list)


def cases() -> Iterator[Case]:
    for block in re.split(r"^== ", TABLE.read_text(), flags=re.MULTILINE)[1:]:
        name, hours, *lines = (line for line in block.splitlines() if line and not line.startswith("#"))
        case = Case(name, *hours.rsplit(" in ", 1))
        for line in lines:
            at, event, *expected = re.split(r"\s{2,}", line.strip())
            case.rows.append(Row(at, event, tuple(expected)))
        yield case


class Play:
    """One customer, their tickets A and B, and two members of staff who take turns."""

    def __init__(self, customer: User, staff: list[User], zone: ZoneInfo) -> None:
        self.customer, self.staff, self.zone = customer, staff, zone
        self.tickets: dict[str, Ticket] = {}

    def act(self, event: str) -> Ticket | None:
        """Do what the row says; returns the ticket that it is about."""
        name, event = ("B", event[2:]) if event.startswith("B ") else ("A", event)
        verb, _, last = event.rpartition(" ")
        if verb == "open":
            self.tickets[name] = open_ticket(user=self.customer, subject="Subject", message=WORDS, priority=last)
        elif verb == "becomes":
            change_priority(ticket_id=self.tickets[name].pk, staff=self.staff[0], priority=last)
        elif name in self.tickets:
            self._write(event, self.tickets[name].pk)
        self._beside(event)
        return self.tickets.get(name)

    def _write(self, event: str, pk: Any) -> None:
        helper = self.staff[0]
        if event in {"customer answers", "staff answers"}:
            author = helper if event.startswith("staff") else self.customer
            reply_to_ticket(ticket_id=pk, author=author, message=WORDS)
        elif event in {"customer closes", "staff closes"}:
            close_ticket(ticket_id=pk, closer=helper if event.startswith("staff") else self.customer)
        elif event == "staff notes":
            add_note(ticket_id=pk, author=helper, message=WORDS)
        elif event == "is assigned":
            self.staff.reverse()
            assign_ticket(ticket_id=pk, staff=helper, assignee=self.staff[0])
        elif event == "goes into A":
            merge_tickets(source_id=pk, target_id=self.tickets["A"].pk, staff=helper)

    def _beside(self, event: str) -> None:
        if event == "plan becomes pro":
            grant(self.customer, "pro")
        elif event == "plan ends":
            PlanGrant.objects.filter(user=self.customer).update(revoked_at=timezone.now())
        elif event == "silence":
            close_silent_tickets()
        elif event == "no service levels":
            ServiceLevel.objects.all().delete()

    def says(self, ticket: Ticket) -> tuple[str, str, str]:
        ticket.refresh_from_db()
        answer = self._words(ticket.answer_kept, ticket.answer_due) or "none"
        waits = ticket.status == Ticket.Status.ANSWERED
        resolution = self._words(ticket.resolution_kept, ticket.resolution_due) or ("stands" if waits else "none")
        hours, seconds = divmod(ticket.resolution_used, 3600)
        assert seconds % 60 == 0
        return answer, resolution, f"{hours}:{seconds // 60:02}"

    def _words(self, kept: bool | None, due: datetime | None) -> str:
        words = [] if kept is None else ["kept" if kept else "missed"]
        return ", ".join(words + ([f"due {due.astimezone(self.zone).strftime(MOMENT)}"] if due else []))


ALL = list(cases())
KNOWN = re.compile(
    r"(B )?(open (low|medium|high)|becomes (low|medium|high)|(customer|staff) (answers|closes)|staff notes|is assigned|goes into A)"
    r"|plan becomes pro|plan ends|silence|no service levels|nothing"
)


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_the_clocks_say_what_the_table_says(case: Case, settings: Any) -> None:
    settings.SUPPORT_HOURS, settings.SUPPORT_TIME_ZONE = case.hours, case.zone
    zone = ZoneInfo(case.zone)
    make_service_levels()
    staff = [make_helper(f"{name}@example.com") for name in ("helper", "other")]
    with time_machine.travel(datetime(2025, 12, 1, tzinfo=zone), tick=False):
        play = Play(make_user("alice@example.com"), staff, zone)
    for row in case.rows:
        moment = datetime.strptime(row.at, MOMENT).replace(tzinfo=zone)
        assert moment.strftime(MOMENT) == row.at, "the weekday is another one"
        with time_machine.travel(moment, tick=False):
            ticket = play.act(row.event)
        if row.expected:
            assert ticket is not None
            assert play.says(ticket) == row.expected, row


def test_the_table_has_no_event_that_nobody_plays() -> None:
    assert len(ALL) > 25
    assert [row.event for case in ALL for row in case.rows if not KNOWN.fullmatch(row.event)] == []
