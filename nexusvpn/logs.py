"""One JSON object a line on standard output: every request, every job, every warning. No bodies, no secrets."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import orjson
import structlog

from nexusvpn.context import current_request_id


def _add_request_id(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    request_id = current_request_id()
    if request_id:
        event.setdefault("request_id", request_id)
    return event


def _dumps(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()


_SHARED: list[Any] = [
    _add_request_id,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def configure(options: dict[str, Any]) -> None:
    """Called by Django in place of `logging.config.dictConfig` with the LOGGING setting."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_dumps),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(options.get("level", "INFO"))
    # Their lines repeat what our request line says; of django.request only the exceptions are news.
    for name in ("django.server", "gunicorn.access", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.getLogger("django.request").setLevel(logging.ERROR)
    # A failed job's line would hold its arguments, a mail's text among them; `nexusvpn.jobs` says what failed and why.
    logging.getLogger("procrastinate.worker").setLevel(logging.CRITICAL)
    for name in ("procrastinate", "health_check", "psycopg.pool", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)


# What a mailed link ends with is longer than any name or id of ours.
_SECRET = re.compile(r"[A-Za-z0-9_-]{40,}")


def without_secrets(path: str) -> str:
    """A path as it may be written down: the secret of a mailed link left out, whether or not the link leads anywhere."""
    return _SECRET.sub("…", path)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    bound: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return bound
