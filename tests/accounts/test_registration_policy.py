"""Who may sign up is what staff say: everybody, people with an invitation, nobody, and how many in an hour."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Invitation, RegistrationPolicy, SignupOrigin, User
from accounts.services import registration
from accounts.services.invitations import invite
from tests.api_client import ApiClient
from tests.mails import waiting_mails
from tests.stored import text_of_every_table

pytestmark = pytest.mark.django_db
BODY = {"email": "dora@example.com", "password": "a long enough secret"}


def policy(**values: object) -> None:
    RegistrationPolicy.objects.update_or_create(pk=1, defaults=values)


def test_closed_is_closed_for_pages_and_api(api: ApiClient) -> None:
    policy(mode="closed")
    answer = api.post("auth/register", BODY)
    assert (answer.status, answer.code) == (403, "registration_closed")
    page = Client().get("/signup")
    assert (page.status_code, "not open at the moment" in page.text) == (200, True)
    # Nothing but the switches of the page's foot can be sent.
    assert set(re.findall(r'<form[^>]*action="([^"]*)"', page.text)) == {"/appearance"}
    assert Client().post("/signup", BODY).status_code == 403
    assert not User.objects.exists()


def test_who_is_there_already_signs_in_while_it_is_closed(api: ApiClient, alice: User) -> None:
    policy(mode="closed")
    assert api.post("auth/login", {"email": alice.email, "password": "wrong"}).status == 401


def test_an_invitation_lets_one_person_in(api: ApiClient, sam: User) -> None:
    policy(mode="invited")
    assert api.post("auth/register", BODY).code == "invitation_required"
    invitation, code = invite(by=sam, note="A friend")
    assert code not in text_of_every_table()
    assert api.post("auth/register", {**BODY, "invitation_code": code}).status == 201
    invitation.refresh_from_db()
    assert invitation.used_by == User.objects.get(email=BODY["email"])
    again = api.post("auth/register", {"email": "e@example.com", "password": BODY["password"], "invitation_code": code})
    assert (again.status, again.code, list(again.fields)) == (403, "invalid_invitation", ["invitation_code"])
    assert not User.objects.filter(email="e@example.com").exists()


@pytest.mark.parametrize("code", ["x", "no-such-code", "ä" * 20])
def test_a_code_that_nobody_made_is_none(api: ApiClient, code: str) -> None:
    policy(mode="invited")
    assert api.post("auth/register", {**BODY, "invitation_code": code}).code == "invalid_invitation"


def test_an_invitation_is_over_with_its_time(api: ApiClient, sam: User) -> None:
    policy(mode="invited")
    _, code = invite(by=sam)
    Invitation.objects.update(expires_at=timezone.now())
    assert api.post("auth/register", {**BODY, "invitation_code": code}).code == "invalid_invitation"


def test_an_invitation_for_an_address_is_mailed_there_and_is_nobody_elses(api: ApiClient, sam: User) -> None:
    policy(mode="invited")
    _, code = invite(by=sam, email="Dora@Example.com")
    (mail,) = waiting_mails("invitation")
    assert mail.to == "Dora@example.com"
    assert f"/signup?invitation={code}" in mail.text
    other = {**BODY, "email": "eve@example.com", "invitation_code": code}
    assert api.post("auth/register", other).code == "invalid_invitation"
    assert api.post("auth/register", {**BODY, "invitation_code": code}).status == 201


def test_an_invitation_tells_nothing_of_an_address_that_has_an_account(api: ApiClient, sam: User, alice: User) -> None:
    policy(mode="invited")
    for address, (email, user) in enumerate([(alice.email, None), ("new@example.com", "new@example.com")]):
        invitation, code = invite(by=sam)
        first, again = {**BODY, "email": email, "invitation_code": code}, {**BODY, "invitation_code": code}
        assert api.post("auth/register", first, remote_addr=f"192.0.2.{address}").status == 201
        assert api.post("auth/register", again, remote_addr=f"198.51.100.{address}").code == "invalid_invitation"
        invitation.refresh_from_db()
        assert (invitation.used_by and invitation.used_by.email, invitation.used_at is None) == (user, False)


@pytest.mark.parametrize(("mode", "code"), [("closed", "registration_closed"), ("invited", "invitation_required")])
def test_what_staff_decide_holds_for_those_who_are_on_their_way(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch, mode: str, code: str
) -> None:
    policy(mode="open")

    def while_it_is_hashed(password: str) -> str:
        policy(mode=mode)
        return "!"

    monkeypatch.setattr(registration, "make_password", while_it_is_hashed)
    assert api.post("auth/register", BODY).code == code
    assert not User.objects.exists()


def test_the_page_asks_for_the_code_only_then_and_takes_it_from_the_link(sam: User) -> None:
    assert "Invitation code" not in Client().get("/signup").text
    policy(mode="invited")
    _, code = invite(by=sam)
    page = Client().get(f"/signup?invitation={code}").text
    assert "Invitation code" in page
    assert f'value="{code}"' in page
    refused = Client().post("/signup", {**BODY, "invitation_code": "wrong"})
    assert (refused.status_code, "This invitation was used" in refused.text) == (403, True)
    assert Client().post("/signup", {**BODY, "invitation_code": code}).status_code == 302


def test_so_many_an_hour_and_when_there_is_room_again(api: ApiClient) -> None:
    policy(accounts_an_hour=2)
    for number in range(2):
        body = {**BODY, "email": f"d{number}@example.com"}
        assert api.post("auth/register", body, remote_addr=f"192.0.2.{number}").status == 201
    SignupOrigin.objects.filter(user__email="d0@example.com").update(created_at=timezone.now() - timedelta(minutes=50))
    refused = api.post("auth/register", BODY, remote_addr="198.51.100.1")
    assert (refused.status, refused.code) == (429, "registration_throttled")
    assert 590 < int(refused.headers["Retry-After"]) <= 601
    page = Client(REMOTE_ADDR="198.51.100.2").post("/signup", BODY)
    assert (page.status_code, 590 < int(page.headers["Retry-After"]) <= 601) == (429, True)
    SignupOrigin.objects.filter(user__email="d0@example.com").update(created_at=timezone.now() - timedelta(minutes=61))
    assert api.post("auth/register", BODY, remote_addr="198.51.100.3").status == 201


def test_none_an_hour_is_none(api: ApiClient) -> None:
    policy(accounts_an_hour=0)
    refused = api.post("auth/register", BODY)
    assert (refused.code, refused.headers["Retry-After"]) == ("registration_throttled", "3601")
