"""The admin in German calls whoever works there "du", on every page."""

from __future__ import annotations

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from billing.models import LedgerEntry
from nexusvpn.admin_actions import ActionsAdmin
from support.models import Ticket
from tests.admin.addresses import change
from tests.admin.rows import MAKERS
from tests.admin.rows.billing import new_entry
from tests.admin.test_every_model import address, admin_of, every_model, list_address
from tests.factories.support import make_ticket
from tests.german import formal_words, texts_of
from tests.queries import forget_counts
from vpn.models import EmergencyStop

pytestmark = pytest.mark.django_db


def formal_on(client: Client, path: str) -> list[str]:
    forget_counts()
    answer = client.get(path, headers={"Accept-Language": "de"})
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        return []
    return formal_words(texts_of(answer.text))


@every_model
def test_the_pages_of_a_model(staff: Client, model: type[Model]) -> None:
    row = MAKERS[model]()
    own = admin_of(model)
    paths = [list_address(model), address(model, "add")]
    paths += [address(model, name, row.pk) for name in ("change", "history", "delete")]
    if isinstance(own, ActionsAdmin):
        paths += [address(model, "action", row.pk, action.slug) for action in own.object_actions()]
    assert {path: said for path in paths if (said := formal_on(staff, path))} == {}


@pytest.mark.parametrize("name", ["index", "settings"])
def test_the_home_and_the_settings(staff: Client, name: str) -> None:
    assert formal_on(staff, reverse(f"admin:{name}")) == []


def test_nouns_keep_their_capital_where_only_the_first_letter_is_another(staff: Client) -> None:
    EmergencyStop.objects.create(scope=EmergencyStop.Scope.FLEET, reason="A leak")
    entry = new_entry(account=LedgerEntry.Account.CREDIT)
    assert entry.user is not None
    ticket = make_ticket(entry.user)
    Ticket.objects.filter(pk=make_ticket(entry.user, subject="The other").pk).update(status=Ticket.Status.ANSWERED)
    said = {
        reverse("admin:vpn_emergencystop_changelist"): "Die ganze Flotte</a></th>",
        change(entry.user): "Guthaben eines Kunden",
        reverse("admin:support_ticket_merge", args=[ticket.pk]): "The other (wartet auf die Person, ",
    }
    pages = {path: staff.get(path, headers={"Accept-Language": "de"}).text for path in said}
    assert [path for path, words in said.items() if words not in pages[path]] == []


def test_a_formal_word_is_found_and_one_that_begins_a_sentence_is_not() -> None:
    formal, others = "Sind Sie sicher?", ["Die Datei ist leer. Sie wird gelöscht.", "Ihre Server"]
    assert formal_words([formal, *others]) == [formal]
