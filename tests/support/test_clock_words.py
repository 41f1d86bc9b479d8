"""What staff read of a ticket's clocks: in working time, in words that say what is to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support.admin.words import clock_rows, due_words, span
from support.models import Ticket

# A Friday, an hour before closing time; support works from nine to five.
NOW = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("due", "text", "tone"),
    [
        (NOW + timedelta(minutes=20), "in 20 min", "warn"),
        (NOW + timedelta(seconds=20), "in less than a minute", "warn"),
        # Monday, half past ten: an hour today, and an hour and a half then.
        (datetime(2026, 11, 30, 10, 30, tzinfo=UTC), "in 2 h 30 min", "quiet"),
        (datetime(2026, 12, 4, 16, 0, tzinfo=UTC), "in 40 h", "quiet"),
        (NOW, "overdue by less than a minute", "bad"),
        (NOW - timedelta(hours=2), "overdue by 2 h", "bad"),
        # Since Thursday, four o'clock.
        (NOW - timedelta(days=1), "overdue by 8 h", "bad"),
        (NOW - timedelta(days=400), "overdue by more than 60 days", "bad"),
        (NOW + timedelta(days=400), "in more than 60 days", "quiet"),
    ],
)
def test_what_is_left_is_said_in_working_time(due: datetime, text: str, tone: str) -> None:
    words = due_words(due, NOW)
    assert words is not None
    assert (words.text, words.tone) == (text, tone)
    assert words.exact.endswith("\xa0UTC")


def test_where_no_clock_runs_nothing_is_said() -> None:
    assert due_words(None, NOW) is None
    assert clock_rows(Ticket(status="open"), NOW) == []


@pytest.mark.parametrize(
    ("fields", "answer", "resolution"),
    [
        (
            {"status": "open", "answer_due": NOW + timedelta(minutes=30), "resolution_due": NOW + timedelta(days=3)},
            "due in 30 min",
            "due in 8 h",
        ),
        (
            {"status": "open", "answer_due": NOW - timedelta(hours=1), "resolution_due": NOW + timedelta(days=5)},
            "overdue by 1 h",
            "due in 24 h",
        ),
        ({"status": "answered", "answer_kept": True, "resolution_used": 5400}, "kept", "1 h 30 min of 8 h used"),
        ({"status": "answered", "answer_kept": False}, "missed", "paused: waiting for the customer"),
        ({"status": "closed", "answer_kept": True, "resolution_kept": True}, "kept", "kept"),
        ({"status": "closed", "answer_kept": True, "resolution_kept": False}, "kept", "missed"),
        (
            {
                "status": "open",
                "answer_kept": False,
                "resolution_kept": False,
                "resolution_due": NOW - timedelta(hours=2),
            },
            "missed",
            "missed, overdue by 2 h",
        ),
    ],
)
def test_both_promises_have_their_words(fields: dict[str, Any], answer: str, resolution: str) -> None:
    ticket = Ticket(answer_minutes=60, resolution_minutes=480, **fields)
    (first, answered), (second, resolved) = clock_rows(ticket, NOW)
    assert (first, second) == ("First answer", "Resolution")
    assert answered.text == answer
    assert resolution in resolved.text


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "less than a minute"), (59, "59 min"), (60, "1 h"), (61, "1 h 1 min"), (630, "10 h")]
)
def test_a_span_is_told_in_its_two_largest_units(minutes: int, text: str) -> None:
    assert span(timedelta(minutes=minutes)) == text
