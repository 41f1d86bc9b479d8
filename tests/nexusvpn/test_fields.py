"""Texts in requests: only strings, and those that are too long are refused before anybody reads them."""

from __future__ import annotations

import time

import pytest
from rest_framework.serializers import CharField

from nexusvpn.api.fields import Address, StrictSerializer, Text


class Form(StrictSerializer):
    text = Text(max_length=10, trim_whitespace=False)
    address = Address(max_length=20)


GOOD = {"text": "ten letter", "address": "a@example.com"}


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("text", "eleven here", "max_length"),
        ("text", 7, "invalid"),
        ("text", "\ud800", "invalid"),
        ("text", "a\0b", "null_characters_not_allowed"),
        ("address", "a@example.com" + "m" * 8, "max_length"),
        ("address", "not one", "invalid"),
        ("address", 7, "invalid"),
        ("address", ["a@example.com"], "invalid"),
    ],
)
def test_what_is_refused(name: str, value: object, code: str) -> None:
    form = Form(data={**GOOD, name: value})
    assert not form.is_valid()
    assert {key: [error.code for error in errors] for key, errors in form.errors.items()} == {name: [code]}


def test_what_is_taken() -> None:
    form = Form(data={**GOOD, "address": "  a@example.com  "})
    assert form.is_valid()
    assert form.validated_data == GOOD


def cost(field: CharField, value: str) -> float:
    """The least processor time of a few tries, in seconds."""

    def once() -> float:
        before = time.thread_time()
        with pytest.raises(Exception, match=r"characters|Enter"):
            field.run_validation(value)
        return time.thread_time() - before

    return min(once() for _ in range(20))


@pytest.mark.parametrize("field", [Text(max_length=10), Address(max_length=20)], ids=["text", "address"])
def test_a_huge_text_costs_little_more_than_one_that_is_just_too_long(field: CharField) -> None:
    """DRF's own look for surrogates takes some 9 ms for this one."""
    assert cost(field, "x" * 250_000) < max(20 * cost(field, "x" * 30), 0.001)
