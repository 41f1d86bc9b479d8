"""What the admin's pages leave out cannot be found out by filters either."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import FieldListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.test import Client, RequestFactory
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import AuditEvent, Mail, Session, User
from billing.models import CheckoutSession, GiftCode, Invoice, StripeOrder
from tests.admin.addresses import allow
from tests.admin.rows import MAKERS
from vpn.models import IpAssignment

SECRETS = [
    (Session, "key_hash"),
    (Session, "data"),
    (Mail, "content"),
    (CheckoutSession, "url"),
    (GiftCode, "code_hash"),
    (StripeOrder, "parameters"),
    (IpAssignment, "preshared_key"),
]


def list_of(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.mark.parametrize(("model", "column"), SECRETS, ids=lambda value: getattr(value, "__name__", value))
def test_no_list_answers_for_a_column_that_it_hides(staff: Client, model: Any, column: str) -> None:
    MAKERS[model]()
    for lookup in (column, f"{column}__startswith", f"{column}__isnull"):
        assert staff.get(list_of(model), {lookup: "1"}).status_code == 400, lookup


REFUSED = (
    "email__regex",
    "email__startswith",
    "referred_by__email__iregex",
    "date_joined__year",
    "date_joined__year__gte",
    "date_joined__range",
)


def test_lists_know_no_lookups_but_those_that_filters_use(staff: Client) -> None:
    for lookup in REFUSED:
        assert staff.get(list_of(User), {lookup: "-1"}).status_code == 400, lookup
    assert staff.get(list_of(Session), {"ip_address": "no address"}).status_code == 400
    # Lists of values, and what a list computes for its rows.
    assert staff.get(list_of(Invoice), {"promotion_codes": "x"}).status_code == 400
    assert staff.get(list_of(AuditEvent), {"actor_email__regex": "("}).status_code == 400


@pytest.mark.parametrize("lookup", ["status", "status__exact", "status__in", "status__gt"])
def test_jobs_are_filtered_by_the_states_that_there_are(staff: Client, lookup: str) -> None:
    assert staff.get(list_of(ProcrastinateJob), {lookup: "lost"}).status_code == 400
    assert staff.get(list_of(ProcrastinateJob), {lookup: "failed"}).status_code == 200


def test_what_is_shown_is_filtered_by_as_before(helper: User, helper_browser: Client, alice: User) -> None:
    allow(helper, "view_session", "view_mail")
    for model in (Session, Mail):
        assert helper_browser.get(list_of(model), {"user__id__exact": str(alice.pk)}).status_code == 200
        assert helper_browser.get(list_of(model), {"pk__in": "d7e4f9a8-0000-4000-8000-000000000000"}).status_code == 200


def test_every_filter_of_a_list_still_works(rf: RequestFactory, sam: User) -> None:
    request = rf.get("/")
    request.user = sam
    for model, own in admin.site._registry.items():
        choices: Any = own.get_list_filter(request)
        for choice in choices:
            path, kind = choice if isinstance(choice, tuple) else (choice, FieldListFilter.create)
            if not isinstance(path, str):
                assert own.lookup_allowed(path.parameter_name, "1", request)
                continue
            field = get_fields_from_path(model, path)[-1]
            made: Any = kind(field, request, {}, model, own, field_path=path)
            for name in made.expected_parameters():
                assert own.lookup_allowed(name, "1", request), f"{own.opts.label} {name}"
