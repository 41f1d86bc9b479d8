"""The switches for language and colours: small forms in the foot of every page, which need no script."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User

pytestmark = pytest.mark.django_db


def scheme(page: str) -> str:
    found = re.search(r'<meta name="color-scheme" content="([^"]+)">', page)
    assert found
    return found[1]


def pressed(page: str, value: str) -> bool:
    button = re.search(rf'<button type="submit" name="\w+" value="{value}"[^>]*aria-pressed="(true|false)"', page)
    assert button, value
    return button[1] == "true"


@pytest.mark.parametrize("path", ["/", "/login", "/help", "/status"])
def test_a_strangers_page_has_both_switches_with_what_holds(client: Client, path: str) -> None:
    page = client.get(path).text
    assert [pressed(page, value) for value in ("en", "de", "system", "light", "dark")] == [
        True,
        False,
        True,
        False,
        False,
    ]
    assert f'<input type="hidden" name="next" value="{path}">' in page
    assert '<button type="submit" name="language" value="de" lang="de"' in page


def test_a_customers_page_has_them_too(client: Client, alice: User) -> None:
    client.force_login(alice)
    page = client.get("/devices?x=1&y=2").text
    assert pressed(page, "system")
    assert '<input type="hidden" name="next" value="/devices?x=1&amp;y=2">' in page


@pytest.mark.parametrize(("theme", "wanted"), [("light", "light"), ("dark", "dark"), ("system", "light dark")])
def test_a_choice_of_colours_holds_on_every_page_and_in_the_admin(
    client: Client, sam: User, theme: str, wanted: str
) -> None:
    client.force_login(sam)
    client.post(reverse("appearance"), {"theme": theme})
    for path in ("/", "/devices", "/nothing-here", "/admin/"):
        page = client.get(path, follow=True).text
        assert scheme(page) == wanted, path
    assert pressed(client.get("/").text, theme)


def test_the_system_decides_again_once_that_is_chosen(client: Client) -> None:
    client.post(reverse("appearance"), {"theme": "dark"})
    answer = client.post(reverse("appearance"), {"theme": "system"})
    assert answer.cookies["theme"]["max-age"] == 0
    assert scheme(client.get("/").text) == "light dark"


@pytest.mark.parametrize("theme", ["neon", "", "Dark", "light dark"])
def test_what_is_no_choice_changes_nothing(client: Client, theme: str) -> None:
    assert "theme" not in client.post(reverse("appearance"), {"theme": theme}).cookies
    client.cookies["theme"] = theme
    assert scheme(client.get("/").text) == "light dark"


@pytest.mark.parametrize(
    ("target", "led"),
    [
        ("/devices?x=1", "/devices?x=1"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        # Where a refused form left one: such an address cannot be opened.
        ("/devices/6a1f3f0e-0000-4000-8000-000000000000/rename", "/devices/6a1f3f0e-0000-4000-8000-000000000000"),
        ("/logout", "/"),
    ],
)
def test_one_comes_back_to_where_one_was_and_nowhere_else(client: Client, target: str, led: str) -> None:
    answer = client.post(reverse("appearance"), {"theme": "dark", "next": target})
    assert (answer.status_code, answer.headers["Location"]) == (302, led)


def test_it_is_changed_by_a_form_of_ours_alone() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(reverse("appearance"), {"theme": "dark"}).status_code == 403
    assert strict.get(reverse("appearance")).status_code == 405


def test_an_address_that_only_takes_forms_is_a_page_for_who_opens_it(client: Client) -> None:
    page = client.get(reverse("appearance"), headers={"accept": "text/html"})
    assert (page.status_code, page.headers["Allow"]) == (405, "POST")
    assert "<h1>That does not work here</h1>" in page.text
