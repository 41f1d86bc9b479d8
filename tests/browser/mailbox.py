"""People's mailboxes: the worker prints what it sends."""

from __future__ import annotations

import re
import time

from tests.live.stack import Stack


def link_mailed(stack: Stack, email: str, path: str) -> str:
    """The newest link below `path` that was mailed to an address; waits for the worker."""
    pattern = re.compile(rf"^To: {re.escape(email)}$.*?({re.escape(stack.url)}/{path}/[A-Za-z0-9_-]+)$", re.M | re.S)
    deadline = time.monotonic() + 20
    while True:
        # A mail begins with the kind of its content.
        mails = (stack.folder / "worker.log").read_text(errors="replace").split("Content-Type: multipart/alternative")
        found = [match[1] for mail in mails if (match := pattern.search(mail))]
        if found:
            return found[-1]
        assert time.monotonic() < deadline, f"no mail with {path} to {email}"
        time.sleep(0.1)
