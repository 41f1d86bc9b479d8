"""The agent as one file: the same bytes everywhere, and nothing needed but Python."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from vpn.installer.bundle import agent_file


@pytest.fixture
def pyz(tmp_path: Path) -> Path:
    path = tmp_path / "agent.pyz"
    path.write_bytes(agent_file().content)
    return path


def run(pyz: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Without anything that is installed: isolated, and without site-packages."""
    command = [sys.executable, "-I", "-S", str(pyz), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=30, check=False)


def test_it_is_the_same_file_whenever_and_wherever_it_is_made() -> None:
    first = agent_file()
    agent_file.cache_clear()
    assert agent_file() == first
    code = "from vpn.installer.bundle import agent_file; print(agent_file().sha256)"
    environment = {"TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    root = Path(__file__).resolve().parents[3]
    elsewhere = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, env=environment, check=True
    )
    assert elsewhere.stdout.strip() == first.sha256


def test_it_holds_the_agent_and_what_that_needs_and_no_more() -> None:
    names = set(zipfile.ZipFile(io.BytesIO(agent_file().content)).namelist())
    assert {"__main__.py", "vpn/agent/main.py", "vpn/agent/speed_test/index.html"} <= names
    assert {"vpn/wireguard/public_keys.py", "vpn/wireguard/state_hash.py"} <= names
    others = {name for name in names if not name.startswith(("vpn/agent/", "vpn/wireguard/"))}
    assert others == {"__main__.py", "vpn/__init__.py"}
    assert not any("__pycache__" in name or name.endswith(".pyc") for name in names)
    # What only the control plane uses of it stays here.
    assert "vpn/wireguard/config.py" not in names


def test_it_runs_with_nothing_but_python(pyz: Path, tmp_path: Path) -> None:
    assert run(pyz, "--help").stdout.startswith("usage:")
    state = str(tmp_path / "state")
    for command in ("run", "status", "teardown"):
        done = run(pyz, command, "--state-dir", state)
        assert "Traceback" not in done.stderr
        assert "Error" not in done.stderr


def test_every_module_of_it_can_be_imported(pyz: Path) -> None:
    modules = [
        name.removesuffix(".py").replace("/", ".")
        for name in zipfile.ZipFile(pyz).namelist()
        if name.endswith(".py") and not name.endswith("__main__.py")
    ]
    code = f"import sys, importlib; sys.path.insert(0, {str(pyz)!r})\nfor name in {modules!r}: importlib.import_module(name)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, cwd="/", check=False
    )
    assert done.returncode == 0, done.stderr
