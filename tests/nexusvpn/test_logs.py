"""One JSON line a request and a job: who, what, how long, how many queries; never a secret, never a body."""

from __future__ import annotations

import io
import json
import logging
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from procrastinate.contrib.django import app

from accounts.models import Mail, User
from accounts.services.outbox import message_id, queue_due_mails
from tests.api_client import ApiClient
from tests.conftest import token_of


class Lines:
    def __init__(self) -> None:
        self.stream = io.StringIO()

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.all() if line["event"] == event]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """What goes to standard output, through the handler and formatter that production has."""
    found = Lines()
    ours = next(handler for handler in logging.getLogger().handlers if isinstance(handler, logging.StreamHandler))
    copy = logging.StreamHandler(found.stream)
    copy.setFormatter(ours.formatter)
    root = logging.getLogger()
    root.addHandler(copy)
    level = root.level
    root.setLevel(logging.INFO)
    yield found
    root.setLevel(level)
    root.removeHandler(copy)


def run_jobs() -> None:
    """What the worker does, in this process: every queued mail, then stop."""
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        # One after the other: with several at once it ends while one that asks for another still runs.
        worker.run_worker(
            queues=["mail"], wait=False, concurrency=1, install_signal_handlers=False, listen_notify=False
        )


@pytest.mark.django_db
def test_a_request_writes_one_line_that_says_who_and_how_long(lines: Lines, alice: User) -> None:
    api = ApiClient(token_of(alice))
    api.get("users/me?secret=1", **{"X-Request-ID": "r-1"})
    (line,) = lines.of("request")
    assert line["request_id"] == "r-1"
    assert line["actor"] == str(alice.pk)
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v1/users/me", 200)
    assert line["queries"] == 2
    assert line["ms"] > 0


@pytest.mark.django_db
def test_no_line_holds_a_password_a_token_or_a_private_key(lines: Lines, api: ApiClient) -> None:
    body = {"email": "dora@example.com", "password": "planted-secret-1", "full_name": "Planted-Name"}
    api.post("auth/register", body)
    token = api.post("auth/login", {"email": body["email"], "password": body["password"]}).data["token"]
    api.post("auth/login", {"email": "dora@example.com", "password": "planted-secret-2"})
    api.request("POST", "auth/login", b'{"password": "planted-secret-3"')
    ApiClient(token).get("devices?token=planted-secret-4")
    written = lines.stream.getvalue()
    assert len(lines.of("request")) == 5
    for secret in ("planted-secret", token, "Planted-Name"):
        assert secret not in written


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/verify-email/", "/password/reset/", "/email-change/", "/no-such-page/"])
def test_the_secret_of_a_mailed_link_is_in_no_line(lines: Lines, path: str) -> None:
    token = secrets.token_urlsafe(32)
    for answer in (Client().get(path + token), Client().post(path + token)):
        assert answer.status_code in (400, 404)
    assert [line["path"] for line in lines.of("request")] == [path + "…"] * 2
    assert token not in lines.stream.getvalue()


@pytest.mark.django_db
def test_what_a_client_sends_stays_within_its_line(lines: Lines, api: ApiClient) -> None:
    api.request("GET", 'x%0A{"event":"forged"}', **{"X-Request-ID": "a\nb", "User-Agent": 'x"\n{"event":"forged"}'})
    assert len(lines.all()) == 1


@pytest.mark.django_db(transaction=True)
def test_the_request_id_goes_from_the_header_to_the_job_and_its_line(lines: Lines, api: ApiClient) -> None:
    body = {"email": "dora@example.com", "password": "a long enough secret"}
    assert api.post("auth/register", body, **{"X-Request-ID": "signup-42"}).status == 201
    assert mail.outbox == []
    run_jobs()
    assert [message.to for message in mail.outbox] == [["dora@example.com"]]
    told = [(line["request_id"], line["job"], line["outcome"]) for line in lines.of("job")]
    assert told == [("signup-42", "answer_sign_up", "done"), ("signup-42", "deliver_mail", "done")]


@pytest.mark.django_db(transaction=True)
def test_a_job_that_failed_is_tried_again_as_the_same_mail(
    lines: Lines, api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.post("auth/register", {"email": "dora@example.com", "password": "a long enough secret"})
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMultiAlternatives.send", lambda self: 1 / 0)
        run_jobs()
    assert [line["outcome"] for line in lines.of("job")] == ["done", "failed"]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_mail SET due_at = now()")
    queue_due_mails()
    run_jobs()
    assert [message.extra_headers["Message-ID"] for message in mail.outbox] == [message_id(Mail.objects.get())]
