"""A ticket that we answered and that stays silent is closed after a warning; whoever writes in between keeps it open."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from accounts.models import AuditEvent, MailChoice, Notification, User
from support.models import Ticket
from support.services import closing
from support.services.closing import close_silent_tickets, warn_customer
from support.services.tickets import assign_ticket, change_priority, open_ticket, reply_to_ticket
from tests.mails import Waiting, waiting_mails

BEGIN = datetime(2026, 3, 2, 10, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
TEXT = "It has stopped again."


@pytest.fixture
def clock(db: None) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEGIN, tick=False) as clock:
        yield clock


@pytest.fixture
def answered(clock: time_machine.Traveller, alice: User, helper: User) -> Ticket:
    ticket = open_ticket(user=alice, subject="My tunnel stops", message="It stops after a minute.")
    reply_to_ticket(ticket_id=ticket.pk, author=helper, message="Use port 443, please.")
    return ticket


def warnings() -> list[Waiting]:
    return waiting_mails("ticket_closing")


def look(clock: time_machine.Traveller, after: timedelta) -> tuple[int, int]:
    clock.move_to(BEGIN + after)
    return close_silent_tickets()


def test_it_is_warned_once_and_closed_two_days_later(clock: time_machine.Traveller, answered: Ticket) -> None:
    assert look(clock, 5 * DAY - MINUTE) == (0, 0)
    assert look(clock, 5 * DAY) == (1, 0)
    assert look(clock, 6 * DAY) == (0, 0)
    assert look(clock, 7 * DAY - MINUTE) == (0, 0)
    assert look(clock, 7 * DAY) == (0, 1)
    assert look(clock, 8 * DAY) == (0, 0)
    answered.refresh_from_db()
    assert (answered.status, answered.closed_at) == ("closed", BEGIN + 7 * DAY)
    assert len(warnings()) == 1


def test_the_mail_says_when_and_what_to_do(clock: time_machine.Traveller, answered: Ticket) -> None:
    look(clock, 5 * DAY)
    (mail,) = warnings()
    assert mail.subject == "Your ticket “My tunnel stops” will be closed on 9 Mar 2026"
    for body in (mail.text, mail.html):
        assert "on 2\xa0Mar\xa02026" in body
        assert "9\xa0Mar\xa02026, 10:00 UTC" in body
        assert f"/support/{answered.pk}" in body
    titles = set(Notification.objects.filter(user=answered.user).values_list("title", flat=True))
    assert "Ticket will be closed: My tunnel stops" in titles


def test_the_closing_is_in_the_log_and_in_the_customers_list(clock: time_machine.Traveller, answered: Ticket) -> None:
    look(clock, 5 * DAY)
    look(clock, 7 * DAY)
    act = AuditEvent.objects.get(action="ticket_closed")
    assert (act.actor_kind, act.person_id, act.details) == ("system", answered.user_id, {"silent": True})
    assert Notification.objects.filter(title="Ticket closed: My tunnel stops").count() == 1


def test_whose_warning_came_late_has_two_days_all_the_same(clock: time_machine.Traveller, answered: Ticket) -> None:
    assert look(clock, 30 * DAY) == (1, 0)
    assert "3\xa0Apr\xa02026, 10:00 UTC" in warnings()[0].text
    assert look(clock, 32 * DAY - MINUTE) == (0, 0)
    assert look(clock, 32 * DAY) == (0, 1)


def test_the_customers_answer_keeps_it_open(clock: time_machine.Traveller, answered: Ticket, alice: User) -> None:
    look(clock, 5 * DAY)
    reply_to_ticket(ticket_id=answered.pk, author=alice, message=TEXT)
    assert look(clock, 40 * DAY) == (0, 0)
    answered.refresh_from_db()
    assert (answered.status, answered.warned_at) == ("open", None)


def test_our_own_answer_begins_the_silence_anew(clock: time_machine.Traveller, answered: Ticket, helper: User) -> None:
    look(clock, 5 * DAY)
    reply_to_ticket(ticket_id=answered.pk, author=helper, message="It is mended now.")
    assert look(clock, 10 * DAY - MINUTE) == (0, 0)
    assert look(clock, 10 * DAY) == (1, 0)
    assert look(clock, 12 * DAY) == (0, 1)


def test_what_staff_do_among_themselves_breaks_no_silence(
    clock: time_machine.Traveller, answered: Ticket, helper: User
) -> None:
    clock.move_to(BEGIN + 4 * DAY)
    assign_ticket(ticket_id=answered.pk, staff=helper, assignee=None)
    change_priority(ticket_id=answered.pk, staff=helper, priority="low")
    assert look(clock, 5 * DAY) == (1, 0)


def test_what_waits_for_us_is_never_closed(clock: time_machine.Traveller, alice: User) -> None:
    open_ticket(user=alice, subject="My tunnel stops", message="It stops after a minute.")
    assert look(clock, 400 * DAY) == (0, 0)


def test_who_wants_no_mails_is_told_in_their_list(clock: time_machine.Traveller, answered: Ticket, alice: User) -> None:
    MailChoice.objects.create(user=alice, kind=Notification.Kind.SUPPORT, wanted=False)
    assert look(clock, 5 * DAY) == (1, 0)
    assert warnings() == []
    assert Notification.objects.filter(title="Ticket will be closed: My tunnel stops").count() == 1


def test_a_warning_whose_mail_fails_was_not_given(clock: time_machine.Traveller, answered: Ticket) -> None:
    """The mail's row cannot be written: nothing is noted, the others have their turn, and the next look does it once."""
    clock.move_to(BEGIN + 5 * DAY)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE accounts_mail ADD CONSTRAINT test_fails CHECK (kind <> 'ticket_closing') NOT VALID")
        assert close_silent_tickets() == (0, 0)
        cursor.execute("ALTER TABLE accounts_mail DROP CONSTRAINT test_fails")
    answered.refresh_from_db()
    assert answered.warned_at is None
    assert not Notification.objects.filter(title__startswith="Ticket will be closed").exists()
    assert close_silent_tickets() == (1, 0)
    assert len(warnings()) == 1


