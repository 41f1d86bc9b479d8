"""What every job has: the request id that started it, one log line when it ends, and an end to its being remembered."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

from django.db import close_old_connections, connection
from procrastinate import sql
from procrastinate.jobs import Status

from nexusvpn.context import accept_request_id, set_client_address, set_request_id
from nexusvpn.logs import logger

# A job's row holds its arguments, an address and the text of a mail among them. What failed is kept for who has to find out why.
KEPT_HOURS = {
    24: [Status.SUCCEEDED, Status.CANCELLED, Status.ABORTED],
    30 * 24: [Status.FAILED],
}
log = logger("nexusvpn.job")


def traced(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a job's function: log its name, time, queries and outcome, under the request id that it was deferred with.

    Whoever defers the job passes `request_id=current_request_id()`; without one (a periodic job) the job gets its own.
    """

    @functools.wraps(function)
    def run(*args: Any, request_id: str = "", **kwargs: Any) -> Any:
        set_request_id(accept_request_id(request_id))
        set_client_address(None)
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
        except Exception as error:
            log.error("job_failed", job=function.__name__, error=type(error).__name__)
            raise
        finally:
            took = round((time.perf_counter() - started) * 1000, 2)
            log.info("job", job=function.__name__, outcome=outcome, ms=took, queries=queries)
            set_request_id("")
            # Jobs run in threads that nobody else cleans up after.
            close_old_connections()

    return run


def forget_ended_jobs() -> int:
    """Delete the rows of jobs that ended long enough ago; returns how many."""
    forgotten = 0
    with connection.cursor() as cursor:
        for hours, statuses in KEPT_HOURS.items():
            values: dict[str, Any] = {
                "nb_hours": hours,
                "statuses": [status.value for status in statuses],
                "queue": None,
            }
            cursor.execute(sql.queries["delete_old_jobs"], values)
            forgotten += cursor.rowcount
    return forgotten
