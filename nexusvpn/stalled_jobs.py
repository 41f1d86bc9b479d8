"""Jobs whose worker is gone: killed, or its machine lost. Nobody else would finish them, and what they lock would stay locked."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, connection, transaction
from procrastinate import sql
from procrastinate.jobs import Status

from nexusvpn.logs import logger
from nexusvpn.one_by_one import one_by_one

# A worker says every ten seconds that it lives; after so long procrastinate itself takes it for gone.
SILENT_S = 30
# A job that has been begun so often, and took its worker with it, is left for somebody to look at.
BEGUN_AT_MOST = 10
# Of two who look at once, the second finds it retried: by then another worker may have begun it.
_AS_FOUND = "SELECT FROM procrastinate_jobs WHERE id = %s AND status = 'doing' AND attempts = %s FOR NO KEY UPDATE"
log = logger(__name__)


def retry_stalled_jobs() -> int:
    """Let them be done by another worker; returns how many. A job may run twice, so one that was nearly over does no harm."""
    asked = {"queue": None, "task_name": None, "seconds_since_heartbeat": SILENT_S}
    with connection.cursor() as cursor:
        cursor.execute(sql.queries["select_stalled_jobs_by_heartbeat"], asked)
        names = [column.name for column in cursor.description or ()]
        stalled = {row[0]: dict(zip(names, row, strict=True)) for row in cursor.fetchall()}
    return sum(one_by_one(lambda id: _retry_if_as_found(stalled[id]), stalled))


def _retry_if_as_found(job: dict[str, Any]) -> bool:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_AS_FOUND, [job["id"], job["attempts"]])
            is_as_found = cursor.rowcount == 1
        return is_as_found and _retry(job)


def _retry(job: dict[str, Any]) -> bool:
    told = {"job": job["task_name"], "id": job["id"], "attempts": job["attempts"]}
    if job["attempts"] >= BEGUN_AT_MOST:
        _finish(job, Status.FAILED)
        log.error("job_given_up", **told)
        return False
    # At once, and otherwise as it was.
    how = dict.fromkeys(("retry_at", "new_priority", "new_queue_name", "new_lock"))
    try:
        # In a savepoint: the refusal is a violated constraint.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.queries["retry_job"], {"job_id": job["id"], **how})
    except IntegrityError:
        # One of its kind waits already.
        _finish(job, Status.ABORTED)
        return False
    log.warning("job_retried", **told)
    return True


def _finish(job: dict[str, Any], status: Status) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.queries["finish_job"], {"job_id": job["id"], "status": status.value, "delete_job": False})
