"""Every job has a worker that looks for it."""

from __future__ import annotations

import re
from pathlib import Path

from procrastinate.contrib.django import app

from nexusvpn.local.stack import WORKERS

ROOT = Path(__file__).resolve().parents[2]
SERVED = {queue for queues in WORKERS.values() for queue in queues}


def test_every_task_is_in_a_queue_that_is_served() -> None:
    app.perform_import_paths()
    ours = {name: task.queue for name, task in app.tasks.items() if not name.startswith(("builtin:", "procrastinate."))}
    assert ours
    assert {name: queue for name, queue in ours.items() if queue not in SERVED} == {}


def test_every_job_is_asked_for_in_a_queue_that_is_served() -> None:
    """Where a job is deferred by its task's name, the queue is named beside it."""
    asked = set()
    for path in ROOT.glob("*/deferred.py"):
        text = path.read_text()
        asked |= set(re.findall(r"queue=\"(\w+)\"", text)) | set(re.findall(r"_defer_once\(\"\w+\", \"(\w+)\",", text))
    assert asked
    assert asked <= SERVED


def test_the_readme_names_the_queues_of_each_worker() -> None:
    named = set(re.findall(r"--queues ([a-z,]+)", (ROOT / "README.md").read_text()))
    assert named == {",".join(queues) for queues in WORKERS.values()}
