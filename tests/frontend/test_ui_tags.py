"""The template tags that write numbers, times and states."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils.translation import override

from nexusvpn.templatetags import nexusvpn_ui as ui

TEMPLATES = Path(__file__).parents[2] / "templates"
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
AGO_CASES = json.loads((Path(__file__).parent / "ago-cases.json").read_text())


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "–"),
        (0, "0\xa0B"),
        (999, "999\xa0B"),
        (1000, "1\xa0kB"),
        (1_449, "1.4\xa0kB"),
        (999_949, "999.9\xa0kB"),
        (999_951, "1.0\xa0MB"),
        (1_400_000_000, "1.4\xa0GB"),
        (500_000_000_000, "500\xa0GB"),
        (2**63 - 1, "9.2\xa0EB"),
    ],
)
def test_bytes_are_written_in_decimal_units(count: int | None, text: str) -> None:
    assert ui.bytes_si(count) == text


def test_rounded_bytes_say_their_exact_number_on_hover() -> None:
    expected = '<data value="1449000000" title="1,449,000,000 bytes">1.4\xa0GB</data>'
    assert ui.bytes_exact(1_449_000_000) == expected
    assert ui.bytes_exact(None) == "–"


def test_what_is_left_of_an_allowance_is_never_negative() -> None:
    assert ui.remaining(10, 4) == 6
    assert ui.remaining(10, 14) == 0


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (499, "usd", "$4.99"),
        (500, "EUR", "€5.00"),
        (1250, "chf", "CHF\u00a012.50"),
        (500, "jpy", "¥500"),
        (123456789, "jpy", "¥123,456,789"),
        (123456789, "usd", "$1,234,567.89"),
        (0, "usd", "$0.00"),
        (None, "usd", "–"),
        (-1250, "chf", "-CHF\u00a012.50"),
        (-500, "jpy", "-¥500"),
        (4000, "sek", "SEK\u00a040.00"),
        (499, "cad", "CA$4.99"),
        (499, "aud", "A$4.99"),
        (1250, "kwd", "KWD\u00a01.250"),
        (499, "xyz", "XYZ\u00a04.99"),
    ],
)
def test_money_has_its_currency(minor: int | None, currency: str, text: str) -> None:
    assert ui.money(minor, currency) == text


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (123456, "usd", "1.234,56\u00a0$"),
        (500, "eur", "5,00\u00a0€"),
        (1999, "jpy", "1.999\u00a0¥"),
        (1250, "chf", "12,50\u00a0CHF"),
        (-4000, "sek", "-40,00\u00a0SEK"),
        (499, "cad", "4,99\u00a0CA$"),
    ],
)
def test_money_is_written_as_germans_write_it(minor: int, currency: str, text: str) -> None:
    with override("de"):
        assert ui.money(minor, currency) == text


@pytest.mark.parametrize(("seconds", "text"), AGO_CASES)
def test_the_time_since_is_told_in_the_words_of_the_script(seconds: float, text: str | None) -> None:
    assert ui.ago_text(seconds) == text


@time_machine.travel(NOW, tick=False)
def test_a_time_is_relative_under_a_day_and_a_date_after() -> None:
    assert ui.ago(NOW - timedelta(seconds=12)) == (
        '<time datetime="2026-05-04T11:59:48+00:00" title="4\xa0May\xa02026, 11:59:48 UTC" data-ago>12 s ago</time>'
    )
    assert ui.ago(NOW - timedelta(days=2)) == (
        '<time datetime="2026-05-02T12:00:00+00:00" title="2\xa0May\xa02026, 12:00:00 UTC">2\xa0May\xa02026</time>'
    )
    assert ui.ago(None) == "–"


def test_a_day_is_written_without_a_clock() -> None:
    assert (
        ui.day(date(2026, 5, 4))
        == '<time datetime="2026-05-04" title="Monday, 4\xa0May\xa02026">4\xa0May\xa02026</time>'
    )


def test_a_point_in_time_is_written_with_its_clock_and_zone() -> None:
    assert ui.moment(datetime(2026, 12, 1, 10, 0, 7, tzinfo=UTC)) == (
        '<time datetime="2026-12-01T10:00:07+00:00" title="1\xa0Dec\xa02026, 10:00:07 UTC">1\xa0Dec\xa02026, 10:00\xa0UTC</time>'
    )
    assert ui.moment(None) == "–"


def test_a_share_that_was_not_measured_is_no_zero() -> None:
    assert ui.percent(0.424) == "42\xa0%"
    assert ui.percent(0) == "0\xa0%"
    assert ui.percent(None) == "–"


MOZILLA = "Mozilla/5.0"


@pytest.mark.parametrize(
    ("user_agent", "text"),
    [
        (f"{MOZILLA} (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Windows"),
        (f"{MOZILLA} (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36", "Chrome on Linux"),
        (f"{MOZILLA} (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0", "Edge on Windows"),
        (f"{MOZILLA} (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari on iPhone"),
        (f"{MOZILLA} (Linux; Android 16) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36", "Chrome on Android"),
        (f"{MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) Version/19.0 Safari/605.1.15", "Safari on macOS"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("Linux tool", "Linux tool"),
        ("", "Unknown program"),
    ],
)
def test_a_user_agent_is_shortened_to_what_a_person_calls_it(user_agent: str, text: str) -> None:
    assert ui.program(user_agent) == text


def test_no_two_device_states_share_shape_and_word() -> None:
    names = ("connected", "idle", "activating", "never_used", "unknown", "removing", "suspended")
    assert len({ui.STATES[name].shape for name in names}) == len(names)
    assert len({ui.STATES[name].word for name in names}) == len(names)


def test_a_state_that_is_not_known_is_shown_as_its_own_word() -> None:
    assert ui.state("on_hold")["word"] == "On hold"


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_state_is_told_with_a_capital_letter(language: str) -> None:
    with override(language):
        assert [name for name, look in ui.STATES.items() if not str(look.word)[:1].isupper()] == []


def test_no_list_of_a_customer_calls_a_state_by_another_word() -> None:
    pages = (path for path in TEMPLATES.rglob("*.html") if "admin" not in path.relative_to(TEMPLATES).parts)
    heading = re.compile(r'<th\b[^>]*>{% translate "status"', re.IGNORECASE)
    assert [path.name for path in pages if heading.search(path.read_text())] == []
