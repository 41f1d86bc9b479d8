"""What pages call a row and its list: by who and what it is, in one word for one thing, and never by a key."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db.models import AutoField, Model, UUIDField
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.translation import override
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import TotpSeed, User
from nexusvpn.admin_menu import NAMES
from support.models import CannedReply
from tests.admin.addresses import change, page
from tests.admin.rows import MAKERS
from tests.admin.rows.accounts import new_session
from tests.admin.test_every_model import NEVER_BY_HAND, OURS, REGISTERED, address

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ours = pytest.mark.parametrize(
    "model", [model for model in REGISTERED if model._meta.app_label in OURS], ids=lambda model: model._meta.label
)
by_hand = pytest.mark.parametrize(
    "model",
    [model for model in REGISTERED if model._meta.label not in NEVER_BY_HAND],
    ids=lambda model: model._meta.label,
)


def way(text: str) -> list[str]:
    """The breadcrumbs of a page."""
    found = re.search(r'<div class="breadcrumbs">(.*?)</div>', text, re.DOTALL)
    assert found
    assert not re.search(r'href="/admin/\w+/"', found[1]), "the page of an app"
    return [step.strip() for step in strip_tags(found[1]).split("&rsaquo;")]


def in_german(staff: Client, address: str) -> str:
    return staff.get(address, headers={"Accept-Language": "de"}).text


@pytest.mark.django_db
@ours
def test_a_row_is_not_called_by_its_key(model: type[Model]) -> None:
    row: Any = model._base_manager.get(pk=MAKERS[model]().pk)
    name = str(row)
    assert not UUID.search(name)
    if isinstance(model._meta.pk, (AutoField, UUIDField)):
        row.pk = uuid4() if isinstance(model._meta.pk, UUIDField) else 4_711_000
        assert str(row) == name


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "de"])
@ours
def test_no_line_parts_a_moment_in_a_name(model: type[Model], language: str) -> None:
    row: Any = model._base_manager.get(pk=MAKERS[model]().pk)
    with override(language):
        assert not re.search(r"\d{4}, \d\d:\d\d", str(row))


@pytest.mark.django_db
def test_a_page_says_whose_row_it_is(staff: Client) -> None:
    seed = MAKERS[TotpSeed]()
    text = page(staff, change(seed))
    assert re.search(rf"<h1>Authenticator apps</h1>\s*<h2>{seed.user.email}</h2>", text)
    assert way(text) == ["Home", "Authenticator apps", seed.user.email]


@by_hand
@pytest.mark.parametrize("language", ["en", "de"])
def test_what_is_added_is_called_as_its_list_is(model: type[Model], language: str) -> None:
    with override(language):
        assert str(model._meta.verbose_name_plural).casefold() == str(NAMES[model.__name__]).casefold()


@pytest.mark.django_db
def test_a_list_and_what_is_added_to_it_are_called_alike(staff: Client) -> None:
    assert ">Add prepared answer</a>" in page(staff, address(CannedReply, "changelist"))
    text = page(staff, address(CannedReply, "add"))
    assert "<h1>Add prepared answer</h1>" in text
    assert way(text) == ["Home", "Prepared answers", "Add prepared answer"]
    assert ">Add role</a>" in page(staff, address(Group, "changelist"))
    assert ">Rolle hinzufügen</a>" in in_german(staff, address(Group, "changelist"))


@pytest.mark.django_db
def test_the_way_to_a_page_names_the_lists_of_the_menu_and_no_app(staff: Client) -> None:
    role, job = MAKERS[Group](), MAKERS[ProcrastinateJob]()
    assert way(page(staff, address(ProcrastinateJob, "changelist"))) == ["Home", "Jobs"]
    assert way(page(staff, change(job)))[:2] == ["Home", "Jobs"]
    assert way(page(staff, address(Group, "changelist"))) == ["Home", "Roles"]
    assert way(page(staff, change(role))) == ["Home", "Roles", role.name]
    assert way(page(staff, address(Group, "history", role.pk))) == ["Home", "Roles", role.name, "History"]
    assert way(page(staff, address(Group, "delete", role.pk))) == ["Home", "Roles", role.name, "Delete"]
    assert way(page(staff, reverse("admin:billing_ledgerentry_reports")))[:2] == ["Home", "Ledger"]
    session = new_session()
    assert way(page(staff, change(session)))[:2] == ["Home", "Sessions"]


@pytest.mark.django_db
def test_the_page_of_a_password_lies_below_the_person(staff: Client, alice: User) -> None:
    password = reverse("admin:auth_user_password_change", args=[alice.pk])
    assert way(page(staff, password)) == ["Home", "People", alice.email, "Change password"]
    text = in_german(staff, password)
    assert way(text) == ["Start", "Personen", alice.email, "Passwort ändern"]
    assert "Gib dasselbe Passwort noch einmal ein" in text
    assert "selbe Passwort zur" not in text
    alice.set_unusable_password()
    alice.save(update_fields=["password"])
    assert way(page(staff, password))[-1] == "Set password"
    assert f"<h1>Passwort setzen: {alice.email}</h1>" in in_german(staff, password).replace("<wbr>", "")


def own_data(row: Any) -> set[str]:
    """What somebody entered or another program gave, in the row or in one that it refers to: written as it came."""
    found: set[str] = set()
    for field in row._meta.fields:
        if field.is_relation:
            held = getattr(row, field.name)
            found |= own_data(held) if held is not None else set()
        elif getattr(row, field.attname) not in [choice for choice, _label in field.flatchoices]:
            found.add(str(getattr(row, field.attname)))
    return found - {""}


@pytest.mark.parametrize(
    "model", [model for model in MAKERS if model in REGISTERED], ids=lambda model: model._meta.label
)
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_rows_page_is_headed_like_a_sentence(staff: Client, model: type[Model], language: str) -> None:
    row = model._base_manager.get(pk=MAKERS[model]().pk)
    text = staff.get(change(row), headers={"Accept-Language": language}).text
    # A ticket is headed by its subject, all others by their list and then by their own name.
    found = re.search(r"<h1>([^<]*)</h1>(?:\s*<h2>(.*?)</h2>)?", text, re.DOTALL)
    assert found
    heading = unescape(strip_tags(found[2] or found[1])).strip()
    assert not heading[0].islower() or heading.startswith(tuple(own_data(row))), heading


STATES = [
    (model, field)
    for model in REGISTERED
    for field in model._meta.fields
    if field.name in ("state", "status", "standing")
]


@pytest.mark.parametrize("language", ["en", "de"])
def test_where_a_row_stands_has_one_heading_and_every_state_a_capital_letter(language: str) -> None:
    with override(language):
        headings = {str(field.verbose_name) for _model, field in STATES if field.name != "standing"}
        labels = [str(label) for _model, field in STATES for _value, label in field.flatchoices]
    assert headings == {"en": {"state"}, "de": {"Status"}}[language]
    assert labels
    assert [label for label in labels if not label[0].isupper()] == []
