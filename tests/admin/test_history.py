"""The history of what staff did is read in the language of whoever reads it, whoever did it."""

from __future__ import annotations

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.utils.translation import override

from accounts.models import User
from nexusvpn.staff_history import said
from tests.factories.support import make_ticket
from vpn.models import Location

pytestmark = pytest.mark.django_db


def changed(*fields: str) -> LogEntry:
    kind = ContentType.objects.get_for_model(Location)
    return LogEntry(content_type=kind, change_message=json.dumps([{"changed": {"fields": list(fields)}}]))


def test_an_action_and_what_was_written_beside_it() -> None:
    entry = LogEntry(change_message="Suspend: Chargeback: twice")
    with override("de"):
        assert said(entry) == "Sperren: Chargeback: twice"
    with override("en"):
        assert said(entry) == "Suspend: Chargeback: twice"


def test_fields_that_were_changed() -> None:
    with override("de"):
        assert said(changed("Country code", "Is active")) == "Ländercode und Aktiv geändert."
    with override("en"):
        assert said(changed("Country code", "Is active")) == "Changed Country code and Is active."


def test_nothing_is_told_of_what_was_erased() -> None:
    with override("de"):
        assert said(LogEntry(change_message="")) == ""


def test_what_is_kept_is_not_in_the_language_of_who_did_it(staff: Client, alice: User) -> None:
    ticket = make_ticket(alice)
    staff.post(f"/admin/support/ticket/{ticket.pk}/priority/", {"priority": "high"}, headers={"Accept-Language": "de"})
    assert LogEntry.objects.get().change_message == "Priority changed"
    page = staff.get(f"/admin/support/ticket/{ticket.pk}/history/", headers={"Accept-Language": "de"})
    assert "Dringlichkeit geändert" in page.content.decode()


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Nobody has changed this here."), ("de", "Hier hat das noch niemand geändert.")]
)
def test_that_nobody_changed_it_is_said_in_a_sentence(staff: Client, alice: User, language: str, words: str) -> None:
    address = f"/admin/support/ticket/{make_ticket(alice).pk}/history/"
    assert words in staff.get(address, headers={"Accept-Language": language}).text
