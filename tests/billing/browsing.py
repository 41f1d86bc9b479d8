"""What a person sees and presses on the billing pages."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client

from accounts.models import User


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def main_of(answer: Any) -> str:
    return str(answer.text).split("<main", 1)[1].split(">", 1)[1].split("</main>", 1)[0]


def read(answer: Any, status: int = 200) -> str:
    """What is to be read in the page's main part."""
    assert answer.status_code == status, (answer.status_code, answer.headers.get("Location"))
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", main_of(answer))))


def words(page: Client, path: str = "/billing", status: int = 200) -> str:
    return read(page.get(path), status)


def buttons(page: Client, path: str = "/billing") -> list[str]:
    """The words on everything that is to be pressed."""
    found = re.findall(r"<(?:button|a)\b[^>]*class=\"button[^>]*>([^<]*)<", main_of(page.get(path)))
    return [unescape(text) for text in found]


def form_of(answer: Any, action: str) -> dict[str, str]:
    """What a form of the page sends as it stands, but for the token that Django's own test client does without."""
    for form in re.findall(r"<form\b.*?</form>", main_of(answer), re.DOTALL):
        if f'action="{action}"' in form:
            fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
            return {name: unescape(value) for name, value in fields.items() if name != "csrfmiddlewaretoken"}
    raise AssertionError(f"no form leads to {action}")
