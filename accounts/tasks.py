"""Jobs of the accounts: mails, what strangers asked to be mailed, periodic work."""

from __future__ import annotations

from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from accounts.services import retention
from accounts.services.erasure import erase_due_accounts
from accounts.services.exports import make_export, make_lost_exports
from accounts.services.growth import count_finished_days
from accounts.services.outbox import deliver, queue_due_mails
from accounts.services.recovery import send_reset
from accounts.services.registration import finish_sign_up
from accounts.services.verification import send_verification
from accounts.session_store import SessionStore
from nexusvpn.jobs import traced

RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)


@app.periodic(cron="17 * * * *")
@app.task(queue="periodic", queueing_lock="forget-ended-sessions")
@traced
def forget_ended_sessions(timestamp: int) -> None:
    SessionStore.clear_expired()


@app.periodic(cron="47 3 * * *")
@app.task(queue="periodic", queueing_lock="forget-what-had-its-time")
@traced
def forget_what_had_its_time(timestamp: int) -> None:
    retention.forget_what_had_its_time()


@app.task(queue="mail")
@traced
def deliver_mail(mail_id: str) -> None:
    deliver(UUID(mail_id))


@app.task(queue="mail", retry=RETRY)
@traced
def answer_sign_up(user_id: str) -> None:
    finish_sign_up(UUID(user_id))


@app.task(queue="mail", retry=RETRY)
@traced
def send_verification_mail(user_id: str) -> None:
    send_verification(UUID(user_id))


@app.task(queue="mail", retry=RETRY)
@traced
def send_reset_mail(user_id: str) -> None:
    send_reset(UUID(user_id))


@app.periodic(cron="* * * * *")
@app.task(queue="periodic", queueing_lock="queue-due-mails")
@traced
def look_for_due_mails(timestamp: int) -> None:
    queue_due_mails()


@app.task(queue="periodic")
@traced
def make_export_of(export_id: str) -> None:
    make_export(UUID(export_id))


@app.periodic(cron="*/10 * * * *")
@app.task(queue="periodic", queueing_lock="make-lost-exports")
@traced
def look_for_lost_exports(timestamp: int) -> None:
    make_lost_exports()


@app.periodic(cron="*/10 * * * *")
@app.task(queue="periodic", queueing_lock="erase-due-accounts")
@traced
def erase_accounts(timestamp: int) -> None:
    erase_due_accounts()


@app.periodic(cron="5 * * * *")
@app.task(queue="periodic", queueing_lock="count-people")
@traced
def count_people(timestamp: int) -> None:
    count_finished_days()
