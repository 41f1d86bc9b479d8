"""A question's whole life, with two browsers, a mail server and the program that mail servers pipe mails into."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage, Message
from email.utils import parseaddr

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from nexusvpn.local.assets import build_if_changed
from tests.browser.people import new_person, sign_in
from tests.browser.watch import Watch
from tests.databases import ROOT
from tests.live.requirements import missing_for_browser, need
from tests.live.stack import Stack
from tests.smtp import SmtpSink, smtp_sink

pytestmark = pytest.mark.live
SUBJECT = "The tunnel stops after a minute"
QUESTION = "Since this morning it stops after a minute."
ANSWER = "Please set the MTU to 1280 and use that file."
BY_MAIL = "That was it, thank you."
# An open page asks every five seconds.
LIVE_MS = 20_000


@pytest.fixture(scope="module")
def sink() -> Iterator[SmtpSink]:
    with smtp_sink() as made:
        yield made


@pytest.fixture(scope="module")
def stack(sink: SmtpSink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """With a worker that hands mails to the sink."""
    need(missing_for_browser())
    build_if_changed()
    settings = {
        "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        "SUPPORT_MAIL_ADDRESS": "support@vpn.example",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
    }
    made = Stack(os.environ["DATABASE_URL"], tmp_path_factory.mktemp("stack"), settings=settings)
    try:
        made.start()
        made.start_worker()
        yield made
    finally:
        made.stop()


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(made, "PNG")
    return made.getvalue()


def mailed(sink: SmtpSink, stack: Stack, email: str, words: str) -> Message:
    """The mail to somebody that has these words; waits for the worker."""
    deadline = time.monotonic() + 60
    while True:
        for mail in list(sink.received):
            if parseaddr(str(mail["To"]))[1] == email and words in text_of(mail):
                return mail
        assert time.monotonic() < deadline, stack.logs()
        time.sleep(0.1)


def text_of(mail: Message) -> str:
    plain = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
    return bytes(plain.get_payload(decode=True)).decode()  # type: ignore[arg-type]


def answer_by_mail(stack: Stack, received: Message, email: str, text: str) -> None:
    """As a mail program answers, and as a mail server hands it over."""
    quoted = "\n".join(f"> {line}" for line in text_of(received).splitlines())
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = email, str(received["Reply-To"]), f"Re: {received['Subject']}"
    mail["Message-ID"], mail["In-Reply-To"] = f"<{time.time_ns()}@example.com>", str(received["Message-ID"])
    mail["References"] = f"{received['References']} {received['Message-ID']}"
    mail.set_content(f"{text}\n\nOn Fri, 27 Nov 2026 at 09:00, NexusVPN wrote:\n{quoted}\n")
    command = [sys.executable, "manage.py", "receive_mail"]
    subprocess.run(command, input=mail.as_bytes(), cwd=ROOT, env=stack.environment, check=True, timeout=120)


def open_ticket(page: Page) -> None:
    page.goto("/support")
    page.get_by_label("Subject").fill(SUBJECT)
    page.get_by_label("Message").fill(QUESTION)
    page.locator("input[type=file]").set_input_files(
        {"name": "what I see.png", "mimeType": "image/png", "buffer": picture()}
    )
    page.get_by_role("button", name="Send ticket").click()
    expect(page.get_by_role("heading", name=SUBJECT)).to_be_visible()
    expect(page.get_by_role("link", name="what I see.png")).to_be_visible()


def open_desk(page: Page) -> None:
    page.goto("/admin/support/ticket/?view=all")
    page.get_by_role("link", name=SUBJECT).click()
    expect(page.locator(".desk-body").first).to_have_text(QUESTION)


def test_a_question_is_asked_answered_by_both_ways_closed_and_rated(
    open_context: Callable[..., BrowserContext], stack: Stack, sink: SmtpSink
) -> None:
    ada, sam = new_person(stack), new_person(stack)
    stack.sql("UPDATE accounts_user SET is_staff = true, is_superuser = true WHERE email = %s", sam.email)
    contexts = open_context(), open_context()
    watches = [Watch(context) for context in contexts]
    customer, desk = (context.new_page() for context in contexts)
    sign_in(customer, ada.email)
    sign_in(desk, sam.email)

    open_ticket(customer)
    open_desk(desk)
    with desk.expect_download() as saved:
        desk.get_by_role("link", name="what I see.png").click()
    with Image.open(saved.value.path()) as shown:
        assert shown.size == (40, 30)

    # From here on the customer's page is never loaded again: what comes, comes by itself.
    desk.get_by_label("Message").fill(ANSWER)
    desk.get_by_role("button", name="Send", exact=True).click()
    expect(customer.locator(".message-body").last).to_have_text(ANSWER, timeout=LIVE_MS)
    received = mailed(sink, stack, ada.email, ANSWER)

    answer_by_mail(stack, received, ada.email, BY_MAIL)
    expect(customer.locator(".message-body").last).to_have_text(BY_MAIL, timeout=LIVE_MS)
    # Nothing of what the mail quoted came with it.
    expect(customer.locator(".message-body")).to_have_count(3)
    expect(desk.locator("#ticket-news .desk-body")).to_have_text(BY_MAIL, timeout=LIVE_MS)

    desk.reload()
    desk.get_by_label("Message").fill("You are welcome.")
    desk.get_by_role("button", name="Send and close").click()
    expect(desk.get_by_text("This ticket is closed.").first).to_be_visible()
    expect(customer.locator("#ticket-notice")).to_contain_text("This ticket is closed.", timeout=LIVE_MS)

    customer.locator("#ticket-rating input[type=radio]").last.check()
    customer.get_by_label("What could be better?").fill("Nothing.")
    customer.get_by_role("button", name="Send rating").click()
    expect(customer.get_by_role("heading", name="Your rating")).to_be_visible()
    desk.reload()
    expect(desk.locator(".desk-facts")).to_contain_text(": Nothing.")
    assert len(stack.sql("SELECT 1 FROM support_ticketmessage")) == 4
    for watch in watches:
        watch.assert_quiet()
