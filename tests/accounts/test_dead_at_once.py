"""Whatever ends a sign-in ends it at the next request: cookie, token and, where it is the account that ends, API key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client

from accounts.models import User
from accounts.services.api_keys import create_api_key
from accounts.services.deletion import leave
from accounts.services.passwords import change_password
from accounts.services.sessions import end_all_sessions
from accounts.services.suspension import suspend_account
from tests.admin.addresses import change, save
from tests.api_client import ApiClient
from tests.conftest import token_of

pytestmark = pytest.mark.django_db


@dataclass
class SignedIn:
    """One person in a browser, with a token and with an API key, each of which was in use a moment ago."""

    user: User
    browser: Client
    token: ApiClient
    key: ApiClient

    def opens(self) -> tuple[bool, bool, bool]:
        page = self.browser.get("/settings")
        return page.status_code == 200, self.token.get("users/me").status == 200, self.key.get("users/me").status == 200


@pytest.fixture
def signed_in(alice: User) -> SignedIn:
    browser = Client()
    browser.force_login(alice)
    key, _ = create_api_key(user=alice, name="Reads", scopes=["read"])
    found = SignedIn(alice, browser, ApiClient(token_of(alice)), ApiClient(key))
    # Twice, so that whatever keeps something between requests has it.
    for _ in range(2):
        assert found.opens() == (True, True, True)
    return found


def new_password(signed_in: SignedIn, sam: User) -> None:
    change_password(user=signed_in.user, new_password="another long secret", keep=None)


def suspension(signed_in: SignedIn, sam: User) -> None:
    suspend_account(user=signed_in.user, by=sam)


def leaving(signed_in: SignedIn, sam: User) -> None:
    leave(user=signed_in.user)


def everywhere(signed_in: SignedIn, sam: User) -> None:
    end_all_sessions(user=signed_in.user)


@pytest.mark.parametrize(
    ("end", "key_lives"), [(new_password, True), (suspension, False), (leaving, False), (everywhere, True)]
)
def test_what_ends_all_sign_ins_ends_them_at_the_next_request(
    signed_in: SignedIn, sam: User, end: Callable[[SignedIn, User], None], key_lives: bool
) -> None:
    end(signed_in, sam)
    assert signed_in.opens() == (False, False, key_lives)


def test_signing_out_ends_that_browser_alone(signed_in: SignedIn) -> None:
    cookie = signed_in.browser.cookies["session"].value
    signed_in.browser.post("/logout")
    again = Client()
    again.cookies["session"] = cookie
    assert again.get("/settings").status_code == 302
    assert signed_in.opens() == (False, True, True)


def test_a_token_that_signs_out_is_dead_and_the_browser_is_not(signed_in: SignedIn) -> None:
    assert signed_in.token.post("auth/logout").status == 200
    assert signed_in.opens() == (True, False, True)


def test_who_is_no_staff_any_more_is_signed_out_at_once(sam: User) -> None:
    colleague = User.objects.create_user("col@example.com", "a long enough secret", is_staff=True, is_superuser=True)
    theirs, token, boss = Client(), ApiClient(token_of(colleague)), Client()
    theirs.force_login(colleague)
    boss.force_login(sam)
    for _ in range(2):
        assert theirs.get("/admin/").status_code == 200
    form = {"email": colleague.email, "full_name": "", "is_staff": ""}
    assert save(boss, change(colleague), form).status_code == 302
    colleague.refresh_from_db()
    assert not colleague.is_staff
    assert theirs.get("/admin/").headers["Location"].startswith("/admin/login/")
    assert token.get("users/me").status == 401
