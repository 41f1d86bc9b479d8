"""Staff say who may sign up, and invite people."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Invitation, RegistrationPolicy, User
from accounts.services.sessions import hash_key
from tests.admin.addresses import allow
from tests.api_client import ApiClient
from tests.mails import waiting_mails

INVITE = "/admin/accounts/invitation/invite/"
FORM = {"email": "", "note": "A friend", "days": "7"}


def new_form(staff: Client, **values: str) -> dict[str, str]:
    """The form as its page begins it, filled in."""
    return {**FORM, "key": key_in(staff.get(INVITE).text), **values}


def key_in(page: str) -> str:
    found = re.search(r'name="key" value="([0-9a-f-]+)"', page)
    assert found
    return found[1]


def test_the_code_is_shown_by_the_answer_and_never_again(staff: Client, sam: User) -> None:
    assert 'href="/admin/accounts/invitation/invite/"' in staff.get("/admin/accounts/invitation/").text
    assert staff.get(INVITE).status_code == 200
    assert not Invitation.objects.exists()
    page = staff.post(INVITE, new_form(staff)).text
    assert 'name="theme"' not in page
    invitation = Invitation.objects.get()
    codes = re.findall(r"invitation=([A-Za-z0-9_-]+)", page)
    assert [hash_key(code) for code in codes] == [invitation.code_hash]
    assert (invitation.created_by, invitation.note) == (sam, "A friend")
    again = staff.get(reverse("admin:accounts_invitation_change", args=[invitation.pk])).text
    assert codes[0] not in again
    assert AuditEvent.objects.filter(action="invitation_made", actor_id=sam.pk).count() == 1


def test_one_for_an_address_is_mailed_there(staff: Client) -> None:
    page = staff.post(INVITE, new_form(staff, email="friend@example.com")).text
    assert "friend@example.com" in page
    assert [mail.to for mail in waiting_mails("invitation")] == ["friend@example.com"]


def test_a_form_that_is_sent_twice_invites_once(staff: Client) -> None:
    form = new_form(staff, email="friend@example.com")
    assert staff.post(INVITE, form).status_code == 200
    again = staff.post(INVITE, form)
    assert again.status_code == 409
    assert "This form has made an invitation already" in again.text
    assert Invitation.objects.count() == len(waiting_mails("invitation")) == 1
    assert AuditEvent.objects.filter(action="invitation_made").count() == 1


def test_whoever_missed_the_code_of_a_double_click_makes_another_with_the_form_that_says_so(staff: Client) -> None:
    form = new_form(staff)
    staff.post(INVITE, form)
    again = staff.post(INVITE, form).text
    assert "To make another, send the form again." in again
    assert 'value="A friend"' in again
    answer = staff.post(INVITE, {**form, "key": key_in(again)})
    assert (answer.status_code, Invitation.objects.count()) == (200, 2)
    assert "invitation=" in answer.text


def test_two_forms_that_say_the_same_are_two_invitations(staff: Client) -> None:
    for _ in range(2):
        assert staff.post(INVITE, new_form(staff)).status_code == 200
    assert Invitation.objects.count() == 2


@pytest.mark.parametrize(
    "change", [{"email": "x"}, {"days": "0"}, {"days": "91"}, {"note": "a\x0bb"}, {"key": ""}, {"key": "x"}]
)
def test_a_refused_form_makes_nothing(staff: Client, change: dict[str, str]) -> None:
    assert staff.post(INVITE, new_form(staff, **change)).status_code == 400
    assert not Invitation.objects.exists()


def test_seeing_invitations_is_not_enough_to_make_one(helper: User, helper_browser: Client) -> None:
    allow(helper, "view_invitation")
    assert "Invite somebody" not in helper_browser.get("/admin/accounts/invitation/").text
    form = {**FORM, "key": str(uuid4())}
    assert [helper_browser.get(INVITE).status_code, helper_browser.post(INVITE, form).status_code] == [403, 403]
    allow(helper, "view_invitation", "add_invitation")
    assert helper_browser.post(INVITE, form).status_code == 200
    assert Invitation.objects.count() == 1


def test_what_staff_choose_holds_at_once(staff: Client, api: ApiClient) -> None:
    staff.post(reverse("admin:settings_section", args=["registration"]), {"mode": "closed", "accounts_an_hour": ""})
    assert RegistrationPolicy.objects.get().mode == "closed"
    answer = api.post("auth/register", {"email": "d@example.com", "password": "a long enough secret"})
    assert answer.code == "registration_closed"


def test_while_nobody_has_decided_the_list_says_what_holds_and_where_it_is_changed(staff: Client) -> None:
    text = staff.get("/admin/accounts/registrationpolicy/").text
    assert "Until staff change something under “Settings”, everybody may sign up." in text
    assert "/admin/accounts/registrationpolicy/add/" not in text
    assert staff.get("/admin/accounts/registrationpolicy/add/").status_code == 403
