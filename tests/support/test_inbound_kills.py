"""A mail's process gets a real SIGKILL at every step: handed over again, the mail is in its thread once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import User
from support.models import InboundMail, Ticket
from support.services import inbound
from support.services.inbound import receive_mail
from support.tokens import reply_address
from tests.factories.support import make_ticket
from tests.support.incoming import ADDRESS, plain_mail, sample

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _taking_mail(settings: Settings) -> None:
    settings.SUPPORT_MAIL_ADDRESS = ADDRESS


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody outlives SIGKILL")


def receive_and_die(raw: bytes, statement: int, *, before: bool) -> bool:
    """Receive it in a process that dies before or after its n-th statement; whether it came so far."""
    child = os.fork()
    if child == 0:
        _receive_in_child(raw, statement, before)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL)
    return code == -signal.SIGKILL


def _receive_in_child(raw: bytes, statement: int, before: bool) -> NoReturn:
    """Never returns: the child is a copy of the test's process. The parent's connection is forgotten, not closed."""
    seen = 0

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == statement and before:
            die()
        answer = execute(sql, params, many, context)
        if seen == statement:
            die()
        return answer

    try:
        connection.connection = None
        with connection.execute_wrapper(count):
            receive_mail(raw)
        os._exit(0)
    finally:
        os._exit(1)


def assert_it_is_there_once(ticket: Ticket, raw: bytes) -> None:
    receive_mail(raw)
    assert ticket.messages.filter(via="mail").count() == 1
    note = InboundMail.objects.get(message__ticket=ticket)
    message = ticket.messages.get(via="mail")
    assert (note.state, note.message) == ("written", message)
    assert message.attachments.count() == 1


def test_killed_at_any_statement_and_handed_over_again_a_mail_is_written_once(alice: User) -> None:
    points = 0
    for statement in range(1, 60):
        ticket = make_ticket(alice)
        address = reply_address(ticket.pk)
        raw = sample("with_files", address).replace(b"<files-1@", f"<{ticket.pk}@".encode())
        came_so_far = receive_and_die(raw, statement, before=statement % 2 == 0)
        assert_it_is_there_once(ticket, raw)
        if not came_so_far:
            break
        points += 1
    assert 8 < points < 59


def test_killed_after_the_commit_and_handed_over_again_it_is_written_once(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = make_ticket(alice)
    raw = plain_mail(reply_address(ticket.pk))
    child = os.fork()
    if child == 0:
        try:
            connection.connection = None
            monkeypatch.setattr(inbound.log, "info", lambda *args, **kwargs: die())
            receive_mail(raw)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    assert ticket.messages.filter(via="mail").count() == 1
    assert receive_mail(raw) is None
    assert ticket.messages.filter(via="mail").count() == 1
