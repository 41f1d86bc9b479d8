"""Every page of the customer's site in a language whose texts stand between brackets: no word stands outside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from babel import Locale
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Notification, User
from billing.models import Plan
from support.models import Article
from tests.factories.accounts import make_user
from tests.factories.payers import make_subscriber, pay
from tests.factories.referrals import bring, make_programme
from tests.factories.support import make_attachment, make_message, make_ticket
from tests.factories.vpn import make_location, make_server, new_key
from tests.german import formal_words, texts_of
from tests.pseudo_locale import DATA, everything_bracketed, untranslated
from tests.queries import forget_counts
from vpn.services.devices import add_device
from vpn.templatetags import uptime_bars

pytestmark = pytest.mark.django_db

# Answered with files, or with what a script reads; and what is not a customer's.
NOT_PAGES = ("api/", "^api", "admin/", "brand/", "node/", "webhooks/", "static/")
# Names that are the same in every language: countries come from the CLDR.
COUNTRIES = re.compile(r"\b(?:{})\b".format("|".join(map(re.escape, Locale("de").territories.values()))))


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from patterns(each, prefix + str(each.pattern))
        else:
            yield prefix + str(each.pattern), each


PATTERNS = {
    str(each.name): tuple(each.pattern.regex.groupindex)
    for route, each in patterns(get_resolver())
    if not route.startswith(NOT_PAGES)
}


@pytest.fixture
def pseudo(settings: Any, db: None) -> Iterator[None]:
    settings.BRAND_NAME = DATA.format("Acme")
    for plan in Plan.objects.all():
        written = {"name": DATA.format(plan.name), "description": DATA.format(plan.description)}
        Plan.objects.filter(pk=plan.pk).update(**written)
    # What was drawn in the true German of another test, and what is drawn here, is nobody else's.
    uptime_bars._drawn.cache_clear()
    with everything_bracketed():
        yield
    uptime_bars._drawn.cache_clear()


@pytest.fixture
def ada() -> User:
    """Somebody who has some of everything, each named as data."""
    make_programme()
    user = make_user("ada@example.com", full_name=DATA.format("Ada"))
    subscription = make_subscriber(user)
    pay(subscription)
    location = make_location(name=DATA.format("Amsterdam"), city=DATA.format("Amsterdam"))
    make_server(location)
    add_device(user=user, name=DATA.format("Phone"), location_slug=location.slug, public_key=new_key())
    ticket = make_ticket(user, subject=DATA.format("No tunnel"))
    ticket.messages.update(body=DATA.format("It stops."))
    make_attachment(make_message(ticket, body=DATA.format("It does not work.")), name=DATA.format("log.txt"))
    bring(user, make_user("bob@example.com"))
    Notification.objects.create(user=user, kind="welcome", title=DATA.format("Hello"))
    call_command("load_articles", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE support_article SET title = '‹' || title || '›', body = '‹text›'")
        cursor.execute("UPDATE support_articlecategory SET name = '‹' || name || '›'")
    return user


def values_of(user: User) -> dict[str, list[dict[str, Any]]]:
    """What stands in the addresses that hold something, by the first word of their names."""
    device, ticket = user.devices.get(), user.tickets.get()
    return {
        "device": [{"pk": device.pk}],
        "ticket": [{"pk": ticket.pk}],
        "help-article": [{"slug": Article.objects.values_list("slug", flat=True)[0]}],
        "help-guide": [{"system": name} for name in ("windows", "macos", "linux", "ios", "android", "router")],
        "verify-email": [{"token": "x" * 43}],
        "password-reset": [{"token": "x" * 43}],
        "email-change-confirm": [{"token": "x" * 43}],
        "unsubscribe": [{"token": "x" * 45}],
    }


def addresses(user: User) -> Iterator[str]:
    values = values_of(user)
    for name, holes in PATTERNS.items():
        if not holes:
            yield reverse(name)
            continue
        known = values.get(name) or (values.get(name.partition("-")[0]) if holes == ("pk",) else None)
        for each in known or []:
            if set(each) == set(holes):
                yield reverse(name, kwargs=each)


def seen(client: Client, path: str, method: str = "get") -> list[str] | None:
    """What is not translated on the page; None if it is no page."""
    forget_counts()
    answer = getattr(client, method)(path, headers={"Accept-Language": "de"})
    if answer.status_code in {301, 302, 405} or not answer.headers.get("Content-Type", "").startswith("text/html"):
        return None
    return untranslated(COUNTRIES.sub(" ", answer.content.decode()))


def faults(client: Client, paths: list[str]) -> tuple[int, dict[str, list[str]]]:
    found = {path: said for path in paths if (said := seen(client, path)) is not None}
    return len(found), {path: said for path, said in found.items() if said}


@pytest.mark.usefixtures("pseudo")
def test_pages_of_a_customer(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    pages, found = faults(client, [path for path in addresses(ada) if path != "/logout"])
    assert pages > 40
    assert found == {}


@pytest.mark.usefixtures("pseudo")
def test_pages_of_a_stranger(ada: User) -> None:
    pages, found = faults(Client(), list(addresses(ada)))
    assert pages > 15
    assert found == {}


@pytest.mark.usefixtures("pseudo")
@pytest.mark.parametrize("path", ["/signup", "/login", "/password/forgot", "/verify-email/resend", "/account/restore"])
def test_what_a_form_answers_to_nothing(path: str) -> None:
    assert seen(Client(), path, "post") == []


@pytest.mark.usefixtures("pseudo")
@pytest.mark.parametrize(
    "path",
    [
        "/devices/new",
        "/support",
        "/settings",
        "/settings/password",
        "/settings/email",
        "/settings/api-keys",
        "/billing/gift",
    ],
)
def test_what_a_form_answers_a_customer_to_nothing(path: str) -> None:
    client = Client()
    client.force_login(make_user("ada@example.com"))
    assert seen(client, path, "post") in ([], None)


def test_in_true_german_no_page_calls_a_customer_by_the_formal_word(ada: User) -> None:
    client = Client()
    client.force_login(ada)
    found = {}
    for path in addresses(ada):
        if path == "/logout":
            continue
        forget_counts()
        answer = client.get(path, headers={"Accept-Language": "de"})
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            found[path] = formal_words(texts_of(answer.text))
    assert len(found) > 40
    assert {path: said for path, said in found.items() if said} == {}


def test_a_text_outside_the_brackets_is_found() -> None:
    page = "<h1>⟦All ⟦of⟧ this⟧</h1><p title='hidden'>‹data› shown 3 MB</p><code>code</code>"
    assert untranslated(page) == ["hidden", "‹data› shown 3 MB"]
