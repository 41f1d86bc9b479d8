"""Every text of the product is in the catalogue of each language, translated and with its places for values."""

from __future__ import annotations

from babel.messages.catalog import Catalog

from nexusvpn.local.messages import contradictions, faults


def test_no_text_is_without_its_translation() -> None:
    assert faults() == []


def test_a_text_that_two_apps_translate_differently_is_found() -> None:
    one, other = Catalog(locale="de"), Catalog(locale="de")
    one.add("Open", "Offen")
    other.add("Open", "Öffnen", context="button")
    assert contradictions([one, other]) == []
    other.add("Open", "Öffnen")
    assert contradictions([one, other]) == ["translated in two ways, where one needs a context: 'Open'"]
