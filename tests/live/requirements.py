"""What a test of the real thing needs of the machine. Without it the test is skipped, saying why; with CI=true it fails."""

from __future__ import annotations

import os
import shutil

import pytest


def missing_for_tunnels() -> str | None:
    """Why real tunnels cannot be tested here, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not os.path.exists("/dev/net/tun"):
        return "there is no /dev/net/tun"
    missing = [tool for tool in ("ip", "wg", "wg-quick", "nft", "wireguard-go", "ping") if shutil.which(tool) is None]
    return f"not installed: {', '.join(missing)}" if missing else None


def missing_for_redis() -> str | None:
    return None if shutil.which("redis-server") else "not installed: redis-server"


def missing_for_browser() -> str | None:
    return None if shutil.which("chromium") else "not installed: chromium"


def need_program(name: str) -> None:
    need(None if shutil.which(name) else f"not installed: {name}")


def need(reason: str | None) -> None:
    """Skip the test for this reason; in CI fail it."""
    if reason is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"This must run in CI, but {reason}.")
    pytest.skip(reason)
