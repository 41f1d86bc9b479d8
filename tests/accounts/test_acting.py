"""Staff who act as a customer: what they see and may do, who can read that they did, and what ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from accounts.activity import acts_of
from accounts.models import AuditEvent, KnownClient, LoginHistory, Notification, Session, User
from accounts.services.acting import LASTS, start_acting
from accounts.services.suspension import suspend_account
from nexusvpn.errors import NotAllowed
from tests.admin.addresses import TOO_LATE, action, allow
from tests.admin.conftest import browser_with_factor
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.vpn import make_location, make_server
from tests.queries import recorded_queries
from tests.vpn.acting import add
from vpn.models import VpnConfig

REASON = {"reason": "Ticket 7: cannot see a device"}
BANNER = "You see the account of"


@pytest.fixture
def helper(db: None) -> User:
    helper = make_user("helper@example.com", is_staff=True)
    allow(helper, "view_user", "act_as_user")
    return helper


@pytest.fixture
def browser(helper: User) -> Client:
    return browser_with_factor(helper)


@pytest.fixture
def acting(browser: Client, alice: User) -> Client:
    """The helper's browser, which shows Alice's pages."""
    assert browser.post(action(alice, "act-as"), REASON).headers["Location"] == "/dashboard"
    return browser


def acts(user: User) -> list[str]:
    return list(AuditEvent.objects.filter(person_id=user.pk).order_by("pk").values_list("action", flat=True))


def test_the_pages_are_the_customers_with_a_banner_and_the_admin_stays_staffs(
    acting: Client, alice: User, helper: User
) -> None:
    page = acting.get("/settings").text.replace("<wbr>", "")
    assert BANNER in page
    assert alice.email in page
    assert helper.email in page
    admin = acting.get("/admin/").text
    assert BANNER not in admin
    assert f"<strong>{helper.email}</strong>" in admin


def test_it_is_asked_first_and_needs_a_reason(browser: Client, alice: User) -> None:
    assert "30 minutes" in browser.get(action(alice, "act-as")).text
    assert browser.post(action(alice, "act-as"), {}).status_code == 400
    assert BANNER not in browser.get("/settings").text


def test_the_customer_reads_who_looked_why_and_until_when(acting: Client, alice: User, helper: User) -> None:
    acting.post("/acting/end")
    ended, started = [act for act in acts_of(alice) if act["action"].startswith("acting_")]
    assert started["text"] == "Our staff looked at your account"
    assert started["by"] == "staff"
    assert started["ip_address"] is None
    assert started["details"]["reason"] == REASON["reason"]
    assert ended["details"] == {"why": "asked"}
    assert set(AuditEvent.objects.filter(action__startswith="acting_").values_list("actor_id", flat=True)) == {
        helper.pk
    }


def test_ending_it_leads_back_to_the_customers_page_of_the_admin(acting: Client, alice: User) -> None:
    answer = acting.post("/acting/end")
    assert answer.headers["Location"] == f"/admin/accounts/user/{alice.pk}/change/"
    assert BANNER not in acting.get("/settings").text
    assert acting.post("/acting/end").headers["Location"] == "/admin/"
    assert acts(alice).count("acting_ended") == 1


def test_a_harmless_write_is_done_and_written_down_as_the_member_of_staffs(
    acting: Client, alice: User, helper: User
) -> None:
    make_server(make_location("ams"))
    device = add(alice)
    assert acting.post(f"/devices/{device.pk}/suspend").status_code == 302
    assert VpnConfig.objects.get(pk=device.pk).suspended_by == "customer"
    written = AuditEvent.objects.get(action="acting_wrote")
    assert (written.actor_id, written.person_id, written.actor_kind) == (helper.pk, alice.pk, "staff")
    assert written.details == {"page": "device-suspend"}


def test_what_a_service_writes_down_in_the_customers_name_was_done_by_staff(
    acting: Client, alice: User, helper: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.acting_middleware.WRITES", {"settings-notifications"})
    monkeypatch.setattr("accounts.services.acting.WRITES", {"settings-notifications"})
    acting.post("/settings/notifications", {})
    changes = AuditEvent.objects.filter(action="mail_choice_changed")
    assert changes
    assert {(each.actor_id, each.person_id, each.actor_kind) for each in changes} == {(helper.pk, alice.pk, "staff")}


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/settings", {"full_name": "Changed"}),
        ("/settings/notifications", {}),
        ("/settings/password", {"old_password": PASSWORD, "password": "a new long sentence"}),
        ("/settings/email", {"email": "taken@example.com", "password": PASSWORD}),
        ("/settings/privacy/export", {}),
        ("/settings/privacy/delete", {"password": PASSWORD}),
        ("/settings/sessions/end-others", {}),
        ("/settings/api-keys", {"name": "Mine", "scopes": ["read"]}),
        ("/settings/security/authenticator", {"begin": "1"}),
        ("/devices/new", {"name": "Theirs"}),
        ("/support", {"subject": "Not mine", "message": "Written by somebody else."}),
        ("/billing/checkout", {"plan": "pro"}),
        ("/billing/gift", {"code": "x"}),
        ("/login", {"email": "alice@example.com", "password": PASSWORD}),
    ],
)
def test_what_is_the_customers_alone_is_refused_and_written_down(
    acting: Client, alice: User, helper: User, path: str, form: dict[str, Any]
) -> None:
    before = User.objects.filter(pk=alice.pk).values().get()
    answer = acting.post(path, form)
    assert answer.status_code == 403
    assert "can be done by the customer alone" in answer.text
    assert User.objects.filter(pk=alice.pk).values().get() == before
    denied = AuditEvent.objects.get(action="denied")
    assert (denied.actor_id, denied.person_id, denied.details["acting"]) == (helper.pk, None, True)


def test_language_and_colours_are_staffs_own_view_and_not_the_customers(
    acting: Client, alice: User, helper: User
) -> None:
    User.objects.filter(pk__in=(alice.pk, helper.pk)).update(language="en")
    answer = acting.post("/appearance", {"language": "de", "theme": "dark", "next": "/settings"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/settings")
    page = acting.get("/settings").text
    assert '<html lang="de"' in page
    assert '<meta name="color-scheme" content="dark">' in page
    assert list(User.objects.filter(pk__in=(alice.pk, helper.pk)).values_list("language", flat=True)) == ["en", "en"]
    assert not AuditEvent.objects.filter(action__in=("acting_wrote", "denied")).exists()


@pytest.mark.parametrize(
    "path", ["/settings/privacy/export/file", "/settings/security/authenticator", "/login/code", "/devices/new"]
)
def test_what_holds_or_makes_secrets_is_not_even_shown(acting: Client, path: str) -> None:
    assert acting.get(path).status_code == 403


def test_a_configuration_is_not_shown(acting: Client, alice: User) -> None:
    make_server(make_location("ams"))
    device = add(alice)
    for page in ("config", "config/file", "config/profile", "config/bundle", "rotate-key"):
        assert acting.get(f"/devices/{device.pk}/{page}").status_code == 403, page
    assert acting.get(f"/devices/{device.pk}").status_code == 200


def test_nothing_of_the_customers_own_sign_ins_is_touched(browser: Client, alice: User) -> None:
    own = Client()
    own.force_login(alice)
    Session.objects.filter(user=alice).update(last_seen_at=timezone.now() - timedelta(hours=1))
    User.objects.filter(pk=alice.pk).update(last_login=None)

    def told() -> Any:
        tables = (Session, KnownClient, LoginHistory)
        user = User.objects.filter(pk=alice.pk).values().get()
        return user, [list(model._default_manager.filter(user=alice).values()) for model in tables]

    before = told()
    browser.post(action(alice, "act-as"), REASON)
    for path in ("/dashboard", "/settings/sessions", "/settings/security", "/notifications"):
        assert BANNER in browser.get(path).text
    browser.post("/acting/end")
    assert told() == before


def test_it_ends_by_itself(acting: Client, alice: User, helper: User) -> None:
    session = Session.objects.get(user=helper)
    assert session.acting_until is not None
    assert timedelta(0) < LASTS - (session.acting_until - timezone.now()) < timedelta(minutes=1)
    Session.objects.filter(user=helper).update(acting_until=timezone.now())
    assert BANNER not in acting.get("/settings").text
    assert not Session.objects.exclude(acting_for=None, acting_until=None).exists()
    assert AuditEvent.objects.get(action="acting_ended").details == {"why": "expired"}


def test_it_ends_with_the_right_to_it(acting: Client, helper: User) -> None:
    allow(helper, "view_user")
    assert BANNER not in acting.get("/settings").text
    allow(helper, "view_user", "act_as_user")
    assert BANNER not in acting.get("/settings").text


@pytest.mark.parametrize("changes", [{"is_staff": True}, {"is_superuser": True}, {"is_active": False}])
def test_it_ends_when_the_customer_becomes_staff_or_is_shut_out(
    acting: Client, alice: User, changes: dict[str, bool]
) -> None:
    User.objects.filter(pk=alice.pk).update(**changes)
    assert BANNER not in acting.get("/settings").text
    assert AuditEvent.objects.get(action="acting_ended").details == {"why": "not_allowed"}


def test_it_ends_when_staff_are_staff_no_more_or_their_factor_is_not_shown(acting: Client, helper: User) -> None:
    Session.objects.filter(user=helper).update(second_factor_at=None)
    User.objects.filter(pk=helper.pk).update(staff_factor_due_at=timezone.now())
    assert BANNER not in acting.get("/settings").text


def test_signing_out_ends_it_and_signs_staff_out(acting: Client, alice: User, helper: User) -> None:
    own = Client()
    own.force_login(alice)
    acting.post("/logout")
    assert AuditEvent.objects.get(action="acting_ended").details == {"why": "signed_out"}
    assert not helper.sessions.exists()
    assert alice.sessions.count() == 1
    assert acting.get("/dashboard").status_code == 302


def test_a_suspended_member_of_staff_acts_no_more(acting: Client, helper: User, sam: User) -> None:
    suspend_account(user=helper, by=sam)
    assert acting.get("/dashboard").headers["Location"].startswith("/login")


@pytest.mark.parametrize("changes", [{"is_staff": True}, {"is_superuser": True}, {"is_active": False}])
def test_nobody_acts_as_staff_or_as_who_is_shut_out(browser: Client, alice: User, changes: dict[str, bool]) -> None:
    User.objects.filter(pk=alice.pk).update(**changes)
    alice.refresh_from_db()
    answer = browser.post(action(alice, "act-as"), REASON, follow=True)
    assert TOO_LATE in answer.text
    assert not Session.objects.exclude(acting_for=None).exists()


def test_nobody_acts_as_themselves_or_without_the_right(sam: User, helper: User, alice: User) -> None:
    browser_with_factor(sam).post(action(sam, "act-as"), REASON)
    allow(helper, "view_user", "change_user")
    answer = browser_with_factor(helper).post(action(alice, "act-as"), REASON)
    assert answer.status_code == 403
    with pytest.raises(NotAllowed):
        start_acting(staff=helper, session_id=helper.sessions.get().pk, customer=alice, reason="x")
    assert not Session.objects.exclude(acting_for=None).exists()


def test_to_act_as_another_ends_the_first(acting: Client, alice: User, bob: User) -> None:
    acting.post(action(bob, "act-as"), REASON)
    assert bob.email in acting.get("/settings").text
    assert acts(alice)[-1] == "acting_ended"
    assert "acting_started" in acts(bob)


def test_another_browser_of_the_same_member_of_staff_shows_their_own_pages(acting: Client, helper: User) -> None:
    assert BANNER not in browser_with_factor(helper).get("/settings").text


def test_whoever_signs_in_in_the_same_browser_acts_as_nobody(acting: Client, sam: User) -> None:
    """A new sign-in has a new key and a new row: neither is the acting's."""
    acting.post("/logout")
    acting.force_login(sam)
    assert BANNER not in acting.get("/settings").text


