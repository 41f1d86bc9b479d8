"""Links out of mails, as people follow them."""

from __future__ import annotations

import re

from tests.mails import waiting_mails


def token_mailed(kind: str) -> str:
    """The secret in the newest waiting mail of a kind; text and HTML have the same one."""
    mail = waiting_mails(kind)[-1]
    found = set(re.findall(r"/(?:verify-email|password/reset|email-change)/([A-Za-z0-9_-]{40,})", mail.text))
    assert len(found) == 1
    token = str(found.pop())
    assert token in mail.html
    return token
