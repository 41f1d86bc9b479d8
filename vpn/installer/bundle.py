"""The agent as one file: a zipapp of `vpn.agent` and of what it needs of `vpn.wireguard`, for a machine that has only Python.

Its bytes depend on nothing but the sources, so every process and every machine of ours makes the same file, and its SHA-256 can stand in a
script that another one served.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
SHEBANG = b"#!/usr/bin/env python3\n"
# The earliest moment that a zip can hold.
MOMENT = (1980, 1, 1, 0, 0, 0)
_NEEDED = re.compile(r"^from vpn\.wireguard\.(\w+) import", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class AgentFile:
    content: bytes
    sha256: str


@lru_cache(maxsize=1)
def agent_file() -> AgentFile:
    """Made once a process; about 200 kB."""
    packed = io.BytesIO()
    packed.write(SHEBANG)
    # Stored, not compressed: other versions of zlib would give other bytes.
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, source in sorted(_members().items()):
            info = zipfile.ZipInfo(name, MOMENT)
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, source.read_bytes())
    content = packed.getvalue()
    return AgentFile(content, hashlib.sha256(content).hexdigest())


def _members() -> dict[str, Path]:
    """Names in the archive, and the files that they are."""
    files = (path for path in (PACKAGE / "agent").rglob("*") if path.is_file() and path.suffix != ".pyc")
    # No node simulates others.
    agent = [path for path in files if PACKAGE / "agent/simulate" not in path.parents]
    sources = [PACKAGE / "__init__.py", PACKAGE / "wireguard/__init__.py", *agent, *_wireguard_modules(agent)]
    members = {path.relative_to(PACKAGE.parent).as_posix(): path for path in sources}
    members["__main__.py"] = PACKAGE / "agent/__main__.py"
    return members


def _wireguard_modules(agent: list[Path]) -> set[Path]:
    """Those that the agent imports, and those that these do."""
    found: set[Path] = set()
    unread = [path for path in agent if path.suffix == ".py"]
    while unread:
        for name in _NEEDED.findall(unread.pop().read_text(encoding="utf-8")):
            module = PACKAGE / "wireguard" / f"{name}.py"
            if module not in found:
                found.add(module)
                unread.append(module)
    return found
