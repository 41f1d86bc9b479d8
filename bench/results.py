"""What a benchmark found: a line of the table, and a file for whoever wants to look closer."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django

FOLDER = Path(__file__).parent / "results"
HEAD = ("id", "measure", "against", "goal", "measured", "met")


@dataclass(frozen=True)
class Result:
    """One line. `met` None: there is no goal to meet, or nothing could be measured (then `value` is None and `how` says why)."""

    id: str
    measure: str
    against: str
    goal: str
    value: float | None
    shown: str
    met: bool | None
    how: str
    sizes: dict[str, Any] = field(default_factory=dict)
    samples: dict[str, Any] = field(default_factory=dict)

    def cells(self) -> tuple[str, ...]:
        verdict = {True: "yes", False: "NO", None: "–"}[self.met]
        return (self.id, self.measure, self.against, self.goal, self.shown, verdict)


def skipped(id_: str, measure: str, reason: str) -> Result:
    return Result(id_, measure, "–", "–", None, "skipped", None, f"Skipped: {reason}.")


def machine_facts(postgresql: str) -> dict[str, Any]:
    """What the figures depend on; nothing that names the machine or a place on it."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "django": django.get_version(),
        "postgresql": postgresql,
    }


def write(results: Iterable[Result], facts: dict[str, Any], quick: bool, folder: Path) -> None:
    """`<folder>/<id>.json` for each id, with every line that has it."""
    folder.mkdir(parents=True, exist_ok=True)
    by_id: dict[str, list[dict[str, Any]]] = {}
    for result in results:
        by_id.setdefault(result.id, []).append(asdict(result))
    date = datetime.now(UTC).isoformat(timespec="seconds")
    for id_, lines in by_id.items():
        content = {"id": id_, "date": date, "quick": quick, "machine": facts, "lines": lines}
        (folder / f"{id_}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def table(results: Sequence[Result]) -> str:
    rows = [HEAD, *(result.cells() for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])
