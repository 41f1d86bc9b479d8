"""The outbox: what is written in a transaction goes out after it, at least once whatever is killed, and once if nothing is."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from typing import NoReturn

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from accounts.models import Mail, User
from accounts.services import outbox
from accounts.services.outbox import MAX_ATTEMPTS, deliver, message_id, queue_due_mails, queue_mail, send_again
from nexusvpn.errors import Conflict
from tests.concurrency.crowd import crowd
from tests.smtp import SmtpSink, smtp_sink

pytestmark = pytest.mark.django_db(transaction=True)
KILLS = 100


@pytest.fixture
def sink(settings: Settings) -> Iterator[SmtpSink]:
    """A real mail server that Django's real backend sends to."""
    with smtp_sink() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_TIMEOUT = 10
        yield server


def write(to: str = "alice@example.com", user: User | None = None) -> Mail:
    return queue_mail("welcome", to, {"name": "Alice"}, user=user)


def make_due() -> None:
    """As if the time until the next attempt had passed."""
    Mail.objects.filter(state="queued").update(due_at=timezone.now())


class TestTheNormalWay:
    def test_a_mail_goes_out_once_with_text_and_html_and_its_text_is_forgotten(self, sink: SmtpSink) -> None:
        mail = write()
        assert deliver(mail.pk)
        assert not deliver(mail.pk)
        (sent,) = sink.received
        assert sent["Message-ID"] == message_id(mail)
        assert sent["Subject"] == "Your NexusVPN account is ready"
        assert [part.get_content_type() for part in sent.walk()][1:] == ["text/plain", "text/html"]
        mail.refresh_from_db()
        assert (mail.state, mail.attempts, bytes(mail.content)) == ("sent", 1, b"")

    def test_a_mail_takes_its_own_headers_with_it(self, sink: SmtpSink) -> None:
        mail = queue_mail("welcome", "a@example.com", {}, headers={"Reply-To": "b@example.com", "Message-ID": "<x@y>"})
        assert deliver(mail.pk)
        (sent,) = sink.received
        assert sent["Reply-To"] == "b@example.com"
        # What tells a repeat from something new stays ours.
        assert sent.get_all("Message-ID") == [message_id(mail)]

    @pytest.mark.parametrize(
        "headers",
        [{"X-A": "b\nBcc: c@example.com"}, {"X-A": "b\r"}, {"X-A\nBcc": "b"}, {"X-A": ""}, {"X A": "b"}, {"X-A": "ü"}],
    )
    def test_no_header_brings_another_one_along(self, headers: dict[str, str]) -> None:
        with pytest.raises(ValueError, match="is no header of one line"):
            queue_mail("welcome", "a@example.com", {}, headers=headers)
        assert not Mail.objects.exists()

    def test_what_is_rolled_back_was_never_written(self, sink: SmtpSink) -> None:
        with transaction.atomic():
            write()
            transaction.set_rollback(True)
        assert not Mail.objects.exists()
        assert not ProcrastinateJob.objects.exists()

    def test_the_job_is_a_row_of_the_same_transaction(self) -> None:
        mail = write()
        job = ProcrastinateJob.objects.get()
        assert job.args["mail_id"] == str(mail.pk)
        assert "alice@example.com" not in str(job.args)

    def test_two_workers_at_once_never_send_two(self, sink: SmtpSink) -> None:
        for number in range(20):
            mail = write(f"person{number}@example.com")
            outcomes = crowd(4, lambda n, pk=mail.pk: deliver(pk))  # type: ignore[misc]
            assert outcomes == {"ok": 4}
        assert len(sink.received) == len(set(sink.message_ids())) == 20

    def test_without_the_claim_they_would(self, sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> None:
        """The negative control: the test above can fail."""
        monkeypatch.setattr(outbox, "_claim", lambda pk: Mail.objects.filter(pk=pk, state="queued").first())
        for number in range(5):
            mail = write(f"person{number}@example.com")
            crowd(4, lambda n, pk=mail.pk: deliver(pk))  # type: ignore[misc]
        assert len(sink.received) > 5

    def test_a_mail_that_went_with_its_account_is_not_sent(self, sink: SmtpSink, alice: User) -> None:
        mail = write(user=alice)
        Mail.objects.all().delete()
        assert not deliver(mail.pk)
        assert sink.received == []


def deliver_in_a_process_that_is_killed(mail: Mail, sink: SmtpSink) -> int:
    """Deliver in a process of its own, which gets a real SIGKILL once the server has taken the mail; returns how it ended.

    The client says QUIT when it has the server's 250, and marks the row after that: what is killed there has sent and not marked.
    """
    child = os.fork()
    if child == 0:
        _deliver_and_end(mail)
    sink.at_quit = lambda: os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _deliver_and_end(mail: Mail) -> NoReturn:
    """Never returns, and runs nothing of the test's own: the child is a copy of the test's process."""
    try:
        # The parent's connection, which both would otherwise talk on; forgotten here, not closed.
        connection.connection = None
        deliver(mail.pk)
    finally:
        os._exit(0)


class TestAKilledWorker:
    def test_after_100_kills_between_sending_and_marking_every_mail_is_out_under_one_message_id(
        self, sink: SmtpSink
    ) -> None:
        mails = [write(f"person{number}@example.com") for number in range(KILLS)]
        ends = Counter(deliver_in_a_process_that_is_killed(mail, sink) for mail in mails)
        assert ends == {-signal.SIGKILL: KILLS}
        assert len(sink.received) == KILLS
        assert Mail.objects.filter(state="queued", attempts=1).count() == KILLS
        # Before their time nobody sends them again: the worker might live and just be slow.
        assert queue_due_mails() == 0
        assert not any(deliver(mail.pk) for mail in mails)
        sink.at_quit = lambda: None
        make_due()
        assert queue_due_mails() == KILLS
        assert all(deliver(mail.pk) for mail in mails)
        assert Mail.objects.filter(state="sent").count() == KILLS
        assert Counter(sink.message_ids()) == {message_id(mail): 2 for mail in mails}

    def test_a_mail_that_is_killed_again_and_again_keeps_its_message_id(self, sink: SmtpSink) -> None:
        mail = write()
        for _ in range(5):
            assert deliver_in_a_process_that_is_killed(mail, sink) == -signal.SIGKILL
            make_due()
        sink.at_quit = lambda: None
        assert deliver(mail.pk)
        assert Counter(sink.message_ids()) == {message_id(mail): 6}


class TestWhatGoesWrong:
    def test_the_look_of_every_minute_finds_mails_whose_job_was_lost(self, sink: SmtpSink) -> None:
        mail = write()
        ProcrastinateJob.objects.all()._raw_delete(using="default")
        assert queue_due_mails() == 1
        job = ProcrastinateJob.objects.get()
        assert job.args["mail_id"] == str(mail.pk)
        # One job waits at a time, however often one looks.
        queue_due_mails()
        assert ProcrastinateJob.objects.count() == 1

    def test_a_server_that_refuses_is_tried_again_ever_later(self, sink: SmtpSink) -> None:
        sink.refuses = True
        mail = write()
        waits = []
        with time_machine.travel(timezone.now(), tick=False) as clock:
            for _ in range(8):
                with pytest.raises(OSError, match="not now"):
                    deliver(mail.pk)
                mail.refresh_from_db()
                waits.append((mail.due_at - timezone.now()).total_seconds() / 60)
                assert not deliver(mail.pk)
                clock.move_to(mail.due_at)
        assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
        assert mail.last_error == "SMTPRecipientsRefused"
        sink.refuses = False
        make_due()
        assert deliver(mail.pk)

    def test_it_is_given_up_after_so_many_attempts_and_staff_send_it_again(
        self, sink: SmtpSink, sam: User, alice: User
    ) -> None:
        sink.refuses = True
        mail = write()
        for _ in range(MAX_ATTEMPTS):
            make_due()
            with pytest.raises(OSError, match="not now"):
                deliver(mail.pk)
        mail.refresh_from_db()
        assert (mail.state, mail.attempts) == ("failed", MAX_ATTEMPTS)
        make_due()
        assert queue_due_mails() == 0
        assert not deliver(mail.pk)
        sink.refuses = False
        staff = Client()
        staff.force_login(sam)
        answer = staff.post(f"/admin/accounts/mail/{mail.pk}/do/send-again/", follow=True)
        assert "The mail is on its way." in answer.text
        assert deliver(mail.pk)
        assert sink.message_ids() == [message_id(mail)]

    def test_only_what_was_given_up_is_sent_again(self, sink: SmtpSink) -> None:
        mail = write()
        deliver(mail.pk)
        with pytest.raises(Conflict):
            send_again(mail)
        assert len(sink.received) == 1

    def test_a_mail_server_that_is_away_costs_an_attempt_and_no_mail(self, settings: Settings) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        mail = write()
        with pytest.raises(ConnectionRefusedError):
            deliver(mail.pk)
        mail.refresh_from_db()
        assert (mail.state, mail.last_error) == ("queued", "ConnectionRefusedError")
        assert bytes(mail.content) != b""


def test_a_message_id_names_the_site(settings: Settings) -> None:
    settings.SITE_URL = "https://vpn.example:8443"
    mail = Mail(to="a@example.com", kind="welcome", subject="x")
    assert message_id(mail) == f"<{mail.pk}@vpn.example>"
