"""No line parts a day from its month, or a number from its unit: neither on a phone nor beside a long word."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.utils import translation
from django.utils.formats import date_format

from nexusvpn.templatetags.nexusvpn_ui import bytes_si, moment, percent
from vpn.templatetags.uptime_bars import duration, uptime

WHEN = datetime(2026, 11, 27, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "parts"),
    [("en", ["27\xa0Nov\xa02026,", "10:05\xa0UTC"]), ("de", ["27.\xa0Nov.\xa02026,", "10:05\xa0UTC"])],
)
def test_a_date_breaks_only_before_its_time(language: str, parts: list[str]) -> None:
    with translation.override(language):
        assert date_format(WHEN, "DATETIME_FORMAT").split(" ") == parts
        assert f">{' '.join(parts)}</time>" in moment(WHEN)
        for name in ("DATE_FORMAT", "MONTH_DAY_FORMAT", "SHORT_DATE_FORMAT"):
            assert " " not in date_format(date(2026, 11, 27), name)


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_number_stays_with_its_unit(language: str) -> None:
    with translation.override(language):
        texts = [
            bytes_si(7),
            bytes_si(1_400_000_000),
            percent(0.42),
            uptime(1),
            uptime(0.5),
            duration(0),
            duration(7260),
        ]
    assert [text for text in texts if any(part.isalpha() or part == "%" for part in text.split(" "))] == []
    assert all("\xa0" in text for text in texts)
