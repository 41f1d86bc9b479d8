"""Asking for the jobs of `accounts.tasks`, by their names: the tasks import the services, so the services cannot import the tasks.

Called inside a transaction, the job exists exactly if that commits.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from nexusvpn.context import current_request_id


def deliver_soon(mail_id: UUID) -> None:
    """Send a mail of the outbox. May be asked for again and again: one job waits at a time."""
    _defer_once("deliver_mail", "mail", mail_id=str(mail_id))


def make_export_soon(export_id: UUID) -> None:
    """Make an export that was asked for. May be asked for again and again, as above."""
    _defer_once("make_export_of", "periodic", export_id=str(export_id))


def answer_sign_up(user_id: UUID) -> None:
    """Write to the owner of an address that somebody signed up with, now or before."""
    _defer_once("answer_sign_up", "mail", user_id=str(user_id))


def answer_verification_request(user_id: UUID) -> None:
    """`user_id` may be nobody's: asking is the same work whether an account exists."""
    _defer_once("send_verification_mail", "mail", user_id=str(user_id))


def answer_forgotten_password(user_id: UUID) -> None:
    """As above, `user_id` may be nobody's."""
    _defer_once("send_reset_mail", "mail", user_id=str(user_id))


def _defer_once(task: str, queue: str, **arguments: str) -> None:
    lock = " ".join((task, *arguments.values()))
    try:
        # In a savepoint: the refusal is a violated constraint, which would otherwise spoil the caller's transaction.
        with transaction.atomic():
            app.configure_task(f"accounts.tasks.{task}", queue=queue, queueing_lock=lock).defer(
                request_id=current_request_id(), **arguments
            )
    except AlreadyEnqueued:
        return
