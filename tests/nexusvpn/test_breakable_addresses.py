"""An address of mail breaks before "@" and ".", and whatever else somebody wrote stays the text that it was."""

from __future__ import annotations

import re
from time import perf_counter

import pytest
from django.template import engines
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import override

from nexusvpn.templatetags.addresses import address, breakable


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("alice.b@example.co.uk", "alice<wbr>.b<wbr>@example<wbr>.co<wbr>.uk"),
        ("Write to a@b.cd. Or not.", "Write to a<wbr>@b<wbr>.cd. Or not."),
        ("1.4 GB at 10.0.0.1", "1.4 GB at 10.0.0.1"),
        ("@everybody ...@...", "@everybody ...@..."),
        ("", ""),
        (None, "None"),
    ],
)
def test_only_addresses_get_places_to_break(written: str | None, shown: str) -> None:
    assert breakable(written) == shown


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>@example.com",
        '"><img src=x onerror=alert(1)>@b.cd',
        "<a@b.cd",
        "a@b.cd>",
        "&lt;b&gt;@c.de",
        "'\"`@<wbr>.x",
        "<!--a@b.cd-->",
    ],
)
def test_what_is_text_stays_text(hostile: str) -> None:
    assert breakable(hostile).replace("<wbr>", "") == escape(hostile)


def test_tags_keep_what_their_attributes_hold() -> None:
    link = "<a href=\"/?q=a@b.cd&amp;x=1\" title='a > b@c.de'>{}</a>"
    assert breakable(mark_safe(link.format("a@b.cd"))) == link.format("a<wbr>@b<wbr>.cd")


def test_a_template_escapes_it_once_also_within_a_sentence() -> None:
    page = engines["django"].from_string(
        "{% load addresses i18n %}{{ text|breakable }}"
        "{% blocktranslate with text=text|breakable %}To {{ text }}{% endblocktranslate %}"
    )
    shown = "a&amp;b<wbr>@c<wbr>.de"
    assert page.render({"text": "a&b@c.de"}) == f"{shown}To {shown}"


def test_within_a_sentence_an_address_is_one_piece() -> None:
    assert address("a&b@c.de") == '<span class="address">a&amp;b<wbr>@c<wbr>.de</span>'


def test_numbers_are_written_as_everywhere() -> None:
    with override("de"):
        assert breakable(1.5) == "1,5"


@pytest.mark.parametrize("text", ["a" * 300_000 + " @", "@." * 150_000, "<a@" * 100_000])
def test_long_text_takes_no_long_time(text: str) -> None:
    began = perf_counter()
    shown = breakable(text)
    assert perf_counter() - began < 5
    assert re.sub("<wbr>", "", shown) == escape(text)
