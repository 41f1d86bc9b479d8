"""What every benchmark gets: a database of its own, Redis where there is one, and how long it may take."""

from __future__ import annotations

import base64
import logging
import os
import secrets
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

import psycopg

from nexusvpn.local import redis
from nexusvpn.local.postgres import ensure_running

ROUNDS = 5
# Rows that migrations put there and every benchmark needs.
KEPT_TABLES = {"django_migrations", "django_content_type", "auth_permission", "billing_plan", "billing_planprice"}


@dataclass(frozen=True)
class Bench:
    quick: bool
    database_url: str
    redis_url: str
    folder: Path

    def seconds(self, full: float) -> float:
        """How long a batch lasts: `full`, or a fifth of it with --quick."""
        return full / 5 if self.quick else full

    def size(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    def environment(self, **extra: str) -> dict[str, str]:
        """The environment of the processes to measure."""
        return {**os.environ, **extra}

    @property
    def limits_in(self) -> str:
        return "Redis" if self.redis_url else "PostgreSQL (there is no redis-server)"

    def empty_tables(self) -> None:
        """Away with what the former benchmark left."""
        with psycopg.connect(self.database_url, autocommit=True) as link:
            names = link.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            tables = ", ".join(f'"{name}"' for (name,) in names if name not in KEPT_TABLES)
            link.execute(f"TRUNCATE {tables} RESTART IDENTITY")

    def checkpoint(self) -> None:
        """Write back what preparing has dirtied, so that it does not fall into the measurement, and know the sizes."""
        with psycopg.connect(self.database_url, autocommit=True) as link:
            link.execute("VACUUM (ANALYZE)")
            link.execute("CHECKPOINT")

    def postgresql_version(self) -> str:
        with psycopg.connect(self.database_url) as link:
            row = link.execute("SHOW server_version").fetchone()
            return str(row[0]) if row else ""

    def postgresql_pid(self) -> int:
        """The server's first process, whose children serve the connections."""
        with psycopg.connect(self.database_url) as link:
            stat = Path(f"/proc/{link.info.backend_pid}/stat").read_text()
            return int(stat.rpartition(")")[2].split()[1])


@contextmanager
def prepared(*, quick: bool) -> Iterator[Bench]:
    """A durable PostgreSQL, an empty migrated database that is dropped at the end, Redis, and Django set up on them."""
    base = ensure_running("bench")
    name = f"bench_{os.getpid()}"
    url = urlunsplit(urlsplit(base)._replace(path=f"/{name}"))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="nexusvpn-bench-")))
        redis_url = "" if redis.why_not() else stack.enter_context(redis.start())
        with psycopg.connect(base, autocommit=True) as link:
            link.execute(f'CREATE DATABASE "{name}"')
        stack.callback(_drop, base, name)
        _set_up_django(url, redis_url)
        yield Bench(quick, url, redis_url, folder)


def _drop(base: str, name: str) -> None:
    with psycopg.connect(base, autocommit=True) as link:
        link.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _set_up_django(database_url: str, redis_url: str) -> None:
    os.environ.update(
        DJANGO_SETTINGS_MODULE="bench.settings",
        DATABASE_URL=database_url,
        REDIS_URL=redis_url,
        # As in production: with DEBUG on Django keeps every query of a request.
        DEBUG="false",
        SECRET_KEY=secrets.token_urlsafe(64),
        ENCRYPTION_KEYS=base64.b64encode(secrets.token_bytes(32)).decode(),
        SITE_URL="https://127.0.0.1",
        SECURE_SSL_REDIRECT="false",
        LOG_LEVEL="INFO",
        EMAIL_URL="console:",
        ALLOWED_HOSTS="127.0.0.1",
    )
    for name in ("DATABASE_POOL_SIZE", "DATABASE_STATEMENT_TIMEOUT_MS", "SENTRY_DSN"):
        os.environ.pop(name, None)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    # Of this process only; the servers that are measured write their log.
    logging.getLogger().setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", "No directory at", UserWarning)
