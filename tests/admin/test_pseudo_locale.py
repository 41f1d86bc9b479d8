"""Every page of the admin in a language whose texts stand between brackets: no word stands outside them, data apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import BinaryField, CharField, JSONField, Model, TextField
from django.test import Client
from django.urls import URLPattern, reverse

from accounts.models import User
from nexusvpn.admin_actions import ActionsAdmin
from support.models import Tag, Ticket
from tests.admin.rows import MAKERS
from tests.admin.test_every_model import NEVER_BY_HAND, NOT_ADDED, address, admin_of, every_model, list_address
from tests.factories.support import make_ticket
from tests.pseudo_locale import DATA, everything_bracketed, untranslated
from tests.queries import forget_counts

pytestmark = pytest.mark.django_db

# Names of packages, as they stand before their permissions. dj-stripe's models have English names alone.
GUESTS = ("Procrastinate", "Djstripe")
# Names of an algorithm, of a variable in a prepared answer, and a password's hash as Django shows it.
CODES = re.compile(r"\bargon2(id)?\b|\{\w+\}|\S*\*{5,}")


# Nobody makes these by hand.
NEVER_ADDED = {model for model in MAKERS if model._meta.label in NEVER_BY_HAND | NOT_ADDED}


def holes_of(pattern: URLPattern) -> tuple[str, ...]:
    return tuple(pattern.pattern.regex.groupindex)


@pytest.fixture
def pseudo(staff: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A superuser's browser that is answered between brackets."""
    brand = DATA.format("Acme")
    monkeypatch.setattr(settings, "BRAND_NAME", brand)
    for name in ("site_title", "site_header"):
        monkeypatch.setattr(admin.site, name, brand)
    with everything_bracketed():
        yield staff


def stored() -> set[str]:
    """The texts in the rows of every table, those apart that stand for one of a few known words; and the names of others' models."""
    found = {*GUESTS, str(apps.get_app_config("nexusvpn").verbose_name), settings.SUPPORT_HOURS}
    for model in apps.get_models():
        if model._meta.app_label == "djstripe":
            found.add(str(model._meta.verbose_name))
            continue
        names = [field.name for field in model._meta.concrete_fields if _is_free(field)]
        for values in model._base_manager.values_list(*names) if names else ():
            found.update(text for value in values for text in _texts(value))
    return found - {""}


def _is_free(field: Any) -> bool:
    return isinstance(field, (CharField, TextField, JSONField, BinaryField)) and not field.choices


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, (bytes, memoryview)):
        yield repr(bytes(value))
    elif isinstance(value, str):
        yield value
        # As it is drawn: line by line, and without the signs that make it bold.
        yield from re.split(r"\n|\*\*", value)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        yield repr(value)
        for key, each in value.items():
            yield key
            yield from _texts(each)


def without_data(texts: list[str]) -> list[str]:
    """Those that say more than what is stored."""
    if not texts:
        return []
    data = "|".join(re.escape(" ".join(each.split())) for each in sorted(stored(), key=len, reverse=True))
    words = re.compile(rf"(?<!\w)(?:{data})(?!\w)")
    return [text for text in texts if untranslated(CODES.sub(" ", words.sub(" ", text)))]


def seen(client: Client, path: str, data: Any = None) -> list[str] | None:
    """What is not translated on the page, or on what it answers to these values; None if this person has no such page."""
    forget_counts()
    headers = {"Accept-Language": "de"}
    answer = client.get(path, headers=headers) if data is None else client.post(path, data, headers=headers)
    if answer.status_code in {302, 403, 405} or not answer.headers.get("Content-Type", "").startswith("text/html"):
        return None
    assert answer.status_code in {200, 400, 409}, f"{path}: {answer.status_code}"
    return without_data(untranslated(answer.content.decode()))


def faults(client: Client, *paths: str) -> dict[str, list[str]]:
    return {path: said for path in paths if (said := seen(client, path))}


@every_model
def test_the_pages_of_a_model(pseudo: Client, model: type[Model]) -> None:
    row = MAKERS[model]()
    pages = [address(model, name, row.pk) for name in ("change", "history", "delete")]
    assert faults(pseudo, list_address(model), *pages, address(model, "add")) == {}


@pytest.mark.parametrize(
    "model",
    [model for model in MAKERS if isinstance(admin_of(model), ActionsAdmin)],
    ids=lambda model: model._meta.label,
)
def test_what_actions_ask_and_what_they_say_to_nothing(pseudo: Client, model: type[Model]) -> None:
    row: Any = MAKERS[model]()
    own: Any = admin_of(model)
    actions = own.object_actions()
    asked = {action: address(model, "action", row.pk, action.slug) for action in actions}
    assert faults(pseudo, *asked.values()) == {}
    refused = {path: said for action, path in asked.items() if action.form and (said := seen(pseudo, path, {}))}
    assert refused == {}


@pytest.mark.parametrize(
    "model", [model for model in MAKERS if model not in NEVER_ADDED], ids=lambda model: model._meta.label
)
def test_what_a_form_says_to_nothing(pseudo: Client, model: type[Model]) -> None:
    assert not seen(pseudo, address(model, "add"), {})


def test_pages_of_their_own(pseudo: Client) -> None:
    names = [str(each.name) for each in admin.site.get_urls() if isinstance(each, URLPattern) and not holes_of(each)]
    names += [
        str(each.name)
        for own in admin.site._registry.values()
        for each in own.get_urls()
        if each.name and not holes_of(each)
    ]
    alone = [reverse(f"admin:{name}") for name in names if name not in {"logout", "jsi18n", "None"}]
    overviews = [reverse("admin:app_list", args=[label]) for label in sorted({each._meta.app_label for each in MAKERS})]
    assert len(alone) > 90
    assert faults(pseudo, *alone, *overviews) == {}


def test_the_home_says_what_waits(pseudo: Client) -> None:
    for make in MAKERS.values():
        make()
    assert faults(pseudo, reverse("admin:index"), reverse("admin:settings")) == {}


def test_tickets_are_moved(pseudo: Client, alice: User) -> None:
    ticket, other = make_ticket(alice), make_ticket(alice)
    for action in ("assign_to", "close_several", "add_tag", "set_priority", "assign_to_me"):
        chosen = {"action": action, ACTION_CHECKBOX_NAME: [ticket.pk, other.pk]}
        assert not seen(pseudo, reverse("admin:support_ticket_changelist"), chosen)
    assert not faults(pseudo, *(address(Ticket, page, ticket.pk) for page in ("merge", "change", "history")))


def test_a_word_outside_the_brackets_is_found(pseudo: Client) -> None:
    tag = MAKERS[Tag]()
    assert without_data([f"Tag {tag.name}", f"{tag.name}, 3"]) == [f"Tag {tag.name}"]