class Killed(BaseException):
    """Nothing catches it, as nothing catches SIGKILL; open transactions are rolled back."""


@pytest.mark.parametrize("point", ["queue_ticket_closing", "tell_closed"])
@pytest.mark.parametrize("after", [False, True])
def test_killed_anywhere_the_next_look_does_it_once(
    clock: time_machine.Traveller, answered: Ticket, monkeypatch: pytest.MonkeyPatch, point: str, after: bool
) -> None:
    real = getattr(closing, point)

    def die(*args: object, **kwargs: object) -> None:
        if after:
            real(*args, **kwargs)
        raise Killed

    for moment in (5 * DAY, 7 * DAY):
        clock.move_to(BEGIN + moment)
        with monkeypatch.context() as patch:
            patch.setattr(closing, point, die)
            with contextlib.suppress(Killed):
                close_silent_tickets()
        close_silent_tickets()
    answered.refresh_from_db()
    assert answered.status == "closed"
    assert len(warnings()) == 1
    assert Notification.objects.filter(title__startswith="Ticket will be closed").count() == 1
    assert Notification.objects.filter(title__startswith="Ticket closed").count() == 1


def test_a_look_that_found_it_before_the_answer_warns_nobody(
    clock: time_machine.Traveller, answered: Ticket, alice: User
) -> None:
    clock.move_to(BEGIN + 5 * DAY)
    reply_to_ticket(ticket_id=answered.pk, author=alice, message=TEXT)
    assert warn_customer(answered.pk) is False
    assert warnings() == []


def test_a_look_closes_the_most_silent_ones_first_and_the_next_one_the_others(
    clock: time_machine.Traveller, alice: User, helper: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "AT_ONCE", 2)
    for hours in (3, 1, 2):
        clock.move_to(BEGIN + timedelta(hours=hours))
        ticket = open_ticket(user=alice, subject=f"Ticket {hours}", message="It stops after a minute.")
        reply_to_ticket(ticket_id=ticket.pk, author=helper, message="Use port 443, please.")
    assert [look(clock, 6 * DAY)[0], look(clock, 6 * DAY)[0]] == [2, 1]
    look(clock, 8 * DAY)
    open_ones = Ticket.objects.exclude(status="closed").values_list("subject", flat=True)
    assert list(open_ones) == ["Ticket 3"]
