"""No template says anything that translators cannot reach."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType

from nexusvpn.names import APPS

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt"})
SPOKEN_ATTRIBUTES = {
    "alt",
    "title",
    "placeholder",
    "aria-label",
    "aria-description",
    "data-label",
    "data-confirm",
    "summary",
}
# What is the same in every language: names, units, and code.
NAMES = {
    *[
        "WireGuard",
        "OpenWrt",
        "NetworkManager",
        "macOS",
        "iPhone",
        "iPad",
        "iOS",
        "Android",
        "Windows",
        "Linux",
        "GL",
        "iNet",
    ],
    *[
        "API",
        "CSV",
        "DNS",
        "IPv4",
        "IPv6",
        "MTU",
        "PDF",
        "QR",
        "UTC",
        "URL",
        "JSON",
        "HTTP",
        "VPN",
        "SVG",
        "PNG",
        "KB",
        "MB",
        "GB",
        "kB",
    ],
    # As routers call them in their own menus.
    *["UDP", "Allowed", "IPs", "Persistent", "keepalive"],
    "Deutsch",
    "English",
    "x",
}
_BLOCKS = re.compile(r"^(blocktranslate|blocktrans|comment|verbatim)\b")
_ADDRESS = re.compile(r"\S*/\S+")
_WORD = re.compile(r"[^\W\d_]+")


class Spoken(HTMLParser):
    """Collects the texts and the attributes that people read or hear, code apart."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"code", "pre", "script", "style", "kbd", "samp"}
        self.texts += [value for name, value in attrs if name in SPOKEN_ATTRIBUTES and value]
        named = dict(attrs)
        if tag == "meta" and named.get("name") == "description" and named.get("content"):
            self.texts.append(str(named["content"]))
        if tag == "input" and named.get("type") in {"submit", "button", "reset"}:
            self.texts.append(str(named.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"code", "pre", "script", "style", "kbd", "samp"} and self._silent > 0

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)


def unmarked(source: str) -> Iterator[str]:
    """The words of a template that no `translate` or `blocktranslate` has."""
    written, block = [], ""
    for token in Lexer(source).tokenize():
        if token.token_type is TokenType.BLOCK:
            if block and token.contents == f"end{block}":
                block = ""
            elif not block and (found := _BLOCKS.match(token.contents)):
                block = found[1]
        elif token.token_type is TokenType.TEXT and not block:
            written.append(token.contents)
        elif token.token_type is TokenType.VAR and not block:
            # Between the quotes of an attribute, or between two words.
            written.append("0")
    reader = Spoken()
    reader.feed("".join(written))
    reader.close()
    for text in reader.texts:
        if any(word not in NAMES for word in _WORD.findall(_ADDRESS.sub("", text))):
            yield " ".join(text.split())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_every_word_of_a_template_is_marked(path: Path) -> None:
    assert list(unmarked(path.read_text())) == []


def test_an_unmarked_word_is_found() -> None:
    source = (
        '<p title="Says {{ x }}">{% translate "Marked" %}</p>'
        "{% blocktranslate %}Marked{% endblocktranslate %}<b>Not</b><code>no</code>"
    )
    assert list(unmarked(source)) == ["Says 0", "Not"]


def bare_refusals(source: str) -> Iterator[str]:
    """What a form or a field is refused with, where no translator reaches it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1].endswith(
            ("ValidationError", "Validator")
        ):
            said = [
                each.value
                for each in (*node.args, *(word.value for word in node.keywords))
                if isinstance(each, ast.Constant)
            ]
            yield from (text for text in said if isinstance(text, str) and " " in text)


def test_a_refusal_that_nobody_marked_is_found() -> None:
    assert list(bare_refusals('raise forms.ValidationError("Too long.", code="x")')) == ["Too long."]
    assert list(bare_refusals('RegexValidator(SLUG, _("Too long."))')) == []


@pytest.mark.parametrize("app", APPS)
def test_what_forms_and_fields_refuse_is_said_in_every_language(app: str) -> None:
    sources = [path for path in (ROOT / app).rglob("*.py") if not {"migrations", "sandbox"} & set(path.parts)]
    assert len(sources) > 10
    assert {str(path): found for path in sources if (found := list(bare_refusals(path.read_text())))} == {}
