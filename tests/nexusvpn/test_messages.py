"""Every text of the product is in the catalogue of each language, translated and with its places for values."""

from __future__ import annotations

from nexusvpn.local.messages import faults


def test_no_text_is_without_its_translation() -> None:
    assert faults() == []
