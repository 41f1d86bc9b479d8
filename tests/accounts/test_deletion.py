"""Leaving: shut out at once, taken back within the grace, erased at the date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from accounts.errors import AccountLeaving, AccountSuspended
from accounts.models import (
    ApiKey,
    AuditEvent,
    DataExport,
    EmailToken,
    Invitation,
    LoginHistory,
    Mail,
    RecoveryCode,
    Session,
    TotpSeed,
    User,
)
from accounts.services import erasure
from accounts.services.api_keys import create_api_key
from accounts.services.deletion import leave, restore_account
from accounts.services.erasure import erase_account, erase_due_accounts, erased_address
from accounts.services.recovery_codes import write_codes
from accounts.services.second_factor import begin_totp, enable_totp
from accounts.services.suspension import suspend_account, unsuspend_account
from accounts.services.totp import write_seed
from billing.models import PlanGrant
from nexusvpn.errors import Conflict
from referrals.models import Referral
from support.models import IdempotencyKey, Ticket
from tests.accounts.lives import EMAIL, make_dora
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.accounts import PASSWORD
from tests.factories.factors import code_of
from tests.factories.support import make_ticket
from tests.invariants import assert_invariants
from tests.mails import waiting_mails
from tests.stored import text_of_every_table
from tests.vpn.acting import confirm, report, row, wanted
from vpn.models import Peer, QuotaMeter, Server, UsageCounter, UsageMonth, UsageRecord, VpnConfig
from vpn.services.erasure import erase_left_devices
from vpn.services.quota import settle_meter

pytestmark = pytest.mark.django_db(transaction=True)
GRACE = timedelta(days=settings.DELETION_GRACE_DAYS)


@pytest.fixture
def dora(sam: User) -> User:
    return make_dora(sam)


def second_factor_of(user: User) -> list[str]:
    """Gives the person an authenticator; returns recovery codes, each good for one proof."""
    seed = write_seed(user)
    TotpSeed.objects.filter(pk=seed.pk).update(confirmed_at=timezone.now())
    return write_codes(user)


def pass_the_date(user: User) -> None:
    """As if the grace were over."""
    User.objects.filter(pk=user.pk).update(deletion_due_at=timezone.now() - timedelta(seconds=1))


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
        assert f"{dora.deletion_due_at:%-d %b %Y}" in mail.text
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


class TestErasing:
    def test_before_the_date_nothing_happens(self, dora: User) -> None:
        leave(user=dora)
        assert erase_due_accounts() == 0
        assert not erase_account(dora.pk)
        dora.refresh_from_db()
        assert dora.email == EMAIL

    def test_of_the_person_a_row_without_name_stays(self, dora: User) -> None:
        erase(dora)
        left = User.objects.get(pk=dora.pk)
        assert left.email == erased_address(dora.pk)
        assert (left.full_name, left.is_active, left.deletion_due_at) == ("", False, None)
        assert left.erased_at is not None
        assert not left.has_usable_password()
        assert left.stripe_customer_id is None

    def test_no_table_names_the_person_any_more(self, dora: User, sam: User) -> None:
        named: list[Model] = [
            dora,
            PlanGrant.objects.get(),
            *Ticket.objects.all(),
            *VpnConfig.objects.filter(user=dora),
        ]
        named += [Invitation.objects.get(), *Mail.objects.filter(user=dora)]
        for row_of in named:
            values = {"object_repr": str(row_of)[:200], "change_message": "About Dora", "action_flag": CHANGE}
            kind = ContentType.objects.get_for_model(row_of)
            LogEntry.objects.create(user=sam, content_type=kind, object_id=str(row_of.pk), **values)
        assert EMAIL in text_of_every_table()
        erase(dora)
        text = text_of_every_table()
        for trace in ("dora", "Dora", "Unmistakable", "Because"):
            assert trace not in text.replace("friend-of-dora", "").replace("brought-dora", "").replace(
                "cus_dora", ""
            ), trace

    def test_the_rows_of_every_model_that_is_not_kept_are_gone(self, dora: User) -> None:
        erase(dora)
        for model in (LoginHistory, Session, DataExport, Ticket, IdempotencyKey, VpnConfig, UsageMonth, UsageRecord):
            assert not model._base_manager.filter(user=dora).exists(), model
        assert not QuotaMeter.objects.filter(pk=dora.pk).exists()
        assert not UsageCounter.objects.exists()
        assert not Peer.objects.exists()
        settle_meter(dora.pk)
        assert not QuotaMeter.objects.filter(pk=dora.pk).exists()
        assert_invariants()

    def test_the_books_and_the_audit_log_stay_and_name_nobody(self, dora: User) -> None:
        erase(dora)
        grant = PlanGrant.objects.get(user=dora)
        assert grant.reason == ""
        assert grant.revoked_at is not None
        acts = AuditEvent.objects.filter(person_id=dora.pk)
        assert {"account_leaving", "account_erased"} <= set(acts.values_list("action", flat=True))

    def test_who_brought_the_person_keeps_the_number_without_the_name(self, dora: User) -> None:
        referrer = dora.referred_by
        assert referrer is not None
        erase(dora)
        (item,) = ApiClient(token_of(referrer)).get("referrals").data["items"]
        assert item["email"] == "Account deleted"
        kept = Referral.objects.filter(referrer=dora)
        assert kept.count() == 2
        assert not kept.filter(rewards=None).exists()
        assert User.objects.get(email="friend-of-dora@example.com").referred_by is None

    def test_other_people_lose_nothing(self, dora: User, alice: User) -> None:
        ticket = make_ticket(alice)
        token = token_of(alice)
        erase(dora)
        assert ticket.messages.count() == 1
        assert ApiClient(token).get("users/me").status == 200

    def test_a_large_account_goes_in_chunks(self, dora: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(erasure, "BATCH", 7)
        LoginHistory.objects.bulk_create(LoginHistory(user=dora, outcome="failed", kind="browser") for _ in range(50))
        for _ in range(9):
            make_ticket(dora)
        erase(dora)
        assert not LoginHistory.objects.filter(user=dora).exists()
        assert User.objects.get(pk=dora.pk).erased_at is not None

    def test_one_account_that_fails_keeps_nobody_waiting(
        self, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for user in (alice, bob):
            leave(user=user)
            pass_the_date(user)
        real = erasure.erase_account

        def fails_for_alice(user_id: Any) -> bool:
            if user_id == alice.pk:
                raise ValueError
            return real(user_id)

        monkeypatch.setattr(erasure, "erase_account", fails_for_alice)
        assert erase_due_accounts() == 1
        assert User.objects.get(pk=bob.pk).erased_at is not None
        assert User.objects.get(pk=alice.pk).erased_at is None


def erase(user: User) -> None:
    """What happens with an account whose servers have all confirmed that its devices are off."""
    server = Server.objects.filter(peers__device__user=user).first()
    leave(user=user)
    if server is not None:
        confirm(server)
    pass_the_date(user)
    assert erase_due_accounts() == 1


class TestKeysThatANodeStillHolds:
    def test_stay_on_record_without_a_name_until_it_has_let_go(self, dora: User) -> None:
        server = Server.objects.get()
        device = VpnConfig.objects.live().filter(user=dora).latest("created_at")
        report(server, [row(device, 5, 7)])
        leave(user=dora)
        pass_the_date(dora)
        assert erase_due_accounts() == 1
        held = VpnConfig.objects.filter(user=dora)
        assert set(held.values_list("public_key", "name")) == {(peer.public_key, "") for peer in Peer.objects.all()}
        assert not Peer.objects.filter(wanted=True).exists()
        assert_invariants()
        erase_left_devices()
        assert held.exists()
        report(server, report_id=2)
        erase_left_devices()
        assert not held.exists()
        assert not UsageRecord.objects.filter(user=dora).exists()
        assert_invariants()


class Killed(BaseException):
    """What nobody catches, as nobody catches SIGKILL."""


def kill_at(statement: int) -> Callable[..., Any]:
    """A wrapper of the connection that ends the work at its n-th statement."""
    count = 0

    def run(execute: Callable[..., Any], *rest: Any) -> Any:
        nonlocal count
        count += 1
        if count == statement:
            raise Killed
        return execute(*rest)

    return run


def test_an_erasing_that_is_killed_at_any_statement_is_completed_by_the_next(dora: User) -> None:
    """Every statement of the first run in turn: each run begins where the one before was killed, one statement later."""
    server = Server.objects.get()
    leave(user=dora)
    confirm(server)
    pass_the_date(dora)
    kills = 0
    while True:
        kills += 1
        try:
            with connection.execute_wrapper(kill_at(kills)):
                erase_account(dora.pk)
        except Killed:
            assert_invariants()
            assert AuditEvent.objects.filter(action="account_erased").count() == 0
            continue
        break
    assert kills > 40
    assert User.objects.get(pk=dora.pk).erased_at is not None
    assert AuditEvent.objects.filter(action="account_erased").count() == 1
    assert "Unmistakable" not in text_of_every_table()
    assert not VpnConfig.objects.filter(user=dora).exists()
    assert not erase_account(dora.pk)
