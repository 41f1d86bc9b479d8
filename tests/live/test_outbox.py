"""The worker that sends mails is killed for real between sending and marking: the mail goes out, under the same Message-ID."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from tests.live.conftest import StackMaker
from tests.live.stack import Stack
from tests.smtp import smtp_sink

pytestmark = pytest.mark.live
KILLS = 2
WRITE = 'from accounts.services.outbox import queue_mail; queue_mail("welcome", "alice@example.com", {"name": "Alice"})'
DUE_NOW = "from accounts.services.outbox import queue_due_mails; queue_due_mails()"


def start_worker(stack: Stack) -> int:
    """The process id of a mail worker as it runs in production."""
    command = [sys.executable, "manage.py", "procrastinate", "worker", "--queues", "mail"]
    return stack.spawn("mails", command).pid


def wait_until_sent(stack: Stack) -> None:
    deadline = time.monotonic() + 60
    while stack.sql("SELECT 1 FROM accounts_mail WHERE state <> 'sent'"):
        assert time.monotonic() < deadline, stack.logs()
        time.sleep(0.1)


def test_a_worker_that_is_killed_after_sending_leaves_a_mail_that_goes_out_again_as_the_same_one(
    make_stack: StackMaker,
) -> None:
    with smtp_sink() as sink:
        stack = make_stack(workers=1, settings={"EMAIL_URL": f"smtp://127.0.0.1:{sink.port}"})
        stack.manage("shell", "-c", WRITE)
        written = {str(row[0]) for row in stack.sql("SELECT id FROM accounts_mail")}
        assert len(written) == 1
        for _ in range(KILLS):
            worker = start_worker(stack)
            sent = len(sink.received)
            sink.at_quit = lambda pid=worker: os.killpg(pid, signal.SIGKILL)  # type: ignore[misc]
            stack._processes["mails"].wait(60)
            assert len(sink.received) > sent
            assert stack.sql("SELECT state FROM accounts_mail") == [("queued",)]
            # As if the time until the next attempt had passed; the job that was killed is not run again, so it is asked for anew.
            stack.sql("UPDATE accounts_mail SET due_at = now()")
            stack.manage("shell", "-c", DUE_NOW)
        sink.at_quit = lambda: None
        start_worker(stack)
        wait_until_sent(stack)
        ids = sink.message_ids()
        assert len(ids) == KILLS + 1
        assert {each.split("@")[0].lstrip("<") for each in ids} == written
