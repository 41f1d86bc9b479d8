"""Nothing that is stored is left out: of the page "What we store", of the export, of the erasing."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import Model

from accounts.models import User
from accounts.privacy import StoredKind, sections, stored_kinds

OURS = {"accounts", "billing", "vpn", "referrals", "support"}
OTHERS = {"admin.LogEntry", "procrastinate.ProcrastinateJob"}
# Described as a whole: copies of what another has.
WHOLE = {"djstripe"}
# A member of staff is named in them, as in everything that staff do by hand.
STAFF_ONLY = {"vpn.EmergencyStop", "billing.GiftBatch"}
# A column with a person's id and without a foreign key.
NAMES_PEOPLE = {"user_id", "person_id", "actor_id"}


def models_of(names: set[str]) -> set[type[Model]]:
    return {model for app in names for model in apps.get_app_config(app).get_models()}


def described(kinds: Iterable[StoredKind]) -> set[str]:
    """The labels of the models that these describe."""
    return {
        label
        for kind in kinds
        for label in ([kind.model] if "." in kind.model else [model._meta.label for model in models_of({kind.model})])
    }


def models_about_people() -> set[str]:
    """Every model with a path to a person, over however many rows."""
    found: set[type[Model]] = {User}
    models = models_of(OURS | WHOLE) | {apps.get_model(label) for label in OTHERS}
    while True:
        more = {
            model
            for model in models - found
            for field in [*model._meta.concrete_fields, *model._meta.many_to_many]
            if field.related_model in found or field.attname in NAMES_PEOPLE
        }
        if not more:
            return {model._meta.label for model in found}
        found |= more


def test_every_model_is_described_and_no_other() -> None:
    assert described(stored_kinds()) == {model._meta.label for model in models_of(OURS | WHOLE)} | OTHERS


def test_what_leads_to_a_person_is_said_to_be_about_people() -> None:
    said = described(kind for kind in stored_kinds() if kind.about_people)
    assert models_about_people() - said == STAFF_ONLY


def test_what_is_about_people_is_in_the_export_or_says_why_not() -> None:
    names = {section.name for section in sections()}
    for kind in stored_kinds():
        if kind.about_people:
            assert bool(kind.section) != bool(kind.not_exported), kind.model
            assert not kind.section or kind.section in names, kind.model


def test_every_section_has_a_model_behind_it() -> None:
    assert {section.name for section in sections()} == {kind.section for kind in stored_kinds()} - {""}


def test_periods_are_those_of_the_settings() -> None:
    named = {name for kind in stored_kinds() for name in re.findall(r"\{([A-Z_]+)\}", str(kind.kept))}
    assert named >= {"LOGIN_HISTORY_DAYS", "AUDIT_KEPT_DAYS", "MAILS_KEPT_DAYS", "EXPORT_KEPT_DAYS"}
    assert "BILLING_RECORDS_KEPT_DAYS" in named
    for kind in stored_kinds():
        assert "{" not in kind.kept_text
    history = next(kind for kind in stored_kinds() if kind.model == "accounts.LoginHistory")
    assert history.kept_text == f"{settings.LOGIN_HISTORY_DAYS} days."


@pytest.mark.parametrize("label", sorted(models_about_people()))
def test_words_are_there_for_everything(label: str) -> None:
    kind = next((kind for kind in stored_kinds() if kind.model == label), None)
    if kind is not None:
        assert kind.what
        assert kind.why
        assert kind.kept
