"""Tools that only these tests need, from npm by a lock file of their own: nobody who runs the product installs them."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from nexusvpn.local.assets import npm_environment
from nexusvpn.local.places import CHECKOUT
from nexusvpn.local.shared_use import exclusive
from tests.browser.chromium import chromium

TOOLS = Path(__file__).parent / "tools"
# On a busy machine Lighthouse may find its own recording without a beginning, and asks to be run again.
STARTS = 3


def installed() -> Path:
    """The folder of the installed modules; installs them if the lock file has changed since."""
    lock_file, modules = TOOLS / "package-lock.json", TOOLS / "node_modules"
    stamp = modules / ".installed"
    (CHECKOUT / ".data").mkdir(exist_ok=True)
    with exclusive(CHECKOUT / ".data" / "browser-tools.lock"):
        if not stamp.is_file() or stamp.read_text() != lock_file.read_text():
            env = npm_environment()
            npm = shutil.which("npm", path=env["PATH"])
            assert npm, "npm is needed"
            subprocess.run([npm, "ci"], cwd=TOOLS, env=env, check=True, capture_output=True)
            stamp.write_text(lock_file.read_text())
    return modules


@cache
def axe_source() -> str:
    return (installed() / "axe-core" / "axe.min.js").read_text()


def lighthouse(url: str, *, cookie: str = "", folder: Path) -> dict[str, Any]:
    """Its report on a page as a phone of the mobile preset sees it; `cookie` is the header of whoever is signed in."""
    env, report = npm_environment(), folder / "lighthouse.json"
    node = shutil.which("node", path=env["PATH"])
    assert node
    command = [node, str(installed() / "lighthouse" / "cli" / "index.js"), url, "--quiet", "--output=json"]
    command += [f"--output-path={report}", "--only-categories=performance,accessibility,best-practices"]
    command += ["--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-background-networking"]
    if cookie:
        command.append(f"--extra-headers={json.dumps({'Cookie': cookie})}")
    with chromium() as program:
        environment = {**env, "CHROME_PATH": program, "HOME": str(folder)}
        for _ in range(STARTS):
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=False)
            if "Please run Lighthouse again" not in done.stderr:
                break
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(report.read_text())
    return found
