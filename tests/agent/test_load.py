"""Load figures are measured or absent."""

from pathlib import Path

import pytest

from vpn.agent import load
from vpn.agent.load import LoadMeter


def test_figures_are_plausible_and_cpu_needs_two_looks() -> None:
    meter = LoadMeter()
    first = meter.measure("lo", 3)
    assert first["cpu_percent"] is None
    assert first["peers"] == 3
    assert 0 < first["memory_percent"] < 100
    assert first["rx_bytes"] >= 0
    assert first["tx_bytes"] >= 0


def test_cpu_is_the_busy_share_between_two_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = tmp_path / "stat"
    monkeypatch.setattr(load, "_STAT", stat)
    meter = LoadMeter()
    stat.write_text("cpu  100 0 100 800 0 0 0 0 0 0\n")
    meter.measure("lo", 0)
    stat.write_text("cpu  120 0 110 860 10 0 0 0 0 0\n")
    assert meter.measure("lo", 0)["cpu_percent"] == 30.0
    assert meter.measure("lo", 0)["cpu_percent"] is None, "no time has passed"


def test_what_cannot_be_read_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_STAT", "_MEMINFO", "_NET"):
        monkeypatch.setattr(load, name, tmp_path / "none")
    figures = LoadMeter().measure("wg9", 1)
    assert figures == {"cpu_percent": None, "memory_percent": None, "peers": 1, "rx_bytes": None, "tx_bytes": None}


def test_an_interface_that_does_not_exist_has_no_bytes() -> None:
    assert LoadMeter().measure("none", 0)["rx_bytes"] is None
