"""Customers for the browser tests, and what they do by hand."""

from __future__ import annotations

import io
from dataclasses import dataclass
from uuid import uuid4

import zxingcpp
from PIL import Image, ImageOps
from playwright.sync_api import Locator, Page

from tests.live.stack import Stack

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Person:
    email: str
    token: str
    stack: Stack

    def add_device(self, name: str, public_key: str, location: str = "demo-1") -> str:
        answer = self.stack.api(
            "POST", "devices", {"name": name, "location": location, "public_key": public_key}, self.token
        )
        assert answer.status == 201, answer.body
        return str(answer.data["id"])

    def devices(self) -> list[dict[str, str]]:
        items: list[dict[str, str]] = self.stack.api("GET", "devices", token=self.token).data["items"]
        return items


def new_person(stack: Stack, plan: str | None = None, language: str = "en") -> Person:
    """The browser is told of the account's language when they sign in."""
    email = f"{uuid4().hex[:10]}@example.com"
    token = stack.new_customer(email, PASSWORD, "Ada Example")
    stack.sql("UPDATE accounts_user SET language = %s WHERE email = %s", language, email)
    if plan:
        stack.sql(
            "INSERT INTO billing_plangrant (user_id, plan_id, reason, created_at, end_noticed) "
            "SELECT u.id, p.id, 'test', now(), false FROM accounts_user u, billing_plan p WHERE u.email = %s AND p.code = %s",
            email,
            plan,
        )
    return Person(email, token, stack)


def sign_up(page: Page, email: str) -> None:
    page.goto("/")
    page.locator("main").get_by_role("link", name="Create account").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/signup/sent")
    sign_in(page, email)


def sign_in(page: Page, email: str) -> None:
    page.goto("/login")
    send_password(page, email)
    page.wait_for_url("**/dashboard")


def send_password(page: Page, email: str) -> None:
    """On the page that asks for it, in whatever language."""
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")


def fill_device(page: Page, name: str, location: str = "demo-1") -> None:
    page.goto("/devices/new")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Location").select_option(location)


def submit_device(page: Page) -> None:
    page.get_by_role("button", name="Add device").click()


def read_qr(element: Locator) -> str:
    """What a phone's camera reads off the screen: it looks from several distances, and more than once."""
    for _ in range(3):
        picture = Image.open(io.BytesIO(element.screenshot())).convert("L")
        for scale in (1, 2, 3, 1.5, 4):
            size = (round(picture.width * scale), round(picture.height * scale))
            seen = ImageOps.expand(picture.resize(size), border=40, fill=255)
            found = zxingcpp.read_barcodes(seen)
            if len(found) == 1:
                return str(found[0].text)
    raise AssertionError("there is no readable QR code")


def private_key_of(config: str) -> str:
    lines = [line for line in config.splitlines() if line.startswith("PrivateKey = ")]
    assert len(lines) == 1
    return lines[0].removeprefix("PrivateKey = ")
