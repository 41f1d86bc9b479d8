"""Talk upwards is by few signals, each written down with its payload."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from django.dispatch import Signal

APPS = ("accounts", "billing", "vpn", "referrals", "support")
AT_MOST = 5


def test_there_are_five_at_most_and_the_document_has_them_all() -> None:
    modules = [f"{app}.signals" for app in APPS if find_spec(f"{app}.signals")]
    found = {
        f"{module}.{name}"
        for module in modules
        for name, value in vars(import_module(module)).items()
        if isinstance(value, Signal)
    }
    written = set(re.findall(r"^\| `(\w+\.signals\.\w+)`", Path("docs/architecture.md").read_text(), re.MULTILINE))
    assert found == written
    assert 0 < len(found) <= AT_MOST
