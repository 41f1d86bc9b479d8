"""Asking for the jobs of `vpn.tasks`, by their names: the tasks import the services, so the services cannot import the tasks.

Called inside a transaction, the job exists exactly if that commits.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from nexusvpn.context import current_request_id


def _defer(task: str, at: datetime | None, **arguments: str) -> None:
    app.configure_task(f"vpn.tasks.{task}", queue="fleet", schedule_at=at).defer(
        request_id=current_request_id(), **arguments
    )


def _defer_once(task: str, lock: str, **arguments: str) -> None:
    """The same, unless one that has not begun yet waits already: it will see what is true by then."""
    try:
        # In a savepoint: the refusal is a violated constraint, which would otherwise spoil the caller's transaction.
        with transaction.atomic():
            app.configure_task(f"vpn.tasks.{task}", queue="fleet", queueing_lock=f"{task} {lock}").defer(
                request_id=current_request_id(), **arguments
            )
    except AlreadyEnqueued:
        return


def settle_soon(user_id: UUID) -> None:
    """Bring a person's tunnels to what they may have. May be asked for again and again, as reports do."""
    _defer_once("settle", str(user_id), user_id=str(user_id))


def end_handovers_soon(device_id: UUID) -> None:
    """Let go of a device's former keys. May be asked for again and again, as reports do."""
    _defer_once("end_handovers_of", str(device_id), device_id=str(device_id))


def settle_later(user_id: UUID, at: datetime | None = None) -> None:
    """Bring a person's tunnels to what they may have: soon, or at a time."""
    _defer("settle", at, user_id=str(user_id))


def end_handovers_later(device_id: UUID, at: datetime | None = None) -> None:
    """Let go of the former keys of a device whose key was changed: soon, or at a time."""
    _defer("end_handovers_of", at, device_id=str(device_id))


def tell_alert_over_later(alert_id: int, closed_at: datetime, at: datetime) -> None:
    """Tell staff that an alert is over, if it has not come back until then."""
    _defer("tell_alert_over", at, alert_id=str(alert_id), closed_at=closed_at.isoformat())


def move_server_later(server_id: UUID) -> None:
    """Place the devices of a server that is being emptied on other servers of its location, and tell their customers."""
    _defer("move_from", None, server_id=str(server_id))
