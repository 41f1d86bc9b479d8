"""`manage.py receive_mail` as a mail server starts it: a process, a mail on its standard input, an exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from email.utils import parseaddr
from io import BytesIO, TextIOWrapper
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from accounts.models import User
from accounts.services.outbox import deliver
from support.management.commands import receive_mail
from support.models import InboundMail, Ticket
from support.services.tickets import reply_to_ticket
from support.tokens import reply_address
from tests.factories.support import make_ticket
from tests.mails import waiting_mails
from tests.smtp import smtp_sink
from tests.support.incoming import ADDRESS, plain_mail, sample

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _taking_mail(settings: Settings) -> None:
    settings.SUPPORT_MAIL_ADDRESS = ADDRESS


@pytest.fixture
def ticket(alice: User) -> Ticket:
    return make_ticket(alice, status="answered")


def pipe(raw: bytes, **settings: str) -> subprocess.CompletedProcess[bytes]:
    """Hand a mail over to the command on the tests' database."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    named = {"DATABASE_URL": url, "SUPPORT_MAIL_ADDRESS": ADDRESS, "DEBUG": "true", **settings}
    command = [sys.executable, "manage.py", "receive_mail"]
    return subprocess.run(
        command, input=raw, env={**os.environ, **named}, cwd=ROOT, capture_output=True, timeout=120, check=False
    )


def test_a_customers_answer_by_mail_to_a_mail_of_ours_lands_in_the_thread_once(
    ticket: Ticket, sam: User, settings: Settings
) -> None:
    """From the answer of staff over a real mail server to the customer, and back by a real pipe."""
    reply_to_ticket(ticket_id=ticket.pk, author=sam, message="Please make a new key.")
    with smtp_sink() as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        assert deliver(waiting_mails("ticket_answered")[0].row.pk)
    (sent,) = sink.received
    address = parseaddr(str(sent["Reply-To"]))[1]
    ours = sent.get_payload()[0].get_payload(decode=True).decode()  # type: ignore[index,union-attr]
    quoted = "\n".join(f"> {line}" for line in ours.splitlines())
    answer = plain_mail(
        address,
        f"That was it, thanks.\n\nOn Fri, Nov 27, 2026, NexusVPN wrote:\n\n{quoted}\n",
        References=f"{sent['References']} {sent['Message-ID']}",
        In_Reply_To=str(sent["Message-ID"]),
    )
    for _ in range(2):
        assert pipe(answer).returncode == 0
    bodies = list(ticket.messages.order_by("created_at").values_list("body", flat=True))
    assert bodies[1:] == ["Please make a new key.", "That was it, thanks."]
    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_what_is_ignored_or_refused_is_done_with_and_nothing_is_said(ticket: Ticket) -> None:
    for raw in (
        sample("vacation", reply_address(ticket.pk)),
        plain_mail(ADDRESS),
        plain_mail(reply_address(ticket.pk), sender="mallory@example.com"),
    ):
        done = pipe(raw)
        assert (done.returncode, done.stderr) == (0, b"")
        for secret in (b"alice", b"mallory", b"example.com", str(ticket.pk).encode(), b"It works"):
            assert secret not in done.stdout
    assert InboundMail.objects.count() == 3
    assert ticket.messages.count() == 1


def test_what_is_no_mail_or_too_large_is_bad_data(db: None) -> None:
    assert pipe(b"").returncode == 65
    assert pipe(plain_mail(ADDRESS, "x" * 30 * 1024 * 1024)).returncode == 65
    assert not InboundMail.objects.exists()


def test_a_sender_that_the_library_cannot_read_is_no_reason_to_try_again(ticket: Ticket) -> None:
    assert pipe(plain_mail(reply_address(ticket.pk), sender="(" * 1_900 + "alice@example.com")).returncode == 0
    assert InboundMail.objects.get().reason == "other_sender"


def test_a_mail_that_keeps_us_busy_is_bad_data(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    def busy(raw: bytes) -> None:
        with suppress(Exception):
            while True:
                pass

    monkeypatch.setattr(receive_mail, "receive_mail", busy)
    monkeypatch.setattr(receive_mail, "MOST_WORK_S", 0.05)
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(plain_mail(ADDRESS))))
    with pytest.raises(SystemExit) as ended:
        call_command("receive_mail")
    assert ended.value.code == 65
    assert signal.getitimer(signal.ITIMER_PROF)[0] == 0


def test_with_the_database_away_or_without_an_address_the_server_keeps_the_mail(ticket: Ticket) -> None:
    raw = plain_mail(reply_address(ticket.pk))
    away = pipe(raw, DATABASE_URL="postgresql://nobody@127.0.0.1:1/nowhere")
    assert away.returncode == 75
    assert b"alice" not in away.stdout + away.stderr
    assert pipe(raw, SUPPORT_MAIL_ADDRESS="").returncode == 75
    assert ticket.messages.count() == 1
    assert pipe(raw).returncode == 0
    assert ticket.messages.count() == 2
