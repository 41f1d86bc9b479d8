"""People: suspension, sign-outs, passwords, and what support may not do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.errors import StaffCannotLeave
from accounts.models import AuditEvent, Session, User
from accounts.services.deletion import leave
from accounts.services.factor_removal import remove_all_factors
from accounts.services.sessions import authenticate_token
from accounts.services.suspension import suspend_account
from billing.models import Subscription
from nexusvpn.errors import NotAllowed
from tests.admin.addresses import TOO_LATE, action, allow, change, save
from tests.admin.rows.accounts import new_session
from tests.admin.rows.vpn import new_device
from tests.conftest import token_of
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.payments import make_subscription
from tests.factories.support import make_ticket
from tests.mails import waiting_mails

REASON = {"reason": "Asked for by its owner"}


def test_suspending_signs_out_everywhere_at_once(staff: Client, alice: User) -> None:
    token, browser = token_of(alice), Client()
    browser.force_login(alice)
    staff.post(action(alice, "suspend"), REASON)
    alice.refresh_from_db()
    assert not alice.is_active
    assert authenticate_token(token) is None
    assert not alice.sessions.exists()
    assert browser.get("/support").status_code == 302
    staff.post(action(alice, "reinstate"), REASON)
    alice.refresh_from_db()
    assert alice.is_active


def test_a_late_sign_in_does_not_come_alive_with_the_reinstatement(staff: Client, alice: User) -> None:
    staff.post(action(alice, "suspend"), REASON)
    browser = Client()
    browser.force_login(alice)
    staff.post(action(alice, "reinstate"), REASON)
    assert not alice.sessions.exists()
    assert browser.get("/support").status_code == 302


def test_accounts_that_were_suspended_before_it_was_dated_are_reinstated(staff: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert TOO_LATE in staff.post(action(alice, "suspend"), REASON, follow=True).text
    assert staff.post(action(alice, "reinstate"), REASON).status_code == 302
    alice.refresh_from_db()
    assert alice.is_active


def test_who_is_leaving_can_be_suspended_and_reinstated(staff: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False, deletion_due_at=timezone.now() + timedelta(days=3))
    staff.post(action(alice, "suspend"), REASON)
    page = staff.get(change(alice)).text
    assert "Take back the deletion" not in page
    assert "Reinstate" in page
    answer = staff.post(action(alice, "reinstate"), REASON, follow=True)
    assert "It is still being deleted" in answer.text
    alice.refresh_from_db()
    assert (alice.is_active, alice.is_leaving) == (False, True)


def test_nobody_suspends_themselves(staff: Client, sam: User) -> None:
    answer = staff.post(action(sam, "suspend"), REASON, follow=True)
    assert "You cannot suspend your own account." in answer.content.decode()
    sam.refresh_from_db()
    assert sam.is_active


def test_suspending_twice_says_so(staff: Client, alice: User) -> None:
    staff.post(action(alice, "suspend"), REASON)
    assert TOO_LATE in staff.post(action(alice, "suspend"), REASON, follow=True).content.decode()


def test_signing_out_everywhere_ends_tokens_too(staff: Client, alice: User) -> None:
    token = token_of(alice)
    staff.post(action(alice, "sign-out"))
    assert authenticate_token(token) is None


def test_support_touches_no_staff_and_raises_nobody(
    helper: User, helper_browser: Client, alice: User, sam: User
) -> None:
    allow(helper, "view_user", "change_user")
    for slug in ("suspend", "sign-out"):
        assert helper_browser.post(action(sam, slug)).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[sam.pk])
    assert helper_browser.get(password).status_code == 403
    form = {"email": "other@example.com", "full_name": "Alicia", "is_staff": "on", "is_superuser": "on"}
    assert save(helper_browser, change(alice), form).status_code == 302
    alice.refresh_from_db()
    assert (alice.full_name, alice.email, alice.is_staff, alice.is_superuser) == (
        "Alicia",
        "alice@example.com",
        False,
        False,
    )
    save(helper_browser, change(helper), {"full_name": "x", "is_superuser": "on"})
    helper.refresh_from_db()
    assert not helper.is_superuser


def test_the_way_to_another_password_is_shown_to_whom_it_is_open(
    helper: User, helper_browser: Client, staff: Client, alice: User
) -> None:
    allow(helper, "view_user", "change_user")
    assert "../password/" in staff.get(change(alice)).text
    page = helper_browser.get(change(alice)).text
    assert "../password/" not in page
    assert "argon2" not in page
    assert save(helper_browser, change(alice), {"full_name": "Alice Liddell"}).status_code == 302
    alice.refresh_from_db()
    assert (alice.full_name, alice.check_password(PASSWORD)) == ("Alice Liddell", True)


def test_a_password_set_by_staff_ends_every_session(staff: Client, alice: User) -> None:
    token, address = token_of(alice), reverse("admin:auth_user_password_change", args=[alice.pk])
    form = {"usable_password": "true", "password1": "another long sentence", "password2": "another long sentence"}
    assert staff.post(address, form).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password("another long sentence")
    assert authenticate_token(token) is None
    assert [mail.to for mail in waiting_mails("password_changed")] == [alice.email]
    assert AuditEvent.objects.filter(person_id=alice.pk, actor_kind="staff").exists()


def test_staff_change_their_own_password_and_stay_signed_in_only_here(staff: Client, sam: User) -> None:
    token = token_of(sam)
    page = staff.get(reverse("admin:password_change"), follow=True)
    assert page.redirect_chain == [(reverse("password-change"), 302)]
    staff.post(reverse("password-change"), {"current_password": PASSWORD, "new_password": "another long sentence"})
    assert authenticate_token(token) is None
    assert staff.get(reverse("admin:index")).status_code == 200


def test_the_selected_sessions_are_ended(staff: Client) -> None:
    first, second = new_session(), new_session()
    address = reverse("admin:accounts_session_changelist")
    staff.post(address, {"action": "end_sessions", "_selected_action": [first.pk]})
    assert not Session.objects.filter(pk=first.pk).exists()
    assert Session.objects.filter(pk=second.pk).exists()
    assert LogEntry.objects.get().object_id == str(first.pk)


def test_sessions_that_nobody_has_ticked_go_on_whatever_is_sent(staff: Client) -> None:
    first, second = new_session(), new_session()
    form = {"action": "end_sessions", "_selected_action": [first.pk], "select_across": "1"}
    staff.post(reverse("admin:accounts_session_changelist"), form)
    assert not Session.objects.filter(pk=first.pk).exists()
    assert Session.objects.filter(pk=second.pk).exists()


def test_colleagues_are_signed_out_by_who_decides_about_them_alone(
    helper: User, helper_browser: Client, sam: User, staff: Client
) -> None:
    allow(helper, "view_session", "delete_session")
    theirs, customers = Session.objects.get(user=sam), new_session()
    form = {"action": "end_sessions", "_selected_action": [theirs.pk, customers.pk]}
    answer = helper_browser.post(reverse("admin:accounts_session_changelist"), form, follow=True)
    assert "1 session ended." in answer.text
    assert "you may not decide about them" in answer.text
    assert Session.objects.filter(pk=theirs.pk).exists()
    assert not Session.objects.filter(pk=customers.pk).exists()
    assert AuditEvent.objects.filter(action="staff_deleted").count() == 1


def test_viewing_sessions_is_not_enough_to_end_them(helper: User, helper_browser: Client) -> None:
    allow(helper, "view_session")
    session = new_session()
    address = reverse("admin:accounts_session_changelist")
    helper_browser.post(address, {"action": "end_sessions", "_selected_action": [session.pk]})
    assert Session.objects.filter(pk=session.pk).exists()


def test_the_customers_page_and_list_show_plan_devices_and_tickets(staff: Client) -> None:
    device = new_device()
    make_ticket(device.user, subject="Where is my tunnel")
    page = staff.get(change(device.user)).content.decode()
    for words in ("Laptop", "10.80.0.2", "Where is my tunnel", "Latest sign-ins", "Plans given by staff"):
        assert words in page
    listed = staff.get(reverse("admin:accounts_user_changelist"), {"q": device.user.email}).content.decode()
    assert 'class="field-plan_name">Free</td>' in listed
    assert 'class="field-device_count">1</td>' in listed
    assert 'class="field-ticket_count">1</td>' in listed


def test_the_list_shows_the_plan_that_somebody_pays_for_as_long_as_it_holds(staff: Client, alice: User) -> None:
    made = make_subscription(alice)
    address = reverse("admin:accounts_user_changelist")
    assert 'class="field-plan_name">Basic</td>' in staff.get(address, {"q": alice.email}).content.decode()
    Subscription.objects.filter(pk=made.pk).update(withheld="refunded")
    assert 'class="field-plan_name">Free</td>' in staff.get(address, {"q": alice.email}).content.decode()


def test_a_deletion_is_taken_back_by_its_own_action(staff: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False, deletion_due_at=timezone.now() + timedelta(days=3))
    page = staff.get(change(alice)).content.decode()
    assert "Take back the deletion" in page
    assert "Reinstate" not in page
    assert "Be sure that it is the person" in staff.get(action(alice, "restore")).content.decode()
    staff.post(action(alice, "restore"))
    alice.refresh_from_db()
    assert (alice.is_active, alice.deletion_due_at) == (True, None)
    assert "Take back the deletion" not in staff.get(change(alice)).content.decode()


def test_what_is_due_is_taken_back_by_nobody(staff: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False, deletion_due_at=timezone.now())
    answer = staff.post(action(alice, "restore"), follow=True)
    assert TOO_LATE in answer.content.decode()
    alice.refresh_from_db()
    assert not alice.is_active


def test_a_superuser_who_may_not_open_the_admin_is_no_customer_either(helper: User, helper_browser: Client) -> None:
    allow(helper, "view_user", "change_user", "delete_user", "act_as_user", "delete_totpseed", "delete_session")
    boss = make_user("boss@example.com", is_superuser=True)
    token, reason = token_of(boss), {"reason": "Ticket 1"}
    for slug in ("suspend", "delete-account", "remove-factors", "act-as", "sign-out"):
        assert action(boss, slug) not in helper_browser.get(change(boss)).text, slug
        helper_browser.post(action(boss, slug), reason)
    helper_browser.post(change(boss), {"full_name": "Renamed"})
    form = {"action": "end_sessions", "_selected_action": [Session.objects.get(user=boss).pk]}
    helper_browser.post(reverse("admin:accounts_session_changelist"), form)
    boss.refresh_from_db()
    assert (boss.is_active, boss.deletion_due_at, boss.full_name) == (True, None, "")
    assert authenticate_token(token) is not None
    for refused in (
        lambda: suspend_account(user=boss, by=helper),
        lambda: remove_all_factors(user=boss, by=helper, reason="Lost"),
        lambda: leave(user=boss, by=helper),
    ):
        with pytest.raises((NotAllowed, StaffCannotLeave)):
            refused()


def test_an_erased_account_is_given_no_name_again(staff: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(
        erased_at=timezone.now(), is_active=False, full_name="", email="erased@erased.invalid"
    )
    assert 'name="full_name"' not in staff.get(change(alice)).text
    assert staff.post(change(alice), {"email": alice.email, "full_name": "Alice Again"}).status_code == 403
    alice.refresh_from_db()
    assert alice.full_name == ""
