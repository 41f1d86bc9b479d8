"""The main journeys by keyboard alone, on a phone's width and on a wide screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.keyboard import Keyboard
from tests.browser.people import PASSWORD, Person, new_person
from tests.factories.vpn import new_key
from tests.live.stack import Stack

pytestmark = pytest.mark.live

WIDTHS = pytest.mark.parametrize("width", [360, 1440])


@pytest.fixture
def page(open_context: Callable[..., BrowserContext], width: int) -> Page:
    return open_context(viewport={"width": width, "height": 800}).new_page()


@pytest.fixture
def keyboard(page: Page) -> Keyboard:
    return Keyboard(page)


def sign_in(keyboard: Keyboard, email: str) -> None:
    keyboard.page.goto("/")
    keyboard.follow("Sign in")
    keyboard.fill("E-mail address", email)
    keyboard.fill("Password", PASSWORD)
    keyboard.follow("Sign in")
    keyboard.page.wait_for_url(re.compile("/(dashboard|welcome)"))


@WIDTHS
def test_signing_up_and_adding_a_device(page: Page, keyboard: Keyboard) -> None:
    email = f"{uuid4().hex[:10]}@example.com"
    page.goto("/")
    keyboard.follow("Create account")
    keyboard.fill("E-mail address", email)
    keyboard.fill("Password", PASSWORD)
    keyboard.follow("Create account")
    page.wait_for_url("**/signup/sent")
    sign_in(keyboard, email)
    keyboard.follow("Devices")
    keyboard.follow("Add device")
    keyboard.fill("Name", "Phone")
    keyboard.choose("Location", "Netherlands")
    # Without leaving the page: the browser makes the key.
    keyboard.press("Add device")
    expect(page.get_by_role("heading", name="Phone is added")).to_be_focused()
    keyboard.follow("See device")
    expect(page.get_by_role("heading", name="Phone", exact=True)).to_be_visible()


@WIDTHS
def test_removing_a_device(page: Page, keyboard: Keyboard, person: Person) -> None:
    person.add_device("Phone", new_key())
    sign_in(keyboard, person.email)
    keyboard.follow("Devices")
    keyboard.follow("Phone")
    keyboard.follow("Remove device")
    keyboard.follow("Remove device")
    expect(page.get_by_text("Phone is being removed.")).to_be_visible()


@WIDTHS
def test_choosing_a_plan(page: Page, keyboard: Keyboard, stack: Stack) -> None:
    sign_in(keyboard, new_person(stack).email)
    keyboard.follow("Billing")
    keyboard.follow("Choose a plan")
    keyboard.follow("Buy Basic")
    page.wait_for_url(re.compile("/pay/"))


@WIDTHS
def test_asking_and_answering(page: Page, keyboard: Keyboard, person: Person) -> None:
    sign_in(keyboard, person.email)
    keyboard.follow("Support")
    keyboard.fill("Subject", "No tunnel at home")
    keyboard.fill("Message", "It stopped working this morning.")
    keyboard.follow("Send ticket")
    page.wait_for_url(re.compile("/support/[0-9a-f-]{36}"))
    keyboard.fill("Your message", "It works again.")
    keyboard.follow("Send answer")
    expect(page.get_by_text("It works again.")).to_be_visible()


@WIDTHS
def test_the_look_and_the_language(page: Page, keyboard: Keyboard) -> None:
    page.goto("/")
    keyboard.follow("Deutsch")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    keyboard.follow("Dunkel")
    assert page.evaluate("getComputedStyle(document.body).colorScheme") in {"dark", "normal"}
    assert page.locator("meta[name=color-scheme]").get_attribute("content") == "dark"
