"""Staff and second factors: the admin asks for theirs, and they take away what customers have lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Notification, Passkey, RecoveryCode, Session, TotpSeed, User
from accounts.services.api_keys import authenticate_api_key, create_api_key
from accounts.services.sessions import authenticate_token
from tests.accounts.browsers import Browser, add_passkey, signed_in_browser
from tests.admin.addresses import action, allow, change
from tests.admin.conftest import browser_with_factor
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.accounts import make_user
from tests.factories.authenticator import Authenticator
from tests.factories.factors import code_of, give_recovery_codes, give_totp
from tests.mails import waiting_mails

WANTED = "/admin/support/ticket/"


def test_staff_without_a_factor_come_in_for_a_day_and_are_told(sam: User) -> None:
    browser = signed_in_browser(sam)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        page = browser.get("/admin/")
        assert page.status_code == 200
        assert "Set up a second factor" in page.text
        sam.refresh_from_db()
        assert sam.staff_factor_due_at == timezone.now() + timedelta(hours=24)
        # Signing in anew begins no second day.
        clock.shift(23 * 3600)
        again = signed_in_browser(sam)
        assert again.get(WANTED).status_code == 200
        clock.shift(3601)
        late = again.get(WANTED, follow=True)
        assert late.redirect_chain[-1] == (f"/settings/security?next={WANTED}", 302)
        assert "Staff need a second factor to open the admin." in late.text
        assert again.post(f"{WANTED}").status_code == 302


def test_without_any_grace_the_admin_never_opens_without_a_factor(sam: User, settings: Any) -> None:
    settings.STAFF_FACTOR_GRACE_HOURS = 0
    assert signed_in_browser(sam).get("/admin/", follow=True).request["PATH_INFO"] == "/settings/security"


def test_setting_a_factor_up_opens_the_admin_at_once(sam: User, settings: Any) -> None:
    settings.STAFF_FACTOR_GRACE_HOURS = 0
    browser = signed_in_browser(sam)
    browser.post("/settings/security/authenticator", {"begin": "yes"})
    assert browser.post("/settings/security/authenticator", {"code": code_of(sam)}).status_code == 200
    page = browser.get("/admin/")
    assert page.status_code == 200
    assert "Set up a second factor" not in page.text


def test_once_the_time_is_over_the_password_alone_adds_no_factor(sam: User) -> None:
    User.objects.filter(pk=sam.pk).update(staff_factor_due_at=timezone.now())
    browser = signed_in_browser(sam)
    page = browser.post("/settings/security/authenticator", {"begin": "yes"}, follow=True)
    assert "Ask a superuser to give you time again." in page.text
    answer = ApiClient(token_of(sam)).post("auth/2fa/setup", {})
    assert (answer.status, answer.code) == (409, "staff_factor_overdue")
    add_passkey(browser, Authenticator())
    assert not TotpSeed.objects.exists()
    assert not sam.has_second_factor()


def test_without_any_grace_there_is_an_hour_to_set_one_up(sam: User, settings: Any) -> None:
    settings.STAFF_FACTOR_GRACE_HOURS = 0
    browser = signed_in_browser(sam)
    browser.get("/admin/")
    User.objects.filter(pk=sam.pk).update(staff_factor_due_at=timezone.now() - timedelta(minutes=59))
    begin = {"begin": "yes"}
    assert browser.post("/settings/security/authenticator", begin)["Location"] == "/settings/security/authenticator"
    User.objects.filter(pk=sam.pk).update(staff_factor_due_at=timezone.now() - timedelta(minutes=61))
    assert browser.post("/settings/security/authenticator", begin)["Location"] == "/settings/security"


def test_a_setup_begun_in_time_is_not_completed_after_it(sam: User) -> None:
    browser = signed_in_browser(sam)
    browser.post("/settings/security/authenticator", {"begin": "yes"})
    User.objects.filter(pk=sam.pk).update(staff_factor_due_at=timezone.now())
    assert browser.post("/settings/security/authenticator", {"code": code_of(sam)}).status_code == 409
    assert not sam.has_second_factor()


def test_a_superuser_gives_time_again(staff: Client, sam: User, helper: User, helper_browser: Client) -> None:
    overdue = timezone.now() - timedelta(days=1)
    colleague = make_user("colleague@example.com", is_staff=True, staff_factor_due_at=overdue)
    allow(helper, "view_user", "change_user")
    assert helper_browser.post(action(colleague, "give-time")).status_code == 403
    assert "Give time for a second factor again" in staff.get(change(colleague)).text
    assert staff.post(action(colleague, "give-time")).status_code == 302
    colleague.refresh_from_db()
    assert colleague.staff_factor_due_at is None
    act = AuditEvent.objects.get(action="staff_factor_time_given")
    assert (act.actor_id, act.person_id) == (sam.pk, colleague.pk)
    assert "Give time for a second factor again" not in staff.get(change(colleague)).text


def test_the_only_superuser_gets_time_at_the_machine(sam: User) -> None:
    User.objects.filter(pk=sam.pk).update(staff_factor_due_at=timezone.now())
    call_command("allow_staff_factor", "Sam@example.com")
    sam.refresh_from_db()
    assert sam.staff_factor_due_at is None
    assert AuditEvent.objects.get(action="staff_factor_time_given").actor_id is None
    for address in (sam.email, "nobody@example.com"):
        with pytest.raises(CommandError):
            call_command("allow_staff_factor", address)


def test_staff_with_a_factor_show_it_whatever_the_grace(sam: User) -> None:
    give_totp(sam)
    browser = Browser()
    browser.force_login(sam)
    asked = browser.get(WANTED, follow=True)
    assert asked.redirect_chain[-1] == (f"/login/code?next={WANTED}", 302)
    before = browser.cookies["session"].value
    answer = browser.post("/login/code", {"code": code_of(sam), "number": "", "next": WANTED})
    assert answer["Location"] == WANTED
    assert browser.cookies["session"].value != before
    assert browser.get(WANTED).status_code == 200


def test_staff_show_a_passkey_too(sam: User) -> None:
    device = Authenticator()
    add_passkey(signed_in_browser(sam), device)
    browser = Browser()
    browser.force_login(sam)
    options = browser.post("/login/code/passkey/options").json()
    form = {"answer": device.show(options), "number": "", "next": WANTED}
    assert browser.post("/login/code/passkey", form)["Location"] == WANTED
    assert browser.get(WANTED).status_code == 200


def test_signing_in_with_password_and_code_leads_into_the_admin(sam: User) -> None:
    give_totp(sam)
    browser = Browser()
    asked = browser.get(WANTED, follow=True).redirect_chain[-1][0]
    assert browser.post(asked, {"email": sam.email, "password": "correct horse battery staple", "next": WANTED})[
        "Location"
    ] == ("/login/code")
    number = browser.get("/login/code").context["number"]
    assert browser.post("/login/code", {"code": code_of(sam), "number": number})["Location"] == WANTED
    assert browser.get(WANTED).status_code == 200


@pytest.mark.parametrize("path", ["/admin/", WANTED, "/admin/jsi18n/", "/admin/password_change/"])
def test_no_page_of_the_admin_opens_with_the_password_alone(sam: User, path: str) -> None:
    give_totp(sam)
    browser = Browser()
    browser.force_login(sam)
    assert browser.get(path)["Location"].startswith("/admin/login/")
    assert browser.get(path, follow=True).request["PATH_INFO"] == "/login/code"


def test_a_customers_factor_opens_no_admin(alice: User) -> None:
    assert browser_with_factor(alice).get("/admin/", follow=True).status_code == 403


def test_support_removes_lost_factors_and_the_person_is_told(staff: Client, sam: User, alice: User) -> None:
    address = action(alice, "remove-factors")
    assert "Remove second factors" not in staff.get(change(alice)).text
    give_totp(alice)
    give_recovery_codes(alice)
    Passkey.objects.create(user=alice, name="Key", credential_id=b"1", credential=b"")
    token = token_of(alice)
    key, _ = create_api_key(user=alice, name="Backups", scopes=["read"])
    assert "Remove second factors" in staff.get(change(alice)).text
    assert "every session and API key ends" in staff.get(address).text
    assert staff.post(address, {"reason": ""}).status_code == 400
    assert TotpSeed.objects.exists()
    assert staff.post(address, {"reason": "ticket 17, invoice number"}).status_code == 302
    for kind in (TotpSeed, Passkey, RecoveryCode):
        assert not kind.objects.exists()
    assert authenticate_token(token) is None
    assert authenticate_api_key(key) is None
    assert not Session.objects.filter(user=alice).exists()
    act = AuditEvent.objects.get(action="second_factors_removed")
    assert (act.actor_id, act.person_id, act.actor_kind) == (sam.pk, alice.pk, "staff")
    assert act.details == {
        "reason": "ticket 17, invoice number",
        "methods": ["totp", "passkey", "recovery_code"],
    }
    [mail] = waiting_mails("second_factor")
    assert (mail.to, mail.subject) == (alice.email, "Your second factors were removed")
    assert Notification.objects.filter(user=alice, title=mail.subject).exists()
    browser = Browser()
    assert browser.give_password(alice)["Location"] == "/dashboard"


def test_it_takes_a_permission_of_its_own(helper: User, helper_browser: Client, alice: User) -> None:
    give_totp(alice)
    allow(helper, "view_user", "change_user", "view_totpseed")
    assert helper_browser.post(action(alice, "remove-factors"), {"reason": "x"}).status_code == 403
    allow(helper, "view_user", "delete_totpseed")
    assert helper_browser.post(action(alice, "remove-factors"), {"reason": "x"}).status_code == 302
    assert not TotpSeed.objects.exists()


def test_nobody_removes_their_own(staff: Client, sam: User) -> None:
    give_totp(sam)
    answer = staff.post(action(sam, "remove-factors"), {"reason": "x"}, follow=True)
    assert "You cannot remove your own second factors here." in answer.text
    assert TotpSeed.objects.exists()


def test_staffs_factors_are_a_superusers_business(helper: User, helper_browser: Client, staff: Client) -> None:
    colleague = make_user("colleague@example.com", is_staff=True)
    give_totp(colleague)
    allow(helper, "view_user", "delete_totpseed")
    assert helper_browser.post(action(colleague, "remove-factors"), {"reason": "x"}).status_code == 403
    assert TotpSeed.objects.exists()
    staff.post(action(colleague, "remove-factors"), {"reason": "x"})
    assert not TotpSeed.objects.exists()
