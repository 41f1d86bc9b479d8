"""What a test needs from the machine. Without it a test is skipped with the reason, but fails in CI."""

import os
import shutil
import subprocess
from functools import cache

import pytest

_TOOLS = ("ip", "wg", "nft", "wireguard-go")


def require_root_networking() -> None:
    """Skip (fail when CI=true) unless network namespaces, TUN devices and the tools are there."""
    _need(_missing())


def require_tool(name: str) -> None:
    """Skip (fail when CI=true) unless the program is installed."""
    _need("" if shutil.which(name) else f"needs {name}")


def _need(reason: str) -> None:
    if not reason:
        return
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"CI must be able to run this test: {reason}")
    pytest.skip(reason)


@cache
def _missing() -> str:
    if os.geteuid() != 0:
        return "needs root"
    for tool in _TOOLS:
        if shutil.which(tool) is None:
            return f"needs {tool}"
    if not os.path.exists("/dev/net/tun"):
        return "needs /dev/net/tun"
    probe = f"nxprobe{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False).returncode != 0:
        return "needs network namespaces"
    subprocess.run(["ip", "netns", "delete", probe], check=False)
    return ""
