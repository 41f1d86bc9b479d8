"""What a chart says in place of bars, and what staff changed last, on the admin's home."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.template.loader import render_to_string
from django.test import Client

from accounts.models import User
from nexusvpn.charts import Chart, Series
from tests.admin.addresses import change, page


def drawn(values: Sequence[int | None]) -> str:
    labels = [f"day {number}" for number, _value in enumerate(values)]
    return render_to_string("admin/_chart.html", {"chart": Chart("People", labels, [Series("New", values)])})


@pytest.mark.parametrize("values", [[], [None, None]])
def test_what_was_never_measured_has_no_figures(values: list[int | None]) -> None:
    text = drawn(values)
    assert "Nothing was measured yet." in text
    assert "<table" not in text
    assert "<rect" not in text


def test_nought_is_a_figure(db: None) -> None:
    text = drawn([0, 0])
    assert "Nothing but 0 was measured." in text
    assert "Nothing was measured" not in text
    assert text.count("<td>0</td>") == 2
    assert "<rect" not in text


def test_what_is_known_is_drawn(db: None) -> None:
    text = drawn([0, 2, None])
    assert "<rect" in text
    assert "Nothing but 0 was measured." not in text
    assert "Nothing was measured" not in text


def test_the_home_says_in_plain_words_what_one_changed_last(staff: Client, sam: User, alice: User) -> None:
    assert "You have changed nothing here yet." in page(staff, "/admin/")
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=sam, content_type=kind, object_id=str(alice.pk), object_repr="Alice", action_flag=CHANGE
    )
    text = page(staff, "/admin/")
    last = text.partition("What you changed last")[2]
    assert f'<a href="{change(alice)}">Alice</a>' in last
    assert "Recent actions" not in text
