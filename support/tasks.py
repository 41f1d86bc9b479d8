"""Periodic work on support."""

from __future__ import annotations

from procrastinate.contrib.django import app

from nexusvpn.jobs import traced
from support.services.announcement_mails import mail_announcements
from support.services.announcements import forget_old_announcements
from support.services.closing import close_silent_tickets
from support.services.idempotency import forget_old_keys
from support.services.inbound import forget_old_mails
from support.services.kept_files import remove_old_files


@app.periodic(cron="27 * * * *")
@app.task(queue="periodic", queueing_lock="forget-idempotency-keys")
@traced
def forget_idempotency_keys(timestamp: int) -> None:
    forget_old_keys()


@app.periodic(cron="*/10 * * * *")
@app.task(queue="periodic", queueing_lock="close-silent-tickets")
@traced
def close_silent(timestamp: int) -> None:
    close_silent_tickets()


@app.periodic(cron="41 3 * * *")
@app.task(queue="periodic", queueing_lock="remove-old-files")
@traced
def remove_files(timestamp: int) -> None:
    remove_old_files()


@app.periodic(cron="* * * * *")
@app.task(queue="periodic", queueing_lock="mail-announcements")
@traced
def mail_what_is_announced(timestamp: int) -> None:
    mail_announcements()


@app.periodic(cron="43 3 * * *")
@app.task(queue="periodic", queueing_lock="forget-mails-and-announcements")
@traced
def forget_mails_and_announcements(timestamp: int) -> None:
    forget_old_mails()
    forget_old_announcements()
