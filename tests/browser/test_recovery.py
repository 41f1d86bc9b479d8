"""From a new account over its mailed link to a forgotten password and another address, as a person does it."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.mailbox import link_mailed
from tests.browser.people import PASSWORD, sign_in, sign_up
from tests.browser.watch import Watch
from tests.live.stack import Stack

pytestmark = pytest.mark.live
NEW = "quite another long secret"


@pytest.fixture
def _worker(stack: Stack) -> Iterator[None]:
    stack.start_worker()
    yield
    stack.end("worker")


def sign_in_with(page: Page, email: str, password: str) -> None:
    page.goto("/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.usefixtures("_worker")
def test_a_person_verifies_forgets_recovers_and_moves(context: BrowserContext, watch: Watch, stack: Stack) -> None:
    page, email = context.new_page(), f"{uuid4().hex[:10]}@example.com"
    watch.expected = {400}
    sign_up(page, email)
    expect(page.get_by_text("Confirm your e-mail address.")).to_be_visible()
    page.goto(link_mailed(stack, email, "verify-email"))
    page.get_by_role("button", name="Confirm address").click()
    expect(page.get_by_text("Your e-mail address is confirmed.")).to_be_visible()
    expect(page.get_by_text("Confirm your e-mail address.")).to_be_hidden()
    page.goto("/settings")
    page.get_by_role("button", name="Sign out").click()

    page.goto("/login")
    page.get_by_role("link", name="Set a new password").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Send link").click()
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    page.goto(link_mailed(stack, email, "password/reset"))
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_text("Your new password is set.")).to_be_visible()
    sign_in_with(page, email, PASSWORD)
    expect(page.get_by_text("The e-mail address or the password is wrong.")).to_be_visible()
    sign_in_with(page, email, NEW)
    page.wait_for_url("**/dashboard")

    other = f"{uuid4().hex[:10]}@example.com"
    page.goto("/settings")
    page.get_by_role("link", name="Change address").click()
    page.get_by_label("New e-mail address").fill(other)
    page.get_by_label("Your password").fill(NEW)
    page.get_by_role("button", name="Change address").click()
    expect(page.get_by_role("heading", name="Waiting for you")).to_be_visible()
    for mailbox in (email, other):
        page.goto(link_mailed(stack, mailbox, "email-change"))
        page.get_by_role("button", name="Confirm the change").click()
    expect(page.get_by_role("heading", name="The address is changed")).to_be_visible()
    page.goto("/settings")
    expect(page.get_by_text(f"Signed in as {other}")).to_be_visible()
    watch.assert_quiet()


def test_a_person_changes_the_password_and_stays_signed_in_here(
    context: BrowserContext, watch: Watch, stack: Stack
) -> None:
    email = f"{uuid4().hex[:10]}@example.com"
    token = stack.new_customer(email, PASSWORD)
    page = context.new_page()
    sign_in(page, email)
    page.goto("/settings/password")
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    assert stack.api("GET", "users/me", token=token).status == 401
    page.goto("/dashboard")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    watch.assert_quiet()
