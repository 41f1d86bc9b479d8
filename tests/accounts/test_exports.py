"""A person's export: everything, for them alone, for a while."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
import time_machine
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import privacy
from accounts.models import DataExport, Notification, User
from accounts.services.exports import make_export, make_lost_exports, read_export, request_export
from nexusvpn.errors import NotFound, RateLimited
from tests.accounts.lives import EMAIL, NAME
from tests.api_client import ApiClient
from tests.conftest import token_of
from tests.mails import waiting_mails
from tests.stored import text_of_every_table
from tests.vpn.acting import report, row
from vpn.models import Location, Server, UsageRecord, VpnConfig

pytestmark = pytest.mark.django_db(transaction=True)


def made(user: User) -> dict[str, Any]:
    make_export(request_export(user=user).pk)
    data: dict[str, Any] = orjson.loads(read_export(user=user))
    return data


class TestWhatIsInIt:
    def test_every_section_is_there_and_says_what_it_is(self, dora: User) -> None:
        data = made(dora)
        assert list(data) == ["heading", *(section.name for section in privacy.sections())]
        assert set(data["heading"]["sections"]) == set(data) - {"heading"}

    def test_no_section_is_empty_for_somebody_who_used_everything(self, dora: User) -> None:
        server = Server.objects.get()
        report(server, [row(VpnConfig.objects.live().filter(user=dora).latest("created_at"), 5, 7)])
        assert UsageRecord.objects.filter(user=dora).exists()
        data = made(dora)
        for name, content in data.items():
            assert content, name
        assert data["account"]["email"] == EMAIL
        assert data["account"]["full_name"] == NAME
        assert data["account"]["signed_up_from"][0]["network"] == "192.0.2.0/24"
        assert data["account"]["mailed_links"][0]["purpose"] == "verify"
        assert data["sessions"][0]["user_agent"] == "Dora's browser"
        assert data["sign_ins"][0]["ip_address"] == "192.0.2.77"
        assert data["second_factors"]["passkeys"][0]["name"] == "Dora's phone"
        assert data["second_factors"]["authenticator"]["confirmed_at"]
        assert data["api_keys"][0]["scopes"] == ["read"]
        assert {mail["kind"] for mail in data["mails"]} >= {"welcome", "ticket_answered"}
        assert data["plan"]["given"][0]["reason"] == "Because Dora asked"
        assert [device["name"] for device in data["devices"]] == ["Dora's old laptop", "Dora's laptop", "Dora's tablet"]
        assert len(data["addresses"]) == 3
        assert [favourite["name"] for favourite in data["favourites"]] == [Location.objects.get().name]
        assert data["usage"]["days"][0]["bytes_up"] == 5
        assert data["usage"]["months"][0]["bytes_down"] == 7
        assert data["usage"]["period"]["used_bytes"] == 12
        assert data["customer"][0]["card_last4"] == "4242"
        assert (data["subscriptions"][0]["plan_name"], data["subscriptions"][0]["status"]) == ("Basic", "active")
        assert (data["invoices"][0]["total_minor"], data["ledger"][0]["amount_minor"]) == (499, 499)
        assert data["payments"]["payments"][0]["invoice_number"] == data["invoices"][0]["number"]
        assert data["payments"]["disputes"][0]["status"] == "won"
        assert data["gift_codes"][0]["plan_name"] == "Basic"
        assert [reward["state"] for reward in data["rewards"]["rewards"]] == ["earned", "pending"]
        assert [entry["kind"] for entry in data["rewards"]["movements"]] == ["pending", "earned", "spent", "pending"]
        assert data["rewards"]["payouts"][0]["amount_minor"] == 500
        assert [copy["object"] for copy in data["stripe_copy"]] == ["customer", "invoice"]
        ticket, merged = data["tickets"]
        assert [message["by"] for message in ticket["messages"]] == ["you", "support", "you"]
        assert (ticket["rating"], ticket["rating_comment"]) == (4, "Unmistakable comment.")
        assert (merged["category"], merged["device_name"], merged["messages"]) == ("devices", "Dora's laptop", [])
        assert merged["merged_into"] == ticket["id"]
        assert data["files"][0]["path"] == f"/support/{ticket['id']}/attachments/{data['files'][0]['id']}"
        assert data["announcements_put_away"][0]["title"] == "Maintenance"
        assert data["article_votes"][0]["article_title"] == "Kill switch"
        assert "Unmistakable note" not in str(data)

    def test_it_holds_no_secret_and_nobody_else(self, dora: User, sam: User) -> None:
        text = orjson.dumps(made(dora)).decode()
        for secret in (dora.password.split("$")[-1], "f" * 64, "c" * 64, "a" * 64, "e" * 64, "i" * 64, "pi_1_secret_2"):
            assert secret not in text
        for other in (sam.email, "friend-of-dora@example.com", "brought-dora@example.com"):
            assert other not in text

    def test_the_address_of_staff_is_not_told(self, dora: User, sam: User) -> None:
        from nexusvpn.audit import record_act

        record_act("staff_changed", actor=sam, person=dora.pk, target=dora, address="198.51.100.9")
        acts = {act["action"]: act for act in made(dora)["activity"]}
        assert acts["staff_changed"]["ip_address"] is None
        assert acts["staff_changed"]["by"] == "staff"
        assert acts["password_changed"]["ip_address"] == "192.0.2.77"
        assert str(sam.pk) not in orjson.dumps(list(acts.values())).decode()

    def test_anothers_rows_are_not_in_it(self, dora: User, alice: User) -> None:
        text = orjson.dumps(made(alice)).decode()
        assert "Dora" not in text


class TestItsLife:
    def test_it_is_stored_encrypted(self, dora: User) -> None:
        DataExport.objects.all().delete()
        make_export(request_export(user=dora).pk)
        content = bytes(DataExport.objects.get().content)
        assert len(content) > 500
        assert b"Dora" not in content
        assert "heading" not in text_of_every_table()

    def test_its_owner_is_told_without_a_secret(self, alice: User) -> None:
        made(alice)
        (mail,) = waiting_mails("export_ready")
        assert mail.to == alice.email
        assert f"{settings.SITE_URL}/settings/privacy\n" in mail.text
        assert Notification.objects.get(user=alice).link == "/settings/privacy"

    def test_two_requests_make_one(self, alice: User) -> None:
        assert request_export(user=alice).pk == request_export(user=alice).pk
        assert ProcrastinateJob.objects.filter(task_name="accounts.tasks.make_export_of").count() == 1
        with pytest.raises(IntegrityError), transaction.atomic():
            DataExport.objects.create(user=alice)

    def test_a_job_that_runs_twice_tells_once(self, alice: User) -> None:
        export = request_export(user=alice)
        make_export(export.pk)
        make_export(export.pk)
        assert len(waiting_mails("export_ready")) == 1

    def test_three_a_day(self, alice: User) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            for _ in range(3):
                made(alice)
                clock.shift(timedelta(hours=1))
            with pytest.raises(RateLimited) as refused:
                request_export(user=alice)
            assert refused.value.retry_after == 21 * 3600 + 1
            clock.shift(timedelta(hours=21, seconds=1))
            request_export(user=alice)

    def test_one_that_failed_says_so_and_does_not_count(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        export = request_export(user=alice)
        with monkeypatch.context() as broken:
            broken.setattr("accounts.services.exports.collect", lambda user: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                make_export(export.pk)
        export.refresh_from_db()
        assert export.state == "failed"
        for _ in range(3):
            made(alice)

    def test_a_lost_job_is_asked_for_again(self, alice: User) -> None:
        export = request_export(user=alice)
        ProcrastinateJob.objects.filter(task_name="accounts.tasks.make_export_of").update(status="succeeded")
        assert make_lost_exports() == 0
        DataExport.objects.filter(pk=export.pk).update(created_at=timezone.now() - timedelta(minutes=11))
        assert make_lost_exports() == 1
        assert ProcrastinateJob.objects.filter(task_name="accounts.tasks.make_export_of", status="todo").count() == 1

    def test_it_cannot_be_read_when_it_has_expired(self, alice: User) -> None:
        made(alice)
        with (
            time_machine.travel(timezone.now() + timedelta(days=settings.EXPORT_KEPT_DAYS, seconds=1)),
            pytest.raises(NotFound),
        ):
            read_export(user=alice)


class TestOverTheApi:
    def test_it_is_asked_for_looked_after_and_read(self, alice: User, alice_api: ApiClient) -> None:
        assert alice_api.get("users/me/export").data == {
            "state": "none",
            "created_at": None,
            "ready_at": None,
            "expires_at": None,
            "export": None,
        }
        asked = alice_api.post("users/me/export")
        assert (asked.status, asked.data["state"]) == (202, "queued")
        assert alice_api.get("users/me/export").data["state"] == "queued"
        make_export(DataExport.objects.get().pk)
        ready = alice_api.get("users/me/export").data
        assert ready["state"] == "ready"
        assert ready["export"]["account"]["email"] == alice.email

    def test_the_fourth_of_a_day_is_429(self, alice: User, alice_api: ApiClient) -> None:
        for _ in range(3):
            made(alice)
        answer = alice_api.post("users/me/export")
        assert (answer.status, answer.code) == (429, "rate_limited")
        assert int(answer.headers["Retry-After"]) > 80_000

    def test_anothers_is_not_there(self, alice: User, bob: User) -> None:
        made(alice)
        assert ApiClient(token_of(bob)).get("users/me/export").data["state"] == "none"
