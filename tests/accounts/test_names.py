"""A name is one line at every entrance, and no advertisement in a mail to somebody who never asked for it."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from tests.admin.addresses import change, save
from tests.api_client import ApiClient
from tests.jobs import run_waiting_jobs
from tests.mails import Waiting, waiting_mails

pytestmark = pytest.mark.django_db
NEW = {"email": "dora@example.com", "password": "a long enough secret"}
BAD = "Dora\nBcc: everybody"


def mail() -> Waiting:
    (found,) = waiting_mails()
    return found


def test_the_api_refuses_a_name_of_two_lines(api: ApiClient, alice_api: ApiClient) -> None:
    for answer in (
        api.post("auth/register", {**NEW, "full_name": BAD}),
        alice_api.patch("users/me", {"full_name": BAD}),
    ):
        assert (answer.status, list(answer.fields)) == (400, ["full_name"])
    assert not User.objects.filter(full_name__contains="Bcc").exists()


def test_the_pages_refuse_it_and_keep_what_was_typed(alice: User) -> None:
    browser = Client()
    assert browser.post("/signup", {**NEW, "full_name": BAD}).status_code == 400
    browser.force_login(alice)
    answer = browser.post("/settings", {"full_name": BAD, "language": "en"})
    assert answer.status_code == 400
    assert "Line breaks and control characters are not allowed." in answer.text
    assert not User.objects.filter(full_name__contains="Bcc").exists()


def test_the_admin_refuses_it(sam: User, alice: User) -> None:
    browser = Client()
    browser.force_login(sam)
    answer = save(browser, change(alice), {"email": alice.email, "full_name": BAD})
    assert answer.status_code == 200
    assert "Line breaks and control characters are not allowed." in answer.text
    alice.refresh_from_db()
    assert alice.full_name == "Alice"


def test_the_first_mail_greets_by_name(api: ApiClient) -> None:
    api.post("auth/register", {**NEW, "full_name": "Dora"})
    run_waiting_jobs()
    assert mail().text.startswith("Hello Dora,\n")
    assert "<p>Hello Dora,</p>" in mail().html


@pytest.mark.parametrize("name", ["Win at https://evil.example", "evil.com", "www.evil", "dora@evil", ""])
def test_a_name_that_could_be_a_link_is_left_out_of_mails(api: ApiClient, name: str) -> None:
    assert api.post("auth/register", {**NEW, "full_name": name}).status == 201
    run_waiting_jobs()
    assert mail().text.startswith("Hello,\n")
    assert "evil" not in str(mail())
