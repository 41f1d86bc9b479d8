"""The page of settings: each section for whom it concerns, through its service, with old and new values in the audit log."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, RegistrationPolicy, User
from nexusvpn.admin_settings import SettingsSite
from nexusvpn.models import SiteState
from nexusvpn.site_state import set_maintenance
from referrals.models import ReferralProgramme
from tests.admin.addresses import allow

pytestmark = pytest.mark.django_db
PAGE = "/admin/settings/"
RULES = {"mode": "first", "months": 12, "refund_days": 30, "hold_days": 30, "network_limit": 3}


def section(slug: str) -> str:
    return reverse("admin:settings_section", args=[slug])


def version_in(page: str, slug: str) -> str:
    part = page.split(f'id="{slug}"')[1]
    return part.split('name="version" value="')[1].split('"')[0]


def test_the_page_gathers_what_is_changed_while_the_service_runs(staff: Client) -> None:
    page = staff.get(PAGE).content.decode()
    for slug in ("maintenance", "registration", "plans", "referrals", "reward", "environment"):
        assert f'id="{slug}"' in page
    assert settings.SUPPORT_HOURS in page
    assert PAGE in staff.get("/admin/").content.decode()


def test_registration_is_closed_with_the_values_before_and_after_in_the_log(staff: Client, sam: User) -> None:
    answer = staff.post(section("registration"), {"mode": "closed", "accounts_an_hour": "20"})
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    policy = RegistrationPolicy.objects.get()
    assert (policy.mode, policy.accounts_an_hour) == ("closed", 20)
    act = AuditEvent.objects.get(action="staff_changed")
    assert act.actor_id == sam.pk
    assert act.details == {"mode": ["open", "closed"], "accounts_an_hour": ["None", "20"]}
    staff.post(section("registration"), {"mode": "open", "accounts_an_hour": ""})
    assert AuditEvent.objects.filter(action="staff_changed").first().details["mode"] == ["closed", "open"]  # type: ignore[union-attr]


def test_when_the_rules_were_changed_is_told(staff: Client) -> None:
    staff.post(section("registration"), {"mode": "closed", "accounts_an_hour": ""})
    RegistrationPolicy.objects.update(changed_at=datetime(2026, 1, 1, tzinfo=UTC))
    staff.post(section("registration"), {"mode": "open", "accounts_an_hour": ""})
    assert RegistrationPolicy.objects.get().changed_at > datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("slug", "mine", "theirs"),
    [
        ("registration", {"mode": "open", "accounts_an_hour": "20"}, {"mode": "closed", "accounts_an_hour": ""}),
        ("maintenance", {"note": ""}, {"on": "on", "note": "New disks"}),
    ],
)
def test_an_older_page_takes_nothing_back_unseen(
    staff: Client, slug: str, mine: dict[str, str], theirs: dict[str, str]
) -> None:
    seen = version_in(staff.get(PAGE).text, slug)
    assert staff.post(section(slug), {**theirs, "version": seen}).status_code == 302
    answer = staff.post(section(slug), {**mine, "version": seen})
    assert answer.status_code == 409
    assert "A colleague has changed this meanwhile." in answer.text
    held = RegistrationPolicy.objects.get().mode if slug == "registration" else SiteState.objects.get().maintenance
    assert held in ("closed", True)
    assert staff.post(section(slug), {**mine, "version": version_in(answer.text, slug)}).status_code == 302


def test_a_refused_page_stays_as_old_as_it_was(staff: Client) -> None:
    seen = version_in(staff.get(PAGE).text, "maintenance")
    theirs = {"on": "on", "note": "New disks"}
    assert staff.post(section("maintenance"), {**theirs, "version": seen}).status_code == 302
    refused = staff.post(section("maintenance"), {"note": "", "until": "soon", "version": seen})
    assert refused.status_code == 400
    mended = {"note": "", "version": version_in(refused.text, "maintenance")}
    assert staff.post(section("maintenance"), mended).status_code == 409
    assert SiteState.objects.get().maintenance_note == "New disks"


def test_what_is_saved_while_the_page_is_made_makes_it_an_older_one(
    staff: Client, sam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = next(each for each in SettingsSite.sections if each.slug == "maintenance")
    make = held.form
    assert make is not None

    def form_before_a_colleague_saves(request: HttpRequest, data: Any) -> Any:
        form = make(request, data)
        set_maintenance(on=True, note="New disks", until=None, staff=sam)
        return form

    with monkeypatch.context() as patched:
        patched.setattr(admin.site, "sections", [replace(held, form=form_before_a_colleague_saves)])
        seen = version_in(staff.get(PAGE).text, "maintenance")
    assert staff.post(section("maintenance"), {"note": "", "version": seen}).status_code == 409


def test_maintenance_begins_and_ends(staff: Client) -> None:
    staff.post(section("maintenance"), {"on": "on", "note": "New disks", "until": "2030-01-01T10:00"})
    state = SiteState.objects.get()
    assert (state.maintenance, state.maintenance_note) == (True, "New disks")
    assert f"{state.maintenance_until:%H:%M}" == "10:00"
    staff.post(section("maintenance"), {"note": ""})
    assert not SiteState.objects.get().maintenance
    acts = AuditEvent.objects.filter(target_type__icontains="sitestate").values_list("action", flat=True)
    assert set(acts) == {"maintenance_started", "maintenance_ended"}


def test_what_the_rules_refuse_is_shown_at_its_field_and_nothing_is_written(staff: Client) -> None:
    answer = staff.post(section("referrals"), {**RULES, "hold_days": 3})
    assert answer.status_code == 400
    assert "Not fewer than the refund window" in answer.content.decode()
    assert not ReferralProgramme.objects.filter(hold_days=3).exists()
    answer = staff.post(section("maintenance"), {"on": "on", "note": "x" * 301})
    assert answer.status_code == 400
    assert not SiteState.objects.filter(maintenance=True).exists()


def test_the_programme_is_opened(staff: Client) -> None:
    assert staff.post(section("referrals"), {**RULES, "is_open": "on"}).status_code == 302
    assert ReferralProgramme.objects.get().is_open
    assert AuditEvent.objects.get(action="staff_changed").details == {"is_open": ["False", "True"]}


def test_who_may_see_a_section_may_not_change_it_and_sees_no_other(helper: User, helper_browser: Client) -> None:
    assert helper_browser.get(PAGE).status_code == 403
    assert "Settings</a>" not in helper_browser.get("/admin/").content.decode()
    allow(helper, "view_registrationpolicy")
    page = helper_browser.get(PAGE).content.decode()
    assert 'id="registration"' in page
    assert 'id="maintenance"' not in page
    assert "Save Registration" not in page
    assert helper_browser.post(section("registration"), {"mode": "closed"}).status_code == 403
    allow(helper, "change_registrationpolicy")
    assert helper_browser.post(section("registration"), {"mode": "closed"}).status_code == 302


def test_what_is_no_section_or_has_no_form_is_not_posted_to(staff: Client) -> None:
    assert staff.post(section("nothing")).status_code == 404
    assert staff.post(section("environment")).status_code == 403
    assert staff.get(section("registration")).status_code == 405
