"""Leaving: shut out at once, taken back within the grace."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.errors import AccountLeaving, AccountSuspended
from accounts.models import (
    ApiKey,
    AuditEvent,
    EmailToken,
    RecoveryCode,
    Session,
    TotpSeed,
    User,
)
from accounts.services.api_keys import create_api_key
from accounts.services.deletion import leave, restore_account
from accounts.services.recovery_codes import write_codes
from accounts.services.second_factor import begin_totp, enable_totp
from accounts.services.suspension import suspend_account, unsuspend_account
from accounts.services.totp import write_seed
from nexusvpn.errors import Conflict
from tests.accounts.lives import EMAIL
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.accounts import PASSWORD
from tests.factories.factors import code_of
from tests.invariants import assert_invariants
from tests.mails import waiting_mails
from tests.vpn.acting import wanted
from vpn.models import Server

pytestmark = pytest.mark.django_db(transaction=True)
GRACE = timedelta(days=settings.DELETION_GRACE_DAYS)


def second_factor_of(user: User) -> list[str]:
    """Gives the person an authenticator; returns recovery codes, each good for one proof."""
    seed = write_seed(user)
    TotpSeed.objects.filter(pk=seed.pk).update(confirmed_at=timezone.now())
    return write_codes(user)


class TestLeaving:
    def test_devices_sessions_and_keys_end_at_once_and_a_mail_tells_the_date(self, dora: User) -> None:
        server = Server.objects.get()
        token = token_of(dora)
        assert len(wanted(server)) == 2
        leave(user=dora)
        assert wanted(server) == set()
        assert ApiClient(token).get("users/me").status == 401
        assert not Session.objects.filter(user=dora).exists()
        assert not ApiKey.objects.filter(user=dora).exists()
        assert not EmailToken.objects.filter(user=dora).exists()
        (mail,) = waiting_mails("account_leaving")
        assert dora.deletion_due_at is not None
        assert f"{dora.deletion_due_at:%-d\xa0%b\xa0%Y}" in mail.text
        assert f"{settings.SITE_URL}/account/restore" in mail.text
        assert_invariants()

    def test_it_is_asked_for_with_the_password(self, alice: User, alice_api: ApiClient) -> None:
        assert alice_api.request("DELETE", "users/me", {"password": "wrong"}).code == "wrong_password"
        assert alice_api.request("DELETE", "users/me", {}).fields.keys() == {"password"}
        assert alice_api.get("users/me").status == 200
        answer = alice_api.request("DELETE", "users/me", {"password": PASSWORD})
        assert answer.status == 200
        alice.refresh_from_db()
        assert alice.deletion_due_at is not None
        assert abs(alice.deletion_due_at - timezone.now() - GRACE) < timedelta(minutes=1)
        assert alice_api.get("users/me").status == 401

    def test_guesses_at_the_password_are_counted(self, alice_api: ApiClient) -> None:
        answers = [alice_api.request("DELETE", "users/me", {"password": "wrong"}).status for _ in range(6)]
        assert answers == [400] * 5 + [429]

    def test_who_has_a_second_factor_shows_it(self, alice: User, alice_api: ApiClient) -> None:
        (code, *_) = second_factor_of(alice)
        without = alice_api.request("DELETE", "users/me", {"password": PASSWORD})
        assert without.code == "invalid_code"
        wrong = alice_api.request("DELETE", "users/me", {"password": PASSWORD, "code": "000000"})
        assert (wrong.status, wrong.code) == (400, "invalid_code")
        assert alice_api.request("DELETE", "users/me", {"password": PASSWORD, "code": code}).status == 200

    def test_staff_are_made_customers_first(self, sam: User) -> None:
        answer = ApiClient(token_of(sam)).request("DELETE", "users/me", {"password": PASSWORD})
        assert (answer.status, answer.code) == (409, "staff_account")

    def test_a_second_request_changes_nothing(self, alice: User) -> None:
        leave(user=alice)
        with pytest.raises(Conflict) as refused:
            leave(user=alice)
        assert refused.value.code == "already_leaving"
        assert len(waiting_mails("account_leaving")) == 1

    def test_signing_in_tells_it_after_the_right_password_only(self, alice: User, api: ApiClient) -> None:
        leave(user=alice)
        wrong = api.post("auth/login", {"email": alice.email, "password": "wrong"})
        assert wrong.code == "invalid_credentials"
        right = api.post("auth/login", {"email": alice.email, "password": PASSWORD})
        assert (right.status, right.code) == (403, "account_leaving")


class TestComingBack:
    def test_with_the_password_everything_is_as_it_was(self, dora: User, api: ApiClient) -> None:
        server = Server.objects.get()
        keys = wanted(server)
        code, another, *_ = write_codes(dora)
        leave(user=dora)
        answer = api.post("auth/restore", {"email": EMAIL, "password": PASSWORD, "code": code})
        assert answer.status == 200, answer.body
        assert wanted(server) == keys
        dora.refresh_from_db()
        assert (dora.is_active, dora.deletion_due_at) == (True, None)
        assert "token" in api.post("auth/login", {"email": EMAIL, "password": PASSWORD, "code": another}).data
        assert len(waiting_mails("account_restored")) == 1
        assert_invariants()

    def test_who_has_a_second_factor_shows_it(self, alice: User, api: ApiClient) -> None:
        code, *_ = second_factor_of(alice)
        leave(user=alice)
        asked = {"email": alice.email, "password": PASSWORD}
        assert api.post("auth/restore", asked).code == "invalid_code"
        alice.refresh_from_db()
        assert alice.is_leaving
        assert api.post("auth/restore", {**asked, "code": code}).status == 200

    def test_a_wrong_password_and_an_unknown_address_are_one_answer(self, alice: User, api: ApiClient) -> None:
        leave(user=alice)
        wrong = api.post("auth/restore", {"email": alice.email, "password": "wrong"})
        unknown = api.post("auth/restore", {"email": "nobody@example.com", "password": "wrong"})
        assert wrong.status == unknown.status == 401
        assert wrong.body["error"] == unknown.body["error"]

    @pytest.mark.parametrize("is_active", [True, False])
    def test_it_tells_nobody_whether_the_password_is_right_while_nobody_leaves(
        self, alice: User, api: ApiClient, is_active: bool
    ) -> None:
        code, *_ = second_factor_of(alice)
        User.objects.filter(pk=alice.pk).update(is_active=is_active)
        wrong = api.post("auth/restore", {"email": alice.email, "password": "wrong"})
        right = api.post("auth/restore", {"email": alice.email, "password": PASSWORD, "code": code})
        assert (right.status, right.code) == (401, "invalid_credentials")
        assert wrong.body["error"] == right.body["error"]
        assert list(alice.login_history.values_list("outcome", "kind")) == [("failed", "token")] * 2
        assert not RecoveryCode.objects.filter(used_at__isnull=False).exists()
        alice.refresh_from_db()
        assert alice.is_active is is_active

    def test_the_page_records_guesses_too(self, alice: User) -> None:
        Client().post("/account/restore", {"email": alice.email, "password": PASSWORD})
        assert list(alice.login_history.values_list("outcome", "kind")) == [("failed", "browser")]

    def test_who_was_banned_while_leaving_does_not_come_back(self, alice: User, sam: User, api: ApiClient) -> None:
        leave(user=alice)
        suspend_account(user=alice, by=sam)
        values = {"email": alice.email, "password": PASSWORD}
        assert api.post("auth/restore", {**values, "password": "wrong"}).code == "invalid_credentials"
        assert api.post("auth/restore", values).code == "account_suspended"
        assert api.post("auth/login", values).code == "account_suspended"
        with pytest.raises(AccountSuspended):
            restore_account(user=alice, by=sam)
        with pytest.raises(Conflict):
            suspend_account(user=alice, by=sam)
        unsuspend_account(user=alice, by=sam)
        alice.refresh_from_db()
        assert (alice.is_active, alice.is_leaving, alice.suspended_at) == (False, True, None)
        assert api.post("auth/restore", values).status == 200

    def test_what_a_late_sign_in_left_behind_does_not_come_alive(self, alice: User) -> None:
        browser = Client()
        leave(user=alice)
        browser.force_login(alice)
        restore_account(user=alice, by=alice)
        assert not alice.sessions.exists()

    def test_nothing_is_made_for_somebody_who_has_just_left(self, alice: User) -> None:
        present = User.objects.get(pk=alice.pk)
        begin_totp(user=present)
        leave(user=alice)
        for late in (
            lambda: create_api_key(user=present, name="late", scopes=["read"]),
            lambda: begin_totp(user=present),
            lambda: enable_totp(user=present, code=code_of(alice)),
        ):
            with pytest.raises(AccountLeaving):
                late()
        restore_account(user=alice, by=alice)
        assert not alice.api_keys.exists()
        assert not alice.has_second_factor()

    def test_from_the_date_on_it_is_too_late(self, alice: User) -> None:
        leave(user=alice)
        with time_machine.travel(timezone.now() + GRACE + timedelta(seconds=1)), pytest.raises(Conflict):
            restore_account(user=alice, by=alice)

    def test_staff_take_it_back_and_not_by_reinstating(self, alice: User, sam: User) -> None:
        leave(user=alice)
        with pytest.raises(Conflict):
            unsuspend_account(user=alice, by=sam)
        restore_account(user=alice, by=sam)
        act = AuditEvent.objects.get(action="account_restored")
        assert (act.actor_id, act.actor_kind, act.person_id) == (sam.pk, "staff", alice.pk)
