"""A table that has one row opens that row; while it has none, its list says what holds."""

from __future__ import annotations

import re

import pytest
from django.db.models import Model
from django.test import Client

from accounts.models import AuditEvent, RegistrationPolicy, User
from billing.models import RecurringCount
from referrals.models import ReferralProgramme
from tests.admin.addresses import allow, change, page, shown
from tests.admin.rows import MAKERS
from tests.admin.test_every_model import address

pytestmark = pytest.mark.django_db
ONLY_ROWS = (RegistrationPolicy, ReferralProgramme, RecurringCount)
of_each = pytest.mark.parametrize("model", ONLY_ROWS, ids=lambda model: model.__name__)


@of_each
def test_what_the_menu_leads_to_is_the_row_itself(staff: Client, model: type[Model]) -> None:
    row = MAKERS[model]()
    opened = staff.get(address(model, "changelist"))
    assert (opened.status_code, opened.headers["Location"]) == (302, change(row))
    text = page(staff, change(row))
    way = text.split('class="breadcrumbs"', 1)[1].split("</div>", 1)[0]
    assert address(model, "changelist") not in way
    assert "Back to the list" not in text


@of_each
def test_its_page_says_its_name_once(staff: Client, model: type[Model]) -> None:
    text = page(staff, change(MAKERS[model]()))
    title = re.findall(r"<title>(.*?)</title>", text)[0].split(" | ")
    headings = re.findall(r"<h[12]>(.*?)</h[12]>", text.replace("<wbr>", ""))
    assert len(title) == len(set(title))
    assert len(headings) == len(set(headings))


@of_each
def test_while_there_is_none_the_list_says_what_holds(staff: Client, model: type[Model]) -> None:
    model._base_manager.all().delete()
    assert 'id="changelist"' in page(staff, address(model, "changelist"))


@of_each
def test_who_looks_for_something_gets_a_list(staff: Client, model: type[Model]) -> None:
    MAKERS[model]()
    assert 'id="changelist"' in page(staff, address(model, "changelist") + "?q=2026")


@of_each
def test_who_may_not_see_it_is_not_led_there(helper_browser: Client, model: type[Model]) -> None:
    MAKERS[model]()
    assert helper_browser.get(address(model, "changelist")).status_code == 403


def test_who_saves_it_stays_on_it_and_is_told(staff: Client) -> None:
    row = MAKERS[RegistrationPolicy]()
    answer = staff.post(
        change(row), {"mode": "closed", "accounts_an_hour": "", **shown(staff, change(row))}, follow=True
    )
    assert answer.redirect_chain[-1] == (change(row), 302)
    assert "was changed successfully" in answer.text
    assert AuditEvent.objects.filter(target_type="accounts.registrationpolicy").exists()


def test_who_may_only_look_is_led_there_too(helper: User, helper_browser: Client) -> None:
    row = MAKERS[ReferralProgramme]()
    allow(helper, "view_referralprogramme")
    answer = helper_browser.get(address(ReferralProgramme, "changelist"), follow=True)
    assert answer.redirect_chain == [(change(row), 302)]
    assert answer.status_code == 200


@of_each
def test_the_way_to_its_history_names_it_once(staff: Client, model: type[Model]) -> None:
    text = page(staff, address(model, "history", MAKERS[model]().pk))
    way = text.split('class="breadcrumbs"', 1)[1].split("</div>", 1)[0]
    assert address(model, "changelist") + '"' not in way
    assert len(re.findall("<a ", way)) == 2
