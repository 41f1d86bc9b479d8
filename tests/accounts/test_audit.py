"""The audit log: written with what is done, read by whom it is about and by staff, changed by nobody."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.acts import WORDS
from accounts.models import AuditEvent, Notification, User
from accounts.services.deletion import leave
from accounts.services.notifications import choose_mail
from accounts.services.profile import rename_person
from accounts.services.suspension import suspend_account, unsuspend_account
from billing.models import Plan
from billing.services.grants import grant_plan, revoke_grant
from nexusvpn.audit import record_act
from nexusvpn.errors import Conflict
from support.services.tickets import close_ticket, open_ticket, reply_to_ticket
from tests.admin.addresses import save
from tests.api_client import ApiClient
from tests.factories.accounts import make_user
from tests.factories.vpn import make_location, make_server
from vpn.models import Server
from vpn.services.credentials import order_rotation
from vpn.services.emptying import drain_server, undrain_server
from vpn.services.nodes import issue_enrolment_token, revoke_credential
from vpn.services.servers import allow_mass_removal
from vpn.services.stops import end_stop, start_stop

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff(sam: User) -> Client:
    client = Client(REMOTE_ADDR="198.51.100.7")
    client.force_login(sam)
    return client


@pytest.fixture
def server(db: None) -> Server:
    return make_server(make_location("ams"))


def acts() -> list[tuple[str, str]]:
    """(action, by what kind of actor) of everything, oldest first."""
    return list(AuditEvent.objects.order_by("id").values_list("action", "actor_kind"))


class TestServicesWriteIt:
    def test_what_people_do_themselves(self, alice: User) -> None:
        rename_person(user=alice, full_name="Alice Liddell")
        choose_mail(user=alice, kind=Notification.Kind.NEWS, wanted=False)
        leave(user=alice)
        assert acts() == [("name_changed", "person"), ("mail_choice_changed", "person"), ("account_leaving", "person")]
        assert set(AuditEvent.objects.values_list("actor_id", "person_id")) == {(alice.pk, alice.pk)}

    def test_what_staff_do_with_people(self, alice: User, sam: User) -> None:
        suspend_account(user=alice, by=sam)
        unsuspend_account(user=alice, by=sam)
        grant = grant_plan(user=alice, plan=Plan.objects.get(code="basic"), reason="Alice asked", granted_by=sam)
        revoke_grant(grant, by=sam)
        ticket = open_ticket(user=alice, subject="My tunnel", message="It stops after a minute.")
        reply_to_ticket(ticket_id=ticket.pk, author=sam, message="Try another location, please.")
        close_ticket(ticket_id=ticket.pk, closer=sam)
        assert acts() == [
            ("account_suspended", "staff"),
            ("account_reinstated", "staff"),
            ("plan_granted", "staff"),
            ("plan_revoked", "staff"),
            ("ticket_answered", "staff"),
            ("ticket_closed", "staff"),
        ]
        assert set(AuditEvent.objects.values_list("actor_id", "person_id")) == {(sam.pk, alice.pk)}

    def test_customers_who_use_support_are_not_listed(self, alice: User) -> None:
        ticket = open_ticket(user=alice, subject="My tunnel", message="It stops after a minute.")
        reply_to_ticket(ticket_id=ticket.pk, author=alice, message="It also does at night.")
        close_ticket(ticket_id=ticket.pk, closer=alice)
        assert acts() == []

    def test_what_staff_do_with_servers(self, server: Server, sam: User) -> None:
        issue_enrolment_token(server, by=sam)
        server.tokens.update(kind="credential")
        order_rotation(server, by=sam)
        revoke_credential(server, by=sam)
        allow_mass_removal(server_id=server.pk, by=sam)
        drain_server(server_id=server.pk, by=sam)
        undrain_server(server_id=server.pk, by=sam)
        stop = start_stop(by=sam, reason="A leak", server=server)
        end_stop(stop_id=stop.pk, by=sam)
        written = [
            "enrolment_token_issued",
            "node_credential_ordered",
            "node_credential_revoked",
            "mass_removal_allowed",
            "server_drained",
            "server_undrained",
            "emergency_stop_started",
            "emergency_stop_ended",
        ]
        assert acts() == [(action, "staff") for action in written]
        assert set(AuditEvent.objects.values_list("actor_id", flat=True)) == {sam.pk}

    def test_what_was_refused_or_undone_is_not_in_it(self, alice: User, sam: User) -> None:
        suspend_account(user=alice, by=sam)
        with pytest.raises(Conflict):
            suspend_account(user=alice, by=sam)
        with transaction.atomic():
            record_act("undone", person=alice.pk)
            transaction.set_rollback(True)
        assert acts() == [("account_suspended", "staff")]


class TestTheAdminWritesIt:
    def change(self, staff: Client, user: User, **changes: str) -> None:
        form = {"email": user.email, "full_name": user.full_name, **changes}
        answer = save(staff, f"/admin/accounts/user/{user.pk}/change/?rights=1", form)
        assert answer.status_code == 302, answer.content

    def test_a_change_with_before_and_after_address_and_request(self, staff: Client, alice: User, sam: User) -> None:
        self.change(staff, alice, is_staff="on")
        act = AuditEvent.objects.get(action="staff_changed")
        assert act.details == {"is_staff": ["False", "True"]}
        assert (act.actor_id, act.person_id, act.target_type) == (sam.pk, alice.pk, "accounts.user")
        assert act.ip_address == "198.51.100.7"
        assert len(act.request_id) == 36

    def test_that_a_name_or_address_changed_without_telling_it(self, staff: Client, alice: User) -> None:
        self.change(staff, alice, email="new-address@example.com", full_name="Another Name")
        act = AuditEvent.objects.get(action="staff_changed")
        assert set(act.details) == {"email", "full_name"}
        for trace in ("alice", "new-address", "Another", "Alice"):
            assert trace not in str(act.details)

    def test_a_new_password_without_telling_it(self, staff: Client, alice: User) -> None:
        new = "a password that nobody guesses"
        form = {"password1": new, "password2": new, "usable_password": "true"}
        answer = staff.post(f"/admin/accounts/user/{alice.pk}/password/", form)
        assert answer.status_code == 302
        alice.refresh_from_db()
        assert alice.check_password(new)
        act = AuditEvent.objects.get(person_id=alice.pk)
        assert act.action == "staff_changed"
        for secret in (new, alice.password, "argon2"):
            assert secret not in str(act.details)

    def test_an_action_without_what_staff_wrote_beside_it(self, staff: Client, server: Server) -> None:
        answer = staff.post(f"/admin/vpn/server/{server.pk}/do/emergency-stop/", {"reason": "Alice Liddell called"})
        assert answer.status_code == 302
        assert AuditEvent.objects.get(target_type="vpn.server").details["done"]
        assert "Alice" not in str(list(AuditEvent.objects.values()))
        assert "Alice Liddell called" in LogEntry.objects.latest("pk").change_message

    def test_an_addition_and_a_deletion(self, staff: Client) -> None:
        staff.post("/admin/auth/group/add/", {"name": "Helpers"})
        group = Group.objects.get()
        staff.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"})
        assert acts() == [("staff_added", "staff"), ("staff_deleted", "staff")]

    def test_which_groups_and_permissions_were_before_and_after(self, staff: Client, alice: User) -> None:
        permission = Permission.objects.get(codename="view_ticket")
        staff.post("/admin/auth/group/add/", {"name": "Support", "permissions": [permission.pk]})
        group = Group.objects.get()
        self.change(staff, alice, groups=str(group.pk))
        added = AuditEvent.objects.get(action="staff_added")
        changed = AuditEvent.objects.get(action="staff_changed")
        assert added.details == {"permissions": [[], [str(permission)]]}
        assert changed.details == {"groups": [[], ["Support"]]}

    @pytest.mark.parametrize("path", ["/admin/vpn/server/", "/admin/accounts/user/"])
    def test_a_denial(self, db: None, path: str) -> None:
        helper = make_user("helper@example.com", is_staff=True)
        browser = Client()
        browser.force_login(helper)
        assert browser.get(path).status_code == 403
        act = AuditEvent.objects.get(action="denied")
        assert act.actor_id == helper.pk
        assert act.details == {"method": "GET", "path": path}

    def test_a_customer_who_tries_the_admin(self, alice: User) -> None:
        browser = Client()
        browser.force_login(alice)
        assert browser.get("/admin/accounts/user/", follow=True).status_code == 403
        assert AuditEvent.objects.filter(action="denied", actor_id=alice.pk).exists()

    def test_an_action_that_was_not_allowed(self, alice: User) -> None:
        helper = make_user("helper@example.com", is_staff=True)
        helper.user_permissions.set(Permission.objects.filter(codename="view_user"))
        browser = Client()
        browser.force_login(helper)
        assert browser.post(f"/admin/accounts/user/{alice.pk}/do/suspend/").status_code == 403
        assert AuditEvent.objects.filter(action="denied", actor_id=helper.pk).count() == 1
        alice.refresh_from_db()
        assert alice.is_active


def test_every_act_about_people_has_words() -> None:
    """What is about servers alone is read by staff, who know its code."""
    sources = [path.read_text() for app in ("accounts", "billing", "support") for path in (ROOT / app).rglob("*.py")]
    written = {action for text in sources for action in re.findall(r'record_act\(\s*"(\w+)"', text)}
    assert written >= {"password_changed", "plan_granted", "ticket_answered"}
    assert written <= set(WORDS)


class TestNobodyChangesIt:
    def act(self, days_ago: float) -> AuditEvent:
        at = timezone.now() - timedelta(days=days_ago)
        return AuditEvent.objects.create(action="x", actor_kind="system", person_id=uuid4(), at=at)

    @pytest.mark.parametrize("days_ago", [0, 179, 200, 1000])
    def test_the_database_refuses_to_change_a_row_however_old(self, days_ago: int) -> None:
        act = self.act(days_ago)
        with pytest.raises(DatabaseError), transaction.atomic():
            AuditEvent.objects.filter(pk=act.pk).update(action="y")
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("UPDATE accounts_auditevent SET details = '{}'")
        act.refresh_from_db()
        assert act.action == "x"

    def test_only_an_address_may_be_emptied_and_nothing_with_it(self) -> None:
        act = self.act(0)
        other = AuditEvent.objects.create(action="z", actor_kind="system", ip_address="192.0.2.1")
        with pytest.raises(DatabaseError), transaction.atomic():
            AuditEvent.objects.filter(pk=other.pk).update(ip_address="192.0.2.2")
        with pytest.raises(DatabaseError), transaction.atomic():
            AuditEvent.objects.filter(pk=other.pk).update(ip_address=None, action="y")
        AuditEvent.objects.filter(pk=other.pk).update(ip_address=None)
        with pytest.raises(DatabaseError), transaction.atomic():
            AuditEvent.objects.filter(pk=act.pk).update(ip_address="192.0.2.1")
        assert AuditEvent.objects.get(pk=other.pk).ip_address is None

    @pytest.mark.parametrize(("days_ago", "refused"), [(0, True), (179.9, True), (180.1, False)])
    def test_the_database_refuses_to_delete_what_is_younger_than_180_days(self, days_ago: float, refused: bool) -> None:
        act = self.act(days_ago)
        if refused:
            with pytest.raises(DatabaseError), connection.cursor() as cursor:
                cursor.execute("DELETE FROM accounts_auditevent WHERE id = %s", [act.pk])
        else:
            act.delete()
        assert AuditEvent.objects.filter(action="x").exists() is refused

    def test_one_young_row_saves_all_that_a_statement_would_delete(self) -> None:
        self.act(500)
        self.act(1)
        with pytest.raises(DatabaseError), transaction.atomic():
            AuditEvent.objects.all().delete()
        assert AuditEvent.objects.count() == 2


class TestReading:
    def test_people_see_their_own_over_the_api_page_by_page(
        self, alice: User, bob: User, sam: User, alice_api: ApiClient
    ) -> None:
        record_act("account_suspended", actor=sam, person=alice.pk, target=alice, address="198.51.100.9")
        record_act("name_changed", actor=alice, person=alice.pk, target=alice, address="192.0.2.44")
        record_act("name_changed", actor=bob, person=bob.pk, target=bob)
        data = alice_api.get("users/me/activity").data
        assert [(act["action"], act["by"], act["ip_address"]) for act in data["items"]] == [
            ("name_changed", "you", "192.0.2.44"),
            ("account_suspended", "staff", None),
        ]
        assert data["total"] == 2
        assert str(sam.pk) not in str(data)
        second = alice_api.get("users/me/activity?limit=1&page=2").data["items"]
        assert [act["action"] for act in second] == ["account_suspended"]

    def test_staff_search_it_by_person_request_and_action(self, staff: Client, alice: User, bob: User) -> None:
        record_act("name_changed", actor=alice, person=alice.pk, target=alice)
        record_act("password_changed", actor=bob, person=bob.pk, target=bob)

        def found(wanted: str) -> str:
            text = staff.get("/admin/accounts/auditevent/", {"q": wanted}).text
            return text.split("<tbody")[1].split("</tbody")[0].replace("<wbr>", "")

        assert "Name changed" in found(str(alice.pk))
        assert "Password changed" not in found(str(alice.pk))
        assert "Password changed" in found("password_changed")
        assert alice.email in found(str(alice.pk))

    def test_the_customers_page_shows_the_latest(self, staff: Client, alice: User, sam: User) -> None:
        record_act("name_changed", actor=alice, person=alice.pk, target=alice)
        record_act("account_suspended", actor=sam, person=alice.pk, target=alice)
        text = staff.get(f"/admin/accounts/user/{alice.pk}/change/").text
        assert "Account activity" in text
        assert "Name changed" in text
        assert "Account suspended" in text
        assert f"/admin/accounts/auditevent/?q={alice.pk}" in text
