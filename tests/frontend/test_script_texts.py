"""What page scripts say is in the texts that pages give them, and no script says anything else."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest
from django.utils import translation

from nexusvpn.appearance import script_texts

SCRIPTS = sorted((Path(__file__).resolve().parents[2] / "nexusvpn/static/nexusvpn/js").glob("*.js"))
COMMENT = re.compile(r"//.*|/\*.*?\*/")
SAID = re.compile(r'say\("(\w+)"')
# A sentence for people: a capital letter, then a word, a blank and another word. Errors for programmers are thrown.
SENTENCE = re.compile(r"""^(?!.*throw new Error).*["'`][A-Z][a-z]+ [a-z]+""")


def texts() -> dict[str, str]:
    found: dict[str, str] = orjson.loads(script_texts())
    return found


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_only_what_its_page_gives_it(script: Path) -> None:
    code = COMMENT.sub("", script.read_text())
    assert set(SAID.findall(code)) <= set(texts())
    assert [line for line in code.splitlines() if SENTENCE.search(line)] == []


def test_no_text_is_given_that_nobody_says() -> None:
    everything = "\n".join(path.read_text() for path in SCRIPTS)
    assert [name for name in texts() if f'"{name}"' not in everything] == []


def test_places_for_values_are_the_same_in_every_language() -> None:
    english = texts()
    with translation.override("de"):
        german = texts()
    places = re.compile(r"\{\w+\}")
    assert {name: places.findall(text) for name, text in german.items()} == {
        name: places.findall(text) for name, text in english.items()
    }
    assert german["copied"] == "Kopiert"