def test_a_new_key_of_the_session_does_not_take_it_along(acting: Client) -> None:
    session = acting.session
    session.cycle_key()
    session.save()
    acting.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    assert BANNER not in acting.get("/settings").text


def test_no_other_site_begins_writes_or_ends(browser: Client, helper: User, alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    assert strict.post(action(alice, "act-as"), REASON).status_code == 403
    browser.post(action(alice, "act-as"), REASON)
    for path in ("/acting/end", "/notifications/read-all"):
        assert strict.post(path).status_code == 403
    assert BANNER in browser.get("/settings").text
    assert not AuditEvent.objects.filter(action="acting_wrote").exists()


def test_nothing_starts_or_ends_by_a_link(browser: Client, alice: User) -> None:
    browser.get(action(alice, "act-as"), REASON)
    assert not Session.objects.exclude(acting_for=None).exists()
    browser.post(action(alice, "act-as"), REASON)
    assert browser.get("/acting/end").status_code == 405
    assert browser.get("/logout").status_code == 405
    assert BANNER in browser.get("/settings").text


def test_tokens_are_whose_they_are(acting: Client, alice: User, helper: User) -> None:
    for owner in (alice, helper):
        assert ApiClient(token_of(owner)).get("users/me").data["email"] == owner.email


def test_the_api_and_webhooks_do_not_know_of_it(acting: Client) -> None:
    assert acting.get("/api/v1/users/me").status_code == 401
    delivered = acting.post("/webhooks/stripe/", b"{}", content_type="application/json")
    assert (
        delivered.status_code == Client().post("/webhooks/stripe/", b"{}", content_type="application/json").status_code
    )
    assert "customer alone" not in delivered.text


def test_a_notification_is_marked_read_for_the_customer(acting: Client, alice: User) -> None:
    news = Notification.objects.create(user=alice, kind="usage", title="Told")
    assert acting.post(f"/notifications/{news.pk}/open").status_code == 302
    news.refresh_from_db()
    assert news.read_at is not None


@pytest.mark.parametrize("path", ["/dashboard", "/help", "/login"])
def test_ordinary_requests_cost_no_query_more(alice: User, path: str) -> None:
    without = [each for each in settings.MIDDLEWARE if "acting" not in each]
    assert len(without) == len(settings.MIDDLEWARE) - 1
    counts = []
    for middleware in (without, settings.MIDDLEWARE, without, settings.MIDDLEWARE):
        with override_settings(MIDDLEWARE=middleware):
            customer = Client()
            customer.force_login(alice)
            with recorded_queries() as asked:
                customer.get(path)
            with recorded_queries() as strangers:
                Client().get(path)
        counts.append((len(asked), len(strangers)))
    assert counts[2] == counts[3]
