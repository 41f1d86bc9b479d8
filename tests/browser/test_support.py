"""A thread that is left open, what is typed in it, and what works without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, FilePayload, Page, Route, expect

from tests.browser.nodes import ask_now
from tests.browser.people import Person, sign_in
from tests.browser.watch import Watch
from tests.live.stack import Stack
from tests.support.files.pictures import picture

pytestmark = pytest.mark.live
DRAFT = "What I am just writing to you"


@pytest.fixture
def page(context: BrowserContext, person: Person) -> Page:
    opened = context.new_page()
    sign_in(opened, person.email)
    return opened


def open_ticket(page: Page, *files: FilePayload) -> str:
    """The new ticket's id; its thread is on the page."""
    page.goto("/support")
    page.get_by_label("Subject").fill("My tunnel stops")
    page.get_by_label("What is it about?").select_option("connection")
    page.get_by_label("Message").fill("It stops after a minute.")
    page.get_by_label("Files").set_input_files(list(files))
    page.get_by_role("button", name="Send ticket").click()
    page.wait_for_url(re.compile("/support/[0-9a-f-]{36}$"))
    return page.url.rsplit("/", 1)[1]


def support_answers(stack: Stack, ticket: str, text: str) -> None:
    stack.sql(
        "INSERT INTO support_ticketmessage (id, ticket_id, by_staff, is_note, via, body, created_at)"
        " VALUES (gen_random_uuid(), %s, true, false, 'web', %s, now())",
        ticket,
        text,
    )
    stack.sql("UPDATE support_ticket SET status = 'answered', first_answered_at = now() WHERE id = %s", ticket)


def png(name: str = "screen.png") -> FilePayload:
    return {"name": name, "mimeType": "image/png", "buffer": picture("png")}


def test_an_open_thread_takes_in_an_answer_and_leaves_what_is_typed(page: Page, watch: Watch, stack: Stack) -> None:
    ticket = open_ticket(page)
    box = page.get_by_label("Your message")
    box.fill(DRAFT)
    box.focus()
    page.get_by_label("Files").set_input_files([png()])
    box.focus()
    box.scroll_into_view_if_needed()
    page.evaluate("window.sameDocument = true")
    before = page.evaluate("document.activeElement.getBoundingClientRect().top")
    support_answers(stack, ticket, "Restart it, please.\n" * 20)
    # By itself, within its five seconds.
    expect(page.get_by_role("region", name="Conversation")).to_contain_text("Restart it, please.", timeout=12_000)
    # Whoever does not see it hears it once; the times in the thread change each second, and nobody is told.
    expect(page.locator("[data-thread-said]")).to_contain_text(re.compile("^New message: .*: Restart it, please."))
    expect(page.locator("[role=log], [aria-live] time, [role=status] time")).to_have_count(0)
    expect(page.locator("#ticket-state")).to_contain_text("Answered")
    expect(box).to_be_focused()
    expect(box).to_have_value(DRAFT)
    assert page.evaluate("document.querySelector('[type=file]').files.length") == 1
    assert abs(page.evaluate("document.activeElement.getBoundingClientRect().top") - before) < 2
    assert page.evaluate("window.sameDocument") is True
    expect(page.locator("[data-message]")).to_have_count(2)
    ask_now(page)
    ask_now(page)
    expect(page.locator("[data-message]")).to_have_count(2)
    watch.assert_quiet()


def test_an_answer_is_rated_where_it_appeared_and_the_words_stay(page: Page, watch: Watch, stack: Stack) -> None:
    ticket = open_ticket(page)
    support_answers(stack, ticket, "Restart it, please.")
    ask_now(page)
    page.get_by_label("Good", exact=True).check()
    page.get_by_label("What could be better?").fill("Say it sooner.")
    with page.expect_response(re.compile("/news")):
        ask_now(page)
    expect(page.get_by_label("What could be better?")).to_have_value("Say it sooner.")
    page.get_by_role("button", name="Send rating").click()
    expect(page.get_by_text("Thank you for telling us.")).to_be_visible()
    expect(page.get_by_label("Good", exact=True)).to_be_checked()
    assert stack.sql("SELECT rating, rating_comment FROM support_ticket WHERE id = %s", ticket) == [
        (4, "Say it sooner.")
    ]
    watch.assert_quiet()


def test_a_ticket_whose_sending_was_stopped_can_be_sent_again(page: Page, stack: Stack) -> None:
    page.clock.install()
    page.goto("/support")
    page.get_by_label("Subject").fill("My tunnel stops")
    page.get_by_label("Message").fill(DRAFT)
    held: list[Route] = []
    page.route("**/support", lambda route: route.fallback() if held else held.append(route))

    # Over the protocol: Playwright's own click waits for the page that the form leads to.
    protocol = page.context.new_cdp_session(page)

    def send() -> None:
        click = "document.querySelector('form[enctype] button[type=submit]').click()"
        protocol.send("Runtime.evaluate", {"expression": click})

    with page.expect_request("**/support"):
        send()
    protocol.send("Page.stopLoading")
    send()
    page.clock.run_for(100)
    expect(page.get_by_text("This is being sent.")).to_be_visible()
    assert len(held) == 1
    page.clock.run_for(10_000)
    expect(page.get_by_text("This is being sent.")).to_have_count(0)
    send()
    page.wait_for_url(re.compile("/support/[0-9a-f-]{36}$"))
    assert stack.sql("SELECT count(*) FROM support_ticketmessage WHERE body = %s", DRAFT) == [(1,)]


def test_a_page_that_nobody_sees_asks_nothing(page: Page) -> None:
    open_ticket(page)
    page.evaluate("Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })")
    ask_now(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(5500)
    assert asked == []


def test_a_file_comes_back_as_a_download(page: Page, watch: Watch) -> None:
    open_ticket(page, png("../../Grüße <b>.png"))
    with page.expect_download() as caught:
        page.get_by_role("list", name="Files").get_by_role("link").click()
    assert caught.value.suggested_filename == "Grüße _b_.png"
    assert Path(caught.value.path()).read_bytes().startswith(b"\x89PNG")
    watch.assert_quiet()


def test_articles_are_suggested_while_a_subject_is_typed(page: Page, watch: Watch, stack: Stack) -> None:
    stack.manage("load_articles")
    page.goto("/support")
    page.get_by_label("Message").fill(DRAFT)
    page.get_by_label("Subject").press_sequentially("How do I install it on my router")
    links = page.locator("[data-suggest-into] a")
    expect(links.first).to_be_visible()
    expect(links.first).to_have_attribute("target", "_blank")
    page.get_by_label("Subject").fill("zz")
    expect(links).to_have_count(0)
    expect(page.get_by_label("Message")).to_have_value(DRAFT)
    watch.assert_quiet()


def test_without_scripts_all_of_it_works(
    open_context: Callable[..., BrowserContext], person: Person, stack: Stack
) -> None:
    page = open_context(java_script_enabled=False).new_page()
    sign_in(page, person.email)
    ticket = open_ticket(page, png())
    support_answers(stack, ticket, "Restart it, please.")
    page.reload()
    page.get_by_label("Very good").check()
    page.get_by_role("button", name="Send rating").click()
    expect(page.get_by_text("Thank you for telling us.")).to_be_visible()
    page.get_by_role("link", name="Close ticket").click()
    page.get_by_role("button", name="Close ticket").click()
    expect(page.get_by_text("The ticket is closed.")).to_be_visible()
    page.get_by_label("Your message").fill("It stops again, sorry.")
    page.get_by_role("button", name="Send and open again").click()
    expect(page.locator("#ticket-state")).to_contain_text("Open")
