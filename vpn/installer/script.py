"""The script that makes a machine a node: `install.sh` with our address and the checksum of exactly the agent that we serve."""

from __future__ import annotations

import shlex
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from vpn.installer.bundle import agent_file

SOURCE = Path(__file__).with_name("install.sh")
SCRIPT_PATH = "/node/install.sh"


@lru_cache(maxsize=4)
def _script(site_url: str) -> str:
    values = {"@SITE_URL@": shlex.quote(site_url), "@AGENT_SHA256@": agent_file().sha256}
    text = SOURCE.read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def install_script() -> str:
    return _script(settings.SITE_URL)


def install_command(token: str) -> str:
    """The one command to paste, as root, on the machine that is to become a node.

    The token travels in the environment: arguments are visible to every user.
    """
    only_https = "--proto '=https' --tlsv1.2 " if settings.SITE_URL.startswith("https://") else ""
    script = shlex.quote(settings.SITE_URL + SCRIPT_PATH)
    return f"curl {only_https}-fsS {script} | NEXUSVPN_ENROLMENT_TOKEN={token} sh"
