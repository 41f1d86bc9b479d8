"""Running the node's tools (`wg`, `ip`, `nft`): never through a shell, never with a secret among the arguments."""

import os
import re
import subprocess
from collections.abc import Sequence
from typing import Final

TOOL_TIMEOUT_S: Final = 30.0

# `wg` repeats a malformed key in its message, and that key may be a secret one.
_LOOKS_LIKE_A_KEY = re.compile(r"[A-Za-z0-9+/]{20,}=?")
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class ToolError(Exception):
    """A tool is missing, failed or did not end in time. The message is one line and holds no key."""


def run_tool(arguments: Sequence[str], stdin: str = "", timeout_s: float = TOOL_TIMEOUT_S) -> str:
    """Run a tool and return its standard output; raises ToolError unless it ends with 0."""
    try:
        done = subprocess.run(
            list(arguments),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            env=tool_environment(),
        )
    except FileNotFoundError:
        raise ToolError(f"{arguments[0]}: not installed") from None
    except subprocess.TimeoutExpired:
        raise ToolError(f"{' '.join(arguments[:3])}: no answer in {timeout_s:g} s") from None
    if done.returncode != 0:
        complaint = _LOOKS_LIKE_A_KEY.sub("[key]", " ".join(done.stderr.split()))[:300]
        raise ToolError(f"{' '.join(arguments[:3])}: {complaint or f'exit status {done.returncode}'}")
    return done.stdout


def tool_environment() -> dict[str, str]:
    """Return the environment for tools: no enrolment token, messages in English."""
    return {"PATH": os.environ.get("PATH", _PATH), "LC_ALL": "C"}
