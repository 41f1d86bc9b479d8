"""`.env.example` lists every variable that the settings read, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_example_and_the_settings_agree() -> None:
    settings = (ROOT / "nexusvpn/settings.py").read_text()
    read = set(re.findall(r"env\.(?:text|required|flag|number|items)\(\"([A-Z_0-9]+)\"", settings))
    listed = set(re.findall(r"^#?\s?([A-Z][A-Z_0-9]+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE))
    # The first is of `make run` alone.
    assert listed - {"PORT"} == read
