"""The end of an account: nothing names the person any more, whatever interrupts the erasing, and nobody else loses anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from accounts.models import (
    AuditEvent,
    DataExport,
    Invitation,
    LoginHistory,
    Mail,
    Session,
    User,
)
from accounts.services import erasure
from accounts.services.deletion import leave
from accounts.services.erasure import erase_account, erase_due_accounts, erased_address
from billing.models import PlanGrant
from referrals.models import Referral
from support.models import IdempotencyKey, Ticket
from tests.accounts.lives import EMAIL
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.factories.support import make_ticket
from tests.invariants import assert_invariants
from tests.stored import text_of_every_table
from tests.vpn.acting import confirm, report, row
from vpn.models import Peer, QuotaMeter, Server, UsageCounter, UsageMonth, UsageRecord, VpnConfig
from vpn.services.erasure import erase_left_devices
from vpn.services.quota import settle_meter

pytestmark = pytest.mark.django_db(transaction=True)


def pass_the_date(user: User) -> None:
    """As if the grace were over."""
    User.objects.filter(pk=user.pk).update(deletion_due_at=timezone.now() - timedelta(seconds=1))


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
