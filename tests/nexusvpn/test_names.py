"""The names of models and of their columns are texts like all others, and migrations know nothing of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db.migrations.state import ModelState
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import override

from nexusvpn.names import APPS, named
from vpn.models import IpAssignment, VpnConfig, Watch

MODELS = [model for app in APPS for model in apps.get_app_config(app).get_models()]


def field_of(model: Any, name: str) -> Any:
    return model._meta.get_field(name)


def test_names_follow_the_language_of_whoever_looks() -> None:
    with override("de"):
        assert str(field_of(VpnConfig, "public_key").verbose_name) == "öffentlicher Schlüssel"
        assert str(capfirst(field_of(VpnConfig, "created_at").verbose_name)) == "Erstellt am"
        assert str(IpAssignment._meta.verbose_name_plural) == "Adresszuteilungen"
        assert str(apps.get_app_config("accounts").verbose_name) == "Konten"
    with override("en"):
        assert str(field_of(VpnConfig, "public_key").verbose_name) == "public key"
        assert str(IpAssignment._meta.verbose_name_plural) == "IP assignments"
        assert str(Watch._meta.verbose_name_plural) == "watches"
        assert IpAssignment._meta.verbose_name_raw == "IP assignment"
        assert str(apps.get_app_config("accounts").verbose_name) == "Accounts"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_name_is_translatable(model: Any) -> None:
    own = [*model._meta.local_fields, *model._meta.local_many_to_many]
    names = [model._meta.verbose_name, model._meta.verbose_name_plural, *(field.verbose_name for field in own)]
    assert [name for name in names if not isinstance(name, Promise)] == []


def test_catalogues_get_the_name_of_a_column_with_its_context() -> None:
    assert ("field", "public key") in named["vpn"]
    assert ("model", "watches") in named["vpn"]


def test_a_models_state_in_migrations_has_none_of_it() -> None:
    state = ModelState.from_model(IpAssignment)
    assert not {"verbose_name", "verbose_name_plural"} & set(state.options)
    assert "verbose_name" not in state.fields["created_at"].deconstruct()[3]
    assert str(ModelState.from_model(Watch).options["verbose_name_plural"]) == "watches"
