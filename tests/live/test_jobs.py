"""The workers as `make run` starts them: jobs run beside each other, and mail holds up nothing else."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import psycopg
import pytest

from nexusvpn.local.stack import WORKERS
from tests.live.conftest import StackMaker
from tests.live.stack import Stack

pytestmark = pytest.mark.live
TWELVE_MAILS = """
from accounts.services.outbox import queue_mail
for number in range(12):
    queue_mail("welcome", f"a{number}@example.com", {"name": ""})
"""
# Each worker has one connection that does nothing but hear of new jobs.
READY = """
SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %%'),
    (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND scheduled_at IS NULL)
"""
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def silent_mail_server() -> Iterator[str]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"smtp://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def stack(make_stack: StackMaker, silent_mail_server: str) -> Stack:
    return make_stack(settings={"EMAIL_URL": silent_mail_server}, workers=1)


def start_workers(stack: Stack) -> None:
    """And wait until all are up and have done what was due: how long that takes is none of what is measured."""
    for name in WORKERS:
        start_worker(stack, name)
    started = time.monotonic()
    while stack.sql(READY) != [(len(WORKERS), 0)]:
        assert time.monotonic() - started < 60, stack.logs()
        time.sleep(0.02)


def start_worker(stack: Stack, name: str) -> subprocess.Popen[bytes]:
    queues = ",".join(WORKERS[name])
    return stack.spawn(name, [sys.executable, "manage.py", "procrastinate", "worker", "--queues", queues])


def defer(stack: Stack, task: str, queue: str, arguments: str) -> int:
    statement = (
        "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(%s, %s, 0, NULL, NULL, %s, NULL)::procrastinate_job_to_defer_v1])"
    )
    found = stack.sql(statement, queue, task, arguments)[0][0]
    return int(found[0] if isinstance(found, list) else found)


def count(stack: Stack, queue: str, status: str) -> int:
    found = stack.sql("SELECT count(*) FROM procrastinate_jobs WHERE queue_name = %s AND status = %s", queue, status)
    return int(found[0][0])


def wait_for(stack: Stack, queue: str, status: str, at_least: int, seconds: float) -> float:
    started = time.monotonic()
    while count(stack, queue, status) < at_least:
        assert time.monotonic() - started < seconds, stack.logs()
        time.sleep(0.02)
    return time.monotonic() - started


def test_mails_that_hang_delay_no_settlement(stack: Stack) -> None:
    start_workers(stack)
    stack.manage("shell", "-c", TWELVE_MAILS)
    wait_for(stack, "mail", "doing", 4, 20)
    defer(stack, "vpn.tasks.settle", "fleet", f'{{"user_id": "{NOBODY}"}}')
    assert wait_for(stack, "fleet", "succeeded", 1, 20) < 3
    # They hang still: a mail is given up after ten seconds.
    assert count(stack, "mail", "doing") == 4


def test_a_settlement_that_waits_for_a_lock_keeps_nobody_elses_waiting(stack: Stack) -> None:
    stack.manage("shell", "-c", "from accounts.models import User; User.objects.create_user('alice@example.com', 'x')")
    (user_id,) = stack.sql("SELECT id FROM accounts_user WHERE email = 'alice@example.com'")[0]
    start_workers(stack)
    with psycopg.connect(stack.database_url) as link:
        link.execute("SELECT 1 FROM accounts_user WHERE id = %s FOR NO KEY UPDATE", [user_id])
        defer(stack, "vpn.tasks.settle", "fleet", f'{{"user_id": "{user_id}"}}')
        wait_for(stack, "fleet", "doing", 1, 20)
        defer(stack, "vpn.tasks.settle", "fleet", f'{{"user_id": "{NOBODY}"}}')
        assert wait_for(stack, "fleet", "succeeded", 1, 20) < 3
        assert count(stack, "fleet", "doing") == 1
    wait_for(stack, "fleet", "succeeded", 2, 20)


def test_what_a_killed_worker_had_begun_is_done_by_the_next(stack: Stack) -> None:
    stack.manage("shell", "-c", "from accounts.models import User; User.objects.create_user('alice@example.com', 'x')")
    (user_id,) = stack.sql("SELECT id FROM accounts_user WHERE email = 'alice@example.com'")[0]
    worker = start_worker(stack, "jobs")
    with psycopg.connect(stack.database_url) as link:
        link.execute("SELECT 1 FROM accounts_user WHERE id = %s FOR NO KEY UPDATE", [user_id])
        job = defer(stack, "vpn.tasks.settle", "fleet", f'{{"user_id": "{user_id}"}}')
        wait_for(stack, "fleet", "doing", 1, 40)
        worker.kill()
        worker.wait()
    # As if half a minute had passed, after which it counts as gone.
    stack.sql("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 seconds'")
    defer(stack, "nexusvpn.tasks.retry_stalled", "periodic", '{"timestamp": 0}')
    start_worker(stack, "jobs")
    wait_for(stack, "fleet", "succeeded", 1, 40)
    assert stack.sql("SELECT status, attempts FROM procrastinate_jobs WHERE id = %s", job) == [("succeeded", 2)]
