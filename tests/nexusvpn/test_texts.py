from __future__ import annotations

import pytest

from nexusvpn.errors import InvalidInput
from nexusvpn.texts import one_line, without_links


@pytest.mark.parametrize(
    "text", ["a\nb", "a\rb", "a\tb", "a\x00b", "a\x1bb", "a\x7fb", "a\x85b", "a\u2028b", "a\u202eb", "a\u200bb"]
)
def test_more_than_a_line_and_what_cannot_be_seen_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        one_line(text, "full_name")
    assert list(refused.value.fields) == ["full_name"]


@pytest.mark.parametrize(
    "text", ["Alice", "Jürgen Groß", "山田 太郎", "علی\u200cرضا", "👩\u200d🚀 Ada", "O'Neil-Smith, Jr."]
)
def test_names_stay_as_they_are(text: str) -> None:
    assert one_line(f"  {text}\n", "full_name") == text


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example",
        "See http://x",
        "WWW.evil",
        "evil.com",
        "win at evil.co.uk now",
        "a@b",
        "evil．com",
        "evil。com",
        "ftp://x",
        "пример.рф",
        "10.0.0.1",
    ],
)
def test_what_becomes_a_link_is_left_out(text: str) -> None:
    assert without_links(text) == ""


@pytest.mark.parametrize(
    "text", ["Alice", "Dr. Alice B. Liddell", "J. R. R. Tolkien", "J.R.R. Tolkien", "Version 1.2", ""]
)
def test_what_does_not_stays(text: str) -> None:
    assert without_links(text) == text
