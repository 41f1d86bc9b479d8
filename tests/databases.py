"""Databases for tests: copies of one that was migrated once, for migrating takes longer than most test files."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg

ROOT = Path(__file__).resolve().parents[1]


def sibling_database(url: str, name: str) -> str:
    """The same server's database of another name."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def migrated_template(url: str) -> str:
    """The name of a database on the server of `url` that nobody connects to; made by the first who asks with these migrations."""
    sources = [*sorted(ROOT.glob("*/migrations/*.py")), ROOT / "requirements.txt"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources))
    template = f"test_template_{digest.hexdigest()[:12]}"
    with psycopg.connect(url, autocommit=True) as link:
        # One maker at a time, whatever process it is in.
        link.execute("SELECT pg_advisory_lock(hashtext('test template'))")
        if not link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone():
            unfinished = f"test_template_{uuid4().hex}"
            link.execute(f'CREATE DATABASE "{unfinished}"')
            _migrate(sibling_database(url, unfinished))
            link.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{template}"')
    return template


def _migrate(url: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        check=True,
    )
