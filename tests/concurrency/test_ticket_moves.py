"""A ticket that two move at the same moment. Each race is first shown to be lost without its guard."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import AuditEvent, Mail, User
from support.emails import queue_ticket_closing
from support.errors import TicketClosed
from support.locks import lock_for_staff
from support.models import Ticket, TicketMessage
from support.services import closing, merging
from support.services import tickets as services
from support.services.closing import close_silent, close_silent_tickets, warn_customer
from support.services.tickets import assign_ticket, close_ticket, merge_tickets, rate_ticket, reply_to_ticket
from tests.concurrency.crowd import crowd
from tests.factories.accounts import make_user
from tests.factories.support import make_helper, make_message, make_ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 20
TEXT = "It has stopped again."
LONG_AGO = timedelta(days=30)


@pytest.fixture
def staff() -> list[User]:
    return [make_helper(f"helper{n}@example.com") for n in range(2)]


def together(*acts: Callable[[], Any]) -> Counter[str]:
    return crowd(len(acts), lambda number: acts[number]())


def looking() -> Callable[..., Ticket]:
    """What the locks would be if they only looked: both have looked before either goes on."""
    both = Barrier(2)

    def look(*values: Any) -> Ticket:
        ticket = Ticket.objects.get(pk=values[-1])
        both.wait(10)
        return ticket

    return look


def silent_ticket(alice: User) -> Ticket:
    ticket = make_ticket(alice, status="answered", updated_at=timezone.now() - LONG_AGO)
    Ticket.objects.filter(pk=ticket.pk).update(warned_at=timezone.now() - LONG_AGO)
    return ticket


class TestAnAnswerAndTheEndOfSilence:
    def outcome(self, ticket: Ticket, alice: User) -> str:
        done = together(
            lambda: reply_to_ticket(ticket_id=ticket.pk, author=alice, message=TEXT),
            lambda: close_silent(ticket.pk),
        )
        assert done == {"ok": 2}
        ticket.refresh_from_db()
        return ticket.status

    def test_without_the_lock_a_ticket_is_closed_over_an_answer(self) -> None:
        alice = make_user("alice@example.com")
        for _ in range(ROUNDS):
            look = looking()
            with (
                mock.patch.object(closing, "lock_answered", look),
                mock.patch.object(services, "lock_thread", look),
                mock.patch.object(closing, "tickets_to_close", return_value=Ticket.objects.all()),
            ):
                if self.outcome(silent_ticket(alice), alice) == "closed":
                    return
        pytest.fail("the negative control never lost the race, so the test below proves nothing")

    def test_an_answer_always_leaves_it_open(self) -> None:
        """Closed first, the answer opens it again; answered first, it is not silent any more."""
        alice = make_user("alice@example.com")
        for _ in range(ROUNDS):
            ticket = silent_ticket(alice)
            assert self.outcome(ticket, alice) == "open"
            assert ticket.closed_at is None
            assert ticket.clock_since is not None


class TestTwoLooks:
    def test_looking_before_writing_warns_twice(self) -> None:
        alice = make_user("alice@example.com")
        barrier = Barrier(2)

        def look_then_write(ticket_id: UUID) -> None:
            with transaction.atomic():
                ticket = Ticket.objects.select_related("user").get(pk=ticket_id)
                barrier.wait(10)
                ticket.warned_at = timezone.now()
                ticket.save(update_fields=["warned_at"])
                queue_ticket_closing(ticket, closes_at=timezone.now())

        ticket = make_ticket(alice, status="answered", updated_at=timezone.now() - LONG_AGO)
        together(*[lambda: look_then_write(ticket.pk)] * 2)
        assert Mail.objects.filter(kind="ticket_closing").count() == 2

    def test_each_customer_is_warned_once(self) -> None:
        alice = make_user("alice@example.com")
        for number in range(ROUNDS):
            ticket = make_ticket(alice, status="answered", updated_at=timezone.now() - LONG_AGO)
            assert together(*[partial(warn_customer, ticket.pk)] * 4) == {"ok": 4}
            assert Mail.objects.filter(kind="ticket_closing").count() == number + 1

    def test_each_ticket_is_closed_once(self) -> None:
        alice = make_user("alice@example.com")
        for _ in range(5):
            silent_ticket(alice)
        assert together(*[close_silent_tickets] * 4) == {"ok": 4}
        # One that two looked at is left to either; whatever was passed by is due again.
        close_silent_tickets()
        assert Ticket.objects.filter(status="closed").count() == 5
        assert AuditEvent.objects.filter(action="ticket_closed").count() == 5

    def test_a_worker_that_dies_leaves_no_mail_without_its_mark(self) -> None:
        """Its connection ends between the mark and the commit, as when it is killed."""
        alice = make_user("alice@example.com")
        ticket = make_ticket(alice, status="answered", updated_at=timezone.now() - LONG_AGO)
        real = queue_ticket_closing

        def die(*args: Any, **kwargs: Any) -> None:
            real(*args, **kwargs)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                (pid,) = cursor.fetchone()
            crowd(1, lambda _: _end(pid))

        with mock.patch.object(closing, "queue_ticket_closing", die):
            outcome = crowd(1, lambda _: warn_customer(ticket.pk))
        assert "ok" not in outcome
        assert not Mail.objects.exists()
        assert close_silent_tickets() == (1, 0)
        assert close_silent_tickets() == (0, 0)
        assert Mail.objects.count() == 1


def _end(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


class TestAnAnswerAndAMerge:
    def round(self, alice: User, staff: User) -> tuple[Ticket, Ticket, Counter[str]]:
        source, target = make_ticket(alice, subject="Source"), make_ticket(alice, subject="Target")
        done = together(
            lambda: reply_to_ticket(ticket_id=source.pk, author=alice, message=TEXT),
            lambda: merge_tickets(source_id=source.pk, target_id=target.pk, staff=staff),
        )
        source.refresh_from_db()
        target.refresh_from_db()
        return source, target, done

    def test_without_the_lock_an_answer_is_lost(self, staff: list[User]) -> None:
        """The answer has looked, the tickets are merged, and then it is written."""
        alice = make_user("alice@example.com")
        looked, merged = threading.Event(), threading.Event()

        def look(user: User, ticket_id: UUID) -> Ticket:
            ticket = Ticket.objects.get(pk=ticket_id)
            looked.set()
            assert merged.wait(10)
            return ticket

        def merge_after_the_look(staff: User, source_id: UUID, target_id: UUID) -> Any:
            assert looked.wait(10)
            transaction.on_commit(merged.set)
            return lock_pair(staff, source_id, target_id)

        lock_pair = merging.lock_pair
        with (
            mock.patch.object(services, "lock_thread", look),
            mock.patch.object(merging, "lock_pair", merge_after_the_look),
        ):
            source, target, done = self.round(alice, staff[0])
        # Only a constraint keeps the merged ticket from being opened again, at the cost of what was written.
        assert done["ok"] == 1
        assert any("ticket_merged_is_closed" in outcome for outcome in done), done
        assert (source.messages.count(), target.messages.count()) == (0, 2)

    def test_every_message_is_in_the_target(self, staff: list[User]) -> None:
        alice = make_user("alice@example.com")
        for _ in range(ROUNDS):
            source, target, done = self.round(alice, staff[0])
            assert done == {"ok": 2}
            assert (source.messages.count(), target.messages.count()) == (0, 3)
            assert (source.status, target.status) == ("closed", "open")

    def test_without_the_customers_lock_two_merges_wait_for_each_other(self, staff: list[User]) -> None:
        alice = make_user("alice@example.com")
        a, b = make_ticket(alice), make_ticket(alice)
        both, mine = Barrier(2), threading.local()
        real = lock_for_staff

        def lock_then_wait(who: User, ticket_id: UUID) -> Ticket:
            ticket = real(who, ticket_id)
            if not hasattr(mine, "first"):
                mine.first = ticket
                both.wait(10)
            return ticket

        with (
            mock.patch.object(merging, "lock_customer_of"),
            mock.patch.object(merging, "lock_for_staff", lock_then_wait),
        ):
            done = together(
                lambda: merge_tickets(source_id=a.pk, target_id=b.pk, staff=staff[0]),
                lambda: merge_tickets(source_id=b.pk, target_id=a.pk, staff=staff[1]),
            )
        assert any("deadlock detected" in outcome for outcome in done), done

    def test_merges_both_ways_and_in_a_circle_end(self, staff: list[User]) -> None:
        """No two wait for each other; no ticket leads round in a circle; every message is in one that leads nowhere else."""
        alice = make_user("alice@example.com")
        for _ in range(ROUNDS):
            a, b, c = (make_ticket(alice, subject=name) for name in "abc")
            pairs = [(a, b), (b, a), (b, c), (c, a), (a, c)]
            acts = [
                partial(merge_tickets, source_id=pair[0].pk, target_id=pair[1].pk, staff=staff[0]) for pair in pairs
            ]
            replies = [partial(reply_to_ticket, ticket_id=each.pk, author=alice, message=TEXT) for each in (a, b)]
            done = together(*acts, *replies)
            assert set(done) <= {"ok", "ticket_merged", "ticket_closed"}, done
            ids = [a.pk, b.pk, c.pk]
            ends = Ticket.objects.filter(pk__in=ids, merged_into=None)
            assert TicketMessage.objects.filter(ticket__in=ends).count() == 5
            assert all(each.status == "open" for each in ends)
            Ticket.objects.filter(pk__in=ids).delete()


class TestTwoWhoWantATicket:
    def takes(self, ticket: Ticket, staff: list[User]) -> Counter[str]:
        return together(
            *[partial(assign_ticket, ticket_id=ticket.pk, staff=who, assignee=who, only_free=True) for who in staff]
        )

    def test_without_the_lock_both_take_it(self, staff: list[User]) -> None:
        ticket = make_ticket(make_user("alice@example.com"))
        with mock.patch.object(services, "lock_for_staff", looking()):
            assert self.takes(ticket, staff) == {"ok": 2}

    def test_one_takes_it_and_the_other_is_told(self, staff: list[User]) -> None:
        alice = make_user("alice@example.com")
        for _ in range(ROUNDS):
            ticket = make_ticket(alice)
            assert self.takes(ticket, staff) == {"ok": 1, "already_assigned": 1}
            ticket.refresh_from_db()
            act = AuditEvent.objects.get(action="ticket_assigned", target_id=str(ticket.pk))
            assert act.details == {"to": str(ticket.assignee_id)}

    def test_an_answer_takes_what_is_free_and_nothing_else(self, staff: list[User]) -> None:
        alice = make_user("alice@example.com")
        for _ in range(ROUNDS):
            ticket = make_ticket(alice)
            done = together(
                partial(reply_to_ticket, ticket_id=ticket.pk, author=staff[0], message=TEXT),
                partial(assign_ticket, ticket_id=ticket.pk, staff=staff[1], assignee=staff[1], only_free=True),
            )
            ticket.refresh_from_db()
            taken = done.get("already_assigned", 0) == 1
            assert ticket.assignee == (staff[0] if taken else staff[1])
            assert ticket.status == "answered"


class TestTwoRatings:
    def rate(self, ticket: Ticket) -> Counter[str]:
        return together(
            *[partial(rate_ticket, ticket_id=ticket.pk, user=ticket.user, rating=n, comment=f"A {n}.") for n in (1, 5)]
        )

    def answered(self, alice: User, helper: User) -> Ticket:
        ticket = make_ticket(alice)
        make_message(ticket, author=helper, by_staff=True)
        return ticket

    def test_stars_and_words_are_of_one_rating(self, staff: list[User]) -> None:
        alice = make_user("alice@example.com")
        for _ in range(ROUNDS):
            ticket = self.answered(alice, staff[0])
            assert self.rate(ticket) == {"ok": 2}
            ticket.refresh_from_db()
            assert ticket.rating_comment == f"A {ticket.rating}."

    def test_without_the_lock_a_merged_ticket_is_rated(self, staff: list[User]) -> None:
        alice = make_user("alice@example.com")
        source, target = self.answered(alice, staff[0]), make_ticket(alice)
        merged = Barrier(2)

        def looked(ticket: Ticket, at: Any) -> None:
            merged.wait(10)

        def tell(source: Ticket, target: Ticket) -> None:
            transaction.on_commit(lambda: merged.wait(10))

        with (
            mock.patch.object(services, "lock_own_ticket", unlocked_own),
            mock.patch.object(services, "check_can_rate", looked),
            mock.patch.object(services, "tell_merged", tell),
        ):
            together(
                lambda: rate_ticket(ticket_id=source.pk, user=alice, rating=1),
                lambda: merge_tickets(source_id=source.pk, target_id=target.pk, staff=staff[0]),
            )
        source.refresh_from_db()
        assert (source.rating, source.merged_into) == (1, target)

    def test_a_rating_is_given_before_a_merge_or_refused(self, staff: list[User]) -> None:
        alice = make_user("alice@example.com")
        for _ in range(ROUNDS):
            source, target = self.answered(alice, staff[0]), make_ticket(alice)
            done = together(
                partial(rate_ticket, ticket_id=source.pk, user=alice, rating=1),
                partial(merge_tickets, source_id=source.pk, target_id=target.pk, staff=staff[0]),
            )
            source.refresh_from_db()
            assert (source.rating is None) == (done.get("ticket_merged", 0) == 1)


def unlocked_own(user: User, ticket_id: UUID) -> Ticket:
    return Ticket.objects.get(pk=ticket_id)


def test_a_target_that_is_closed_at_that_moment_gets_everything_or_nothing(staff: list[User]) -> None:
    alice = make_user("alice@example.com")
    for _ in range(ROUNDS):
        source, target = make_ticket(alice), make_ticket(alice)
        done = together(
            partial(close_ticket, ticket_id=target.pk, closer=alice),
            partial(merge_tickets, source_id=source.pk, target_id=target.pk, staff=staff[0]),
        )
        source.refresh_from_db()
        if done.get(TicketClosed.code):
            assert (source.status, source.merged_into, source.messages.count()) == ("open", None, 1)
        else:
            assert (source.merged_into, source.messages.count()) == (target, 0)
