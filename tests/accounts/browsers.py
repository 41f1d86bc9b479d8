"""A browser under a host name, since passkeys are not for addresses."""

from __future__ import annotations

from typing import Any

from django.test import Client

from accounts.models import User
from tests.factories.accounts import PASSWORD
from tests.factories.authenticator import Authenticator


class Browser(Client):
    def __init__(self, host: str = "localhost", **defaults: Any) -> None:
        super().__init__(HTTP_HOST=host, **defaults)

    def give_password(self, user: User, **more: str) -> Any:
        return self.post("/login", {"email": user.email, "password": PASSWORD, **more})

    @property
    def is_signed_in(self) -> bool:
        return self.get("/dashboard").status_code == 200


def add_passkey(browser: Client, device: Authenticator, name: str = "Laptop") -> Any:
    """What the page of a person who has just signed in does."""
    options = browser.post("/settings/security/passkeys/options").json()
    form = {"name": name, "answer": device.make(options)}
    return browser.post("/settings/security/passkeys/new", form)


def signed_in_browser(user: User) -> Browser:
    """Of somebody without a second factor."""
    browser = Browser()
    assert browser.give_password(user).status_code == 302
    return browser
