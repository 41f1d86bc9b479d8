"""What every job has: the request id that started it, and one log line when it ends."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

from django.db import connection

from nexusvpn.context import set_request_id
from nexusvpn.logs import logger

log = logger("nexusvpn.job")


def traced(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a job's function: log its name, time, queries and outcome."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        outcome = "failed"
        queries = 0

        def count(execute: Any, *rest: Any) -> Any:
            nonlocal queries
            queries += 1
            return execute(*rest)

        try:
            with connection.execute_wrapper(count):
                result = function(*args, **kwargs)
            outcome = "done"
            return result
        finally:
            took = round((time.perf_counter() - started) * 1000, 2)
            log.info("job", job=function.__name__, outcome=outcome, ms=took, queries=queries)
            set_request_id("")

    return run
