"""What every form of staff asks for, and what the page of an action says it is about."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from accounts.models import User
from billing.models import Coupon, PlanPrice, PromotionCode
from nexusvpn.admin_actions import ActionsAdmin
from referrals.models import RewardAmount
from support.models import Announcement, Article, LegalPage
from tests.admin.addresses import allow, change, page
from tests.admin.rows import MAKERS
from tests.admin.test_every_model import NEVER_BY_HAND, NOT_ADDED, REGISTERED, address, admin_of
from vpn.models import Location, LocationCost

added_by_hand = pytest.mark.parametrize(
    "model",
    [model for model in REGISTERED if model._meta.label not in NEVER_BY_HAND | NOT_ADDED],
    ids=lambda model: model._meta.label,
)
with_actions = pytest.mark.parametrize(
    "model",
    [model for model in REGISTERED if isinstance(admin_of(model), ActionsAdmin)],
    ids=lambda model: model._meta.label,
)


@added_by_hand
def test_a_form_does_not_lead_to_deleting_what_is_chosen_in_it(staff: Client, model: type[Model]) -> None:
    for place in (address(model, "add"), change(MAKERS[model]())):
        assert "related-widget-wrapper-link" not in page(staff, place)


@added_by_hand
def test_what_is_added_has_no_facts_yet(staff: Client, model: type[Model]) -> None:
    text = page(staff, address(model, "add"))
    fields = text.partition('<fieldset class="module aligned')[2].partition("inline-group")[0]
    assert "<input" in fields or "<select" in fields
    assert 'class="readonly"' not in fields


@added_by_hand
def test_a_moment_is_asked_for_in_utc(staff: Client, model: type[Model]) -> None:
    rows = page(staff, address(model, "add")).split('<div class="form-row')
    assert [row for row in rows if "vDateField" in row and "vTimeField" in row and "In UTC." not in row] == []


HOW_IT_IS_TYPED: list[tuple[type[Model], str]] = [
    (Announcement, "Markdown;"),
    (Article, "Markdown;"),
    (LegalPage, "Markdown;"),
    (Coupon, "Three letters,"),
    (PromotionCode, "Three letters,"),
    (PlanPrice, "Three letters,"),
    (RewardAmount, "Three letters,"),
    (LocationCost, "Three letters,"),
    (LocationCost, "Any day of it."),
    (Location, "ISO 3166-1"),
]


@pytest.mark.parametrize(("model", "words"), HOW_IT_IS_TYPED, ids=lambda each: getattr(each, "__name__", each))
def test_how_a_value_is_typed_is_not_said_of_one_that_can_only_be_read(
    staff: Client, helper: User, helper_browser: Client, model: type[Model], words: str
) -> None:
    row = MAKERS[model]()
    allow(helper, f"view_{model._meta.model_name}")
    assert words in page(staff, address(model, "add"))
    assert words not in page(helper_browser, change(row))


@with_actions
def test_the_page_of_an_action_says_what_it_is_about_and_whose_that_is(staff: Client, model: type[Model]) -> None:
    row: Any = model._base_manager.get(pk=MAKERS[model]().pk)
    for found, url in staff.get(change(row)).context["object_actions"]:
        answer = staff.get(url)
        if answer.status_code != 200:
            continue
        heading = re.search(r"</h1>\s*<h2>(.*?)</h2>", answer.text)
        assert heading, found.slug
        assert str(getattr(row, "user", None) or row) in unescape(heading[1])
