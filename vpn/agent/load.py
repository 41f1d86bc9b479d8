"""The node's load figures, from /proc and /sys. What cannot be measured is None, never a guess."""

from pathlib import Path
from typing import Any

_STAT = Path("/proc/stat")
_MEMINFO = Path("/proc/meminfo")
_NET = Path("/proc/self/net/dev")


class LoadMeter:
    """CPU use is a difference between two looks, so the first look has none."""

    def __init__(self) -> None:
        self._former: tuple[int, int] | None = None

    def measure(self, interface: str, peers: int) -> dict[str, Any]:
        """Return `load` of docs/node-api.md: percentages, number of peers, bytes since the interface was made."""
        rx_bytes, tx_bytes = _network_bytes(interface)
        return {
            "cpu_percent": self._cpu_percent(),
            "memory_percent": _memory_percent(),
            "peers": peers,
            "rx_bytes": rx_bytes,
            "tx_bytes": tx_bytes,
        }

    def _cpu_percent(self) -> float | None:
        try:
            # user nice system idle iowait irq softirq steal; guest time is part of user already
            ticks = [int(word) for word in _STAT.read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]]
        except (OSError, ValueError):
            return None
        now = (sum(ticks), ticks[3] + ticks[4])
        former, self._former = self._former, now
        if former is None or now[0] <= former[0]:
            return None
        return round(max(0.0, 100.0 * (1 - (now[1] - former[1]) / (now[0] - former[0]))), 1)


def _memory_percent() -> float | None:
    try:
        fields = dict(line.split(":", 1) for line in _MEMINFO.read_text(encoding="ascii").splitlines())
        total, available = (int(fields[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
    except (OSError, ValueError, KeyError):
        return None
    return round(100.0 * (1 - available / total), 1)


def _network_bytes(interface: str) -> tuple[int | None, int | None]:
    try:
        for line in _NET.read_text(encoding="ascii").splitlines():
            name, _, figures = line.partition(":")
            if name.strip() == interface:
                words = figures.split()
                return int(words[0]), int(words[8])
    except (OSError, ValueError, IndexError):
        pass
    return None, None
