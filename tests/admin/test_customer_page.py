"""A customer's page: what decides, what can be done and by whom, and the latest of everything, at a known cost."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AbuseFlag, AuditEvent, DataExport, LoginHistory, Notification, Session, User
from accounts.roles import BILLING, OPERATIONS, OWNER, SUPPORT, sync_roles
from billing.models import LedgerEntry, Plan, PlanGrant
from nexusvpn.audit import record_act
from tests.admin.addresses import action, allow, change, save
from tests.admin.conftest import browser_with_factor
from tests.factories.accounts import make_user
from tests.factories.billing import grant
from tests.factories.payments import make_invoice, make_payment, make_subscription
from tests.factories.support import make_ticket
from tests.factories.vpn import make_location, make_server
from tests.mails import waiting_mails
from tests.queries import forget_counts, recorded_queries
from tests.vpn.acting import add
from vpn.models import VpnConfig

FIFTY = range(50)
MOST_QUERIES = 15


def browser_of(role: str) -> Client:
    sync_roles()
    user = make_user(f"{role.lower()}@staff.example", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return browser_with_factor(user)


@pytest.fixture
def full(alice: User) -> User:
    """Alice with fifty of everything, what she was brought by included."""
    User.objects.filter(pk=alice.pk).update(referred_by=make_user("friend@example.com"), language="de")
    make_server(make_location("ams"))
    PlanGrant.objects.create(user=alice, plan=Plan.objects.get(code="pro"), reason="Ticket 1")
    Plan.objects.filter(code="pro").update(device_limit=100)
    subscription = make_subscription(alice)
    now = timezone.now()
    for number in FIFTY:
        add(alice, f"Device {number}")
        make_ticket(alice, subject=f"Question {number}")
        make_payment(alice, make_invoice(alice, subscription))
        PlanGrant.objects.create(
            user=alice, plan=Plan.objects.get(code="basic"), reason=f"Grant {number}", revoked_at=now
        )
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            occurred_at=now,
            account="credit",
            kind="credit",
            amount_minor=10,
            currency="USD",
            user=alice,
            source=f"x{number}",
        )
        for number in FIFTY
    )
    Notification.objects.bulk_create(
        Notification(user=alice, kind="usage", title=f"Notice {number}", created_at=now - timedelta(hours=number))
        for number in FIFTY
    )
    LoginHistory.objects.bulk_create(LoginHistory(user=alice, outcome="success", kind="browser") for _ in FIFTY)
    AbuseFlag.objects.create(user=alice, reason="network", detail="192.0.2.0/24")
    return alice


@pytest.mark.parametrize("role", [OWNER, "superuser"])
def test_the_whole_page_costs_few_queries_with_fifty_of_everything(full: User, role: str, staff: Client) -> None:
    browser = staff if role == "superuser" else browser_of(role)
    browser.get(change(full))  # fills the caches of content types
    with recorded_queries() as asked:
        page = browser.get(change(full))
    assert page.status_code == 200
    assert len(asked) <= MOST_QUERIES, "\n".join(asked)
    for words in ("50 of 100", "Pro, given by staff", "Question 49", "Notice 0", "Latest sign-ins", "$5.00", "German"):
        assert words in page.text.replace("Deutsch", "German"), words


def test_what_decides_stands_above_everything(staff: Client, alice: User) -> None:
    facts = staff.get(change(alice)).text.split("customer-facts")[1].split("</dl>")[0]
    for name in (
        "State",
        "Active",
        "Plan",
        "Free",
        "Plan until",
        "Devices",
        "Last seen",
        "Address confirmed",
        "Second factor",
    ):
        assert name in facts
    User.objects.filter(pk=alice.pk).update(is_active=False, suspended_at=timezone.now(), email_verified_at=None)
    AbuseFlag.objects.create(user=alice, reason="network", detail="192.0.2.0/24")
    facts = staff.get(change(alice)).text.split("customer-facts")[1].split("</dl>")[0]
    assert '<div class="customer-fact-bad"><dt>State</dt><dd>Suspended</dd></div>' in facts
    assert '<div class="customer-fact-warn"><dt>Address confirmed</dt><dd>No</dd></div>' in facts
    assert '<div class="customer-fact-warn"><dt>Flags</dt><dd>1</dd></div>' in facts


def test_a_session_that_is_over_counts_as_none(staff: Client, alice: User) -> None:
    now = timezone.now()
    for number, ends in enumerate((now + timedelta(days=1), now - timedelta(hours=1))):
        Session.objects.create(user=alice, kind="token", key_hash=f"{number}" * 64, expires_at=ends)
    assert "<dt>Signed in</dt><dd>1 session now</dd>" in staff.get(change(alice)).text


OFFERED = {
    SUPPORT: {
        "act-as": True,
        "suspend": True,
        "sign-out": True,
        "export-data": True,
        "delete-account": True,
        "give-plan": False,
    },
    BILLING: {
        "act-as": False,
        "suspend": False,
        "sign-out": False,
        "export-data": False,
        "delete-account": False,
        "give-plan": True,
    },
    OWNER: dict.fromkeys(("act-as", "suspend", "sign-out", "export-data", "delete-account", "give-plan"), True),
}


@pytest.mark.parametrize("role", OFFERED)
def test_an_action_is_offered_and_done_for_whom_it_is_permitted_alone(alice: User, role: str) -> None:
    browser = browser_of(role)
    page = browser.get(change(alice)).text
    for slug, permitted in OFFERED[role].items():
        assert (action(alice, slug) in page) is permitted, slug
        assert (browser.get(action(alice, slug)).status_code == 200) is permitted, slug
        assert (browser.post(action(alice, slug)).status_code != 403) is permitted, slug


def test_each_sees_the_panels_that_are_for_them(alice: User) -> None:
    make_ticket(alice, subject="My own words")
    make_payment(alice)
    support, billing = browser_of(SUPPORT).get(change(alice)).text, browser_of(BILLING).get(change(alice)).text
    assert "My own words" in support
    assert "My own words" not in billing
    assert ">Payments</a>" in billing
    assert ">Payments</a>" not in support
    assert "Refund a payment" in billing
    assert "Refund a payment" not in support
    assert browser_of(OPERATIONS).get(change(alice)).status_code == 403


@pytest.mark.parametrize(
    ("role", "sees_addresses", "reads_all"), [(SUPPORT, True, False), (BILLING, False, False), (OWNER, True, True)]
)
def test_activity_has_addresses_and_a_way_to_all_of_it_for_whom_those_are(
    alice: User, role: str, sees_addresses: bool, reads_all: bool
) -> None:
    record_act("name_changed", actor=alice, person=alice.pk, target=alice, address="203.0.113.77")
    browser = browser_of(role)
    page, log = browser.get(change(alice)).text, f"/admin/accounts/auditevent/?q={alice.pk}"
    assert "Name changed" in page
    assert ("203.0.113.77" in page) is sees_addresses
    assert (log in page) is reads_all
    assert (browser.get(log).status_code == 200) is reads_all


@pytest.mark.parametrize("role", [SUPPORT, BILLING, OWNER])
def test_every_way_on_the_page_is_open_to_who_sees_it(full: User, role: str) -> None:
    browser = browser_of(role)
    page = browser.get(change(full), {"more": "1"}).text
    ways = set(re.findall(r'href="(/admin/[^"#]*)"', page.split('id="content"')[1]))
    assert len(ways) > 20
    for address in ways:
        forget_counts()
        assert browser.get(address.replace("&amp;", "&")).status_code in (200, 302), address


def test_what_there_is_nothing_of_is_not_offered_to_be_taken_back(staff: Client, alice: User) -> None:
    page = staff.get(change(alice)).text
    assert "Refund a payment" not in page
    assert "End a given plan" not in page
    payment, given = make_payment(alice), grant(alice, "pro")
    page = staff.get(change(alice)).text
    assert "Refund a payment" in page
    assert "End a given plan" in page
    type(payment).objects.filter(pk=payment.pk).update(refunded_minor=payment.amount_minor)
    type(given).objects.filter(pk=given.pk).update(revoked_at=timezone.now())
    page = staff.get(change(alice)).text
    assert "Refund a payment" not in page
    assert "End a given plan" not in page


def test_a_row_of_a_panel_leads_to_its_page(staff: Client, alice: User) -> None:
    ticket, subscription = make_ticket(alice), make_subscription(alice)
    invoice = make_invoice(alice, subscription)
    payment = make_payment(alice, invoice)
    page = staff.get(change(alice), {"more": "1"}).text
    for row in (ticket, payment, invoice, subscription):
        address = change(row).replace(str(row.pk), quote(str(row.pk)))
        assert f'<a href="{address}">' in page
        assert staff.get(address).status_code == 200


def test_every_panel_leads_to_the_whole_list_of_this_person(staff: Client, alice: User, bob: User) -> None:
    mine, other = make_ticket(alice, subject="Mine"), make_ticket(bob, subject="Of Bob")
    page = staff.get(change(alice), {"more": "1"}).text
    addresses = [part.split('"')[0].replace("&amp;", "&") for part in page.split('<h2><a href="')[1:]]
    assert len(addresses) >= 12
    for address in addresses:
        answer = staff.get(address)
        assert answer.status_code == 200, address
    tickets = staff.get(next(each for each in addresses if "support/ticket" in each)).text
    assert mine.subject in tickets
    assert other.subject not in tickets


def test_what_is_dangerous_or_changes_access_needs_a_reason_that_history_keeps(staff: Client, alice: User) -> None:
    for slug in ("suspend", "delete-account", "give-plan", "act-as"):
        assert staff.post(action(alice, slug), {}).status_code == 400, slug
    staff.post(action(alice, "suspend"), {"reason": "Chargeback of ticket 9"})
    assert "Suspend: Chargeback of ticket 9" in LogEntry.objects.get().get_change_message()
    written = list(AuditEvent.objects.filter(person_id=alice.pk).values_list("action", "details"))
    assert written == [("account_suspended", {})]


def test_a_plan_is_given_by_its_service(staff: Client, sam: User, alice: User) -> None:
    pro = Plan.objects.get(code="pro")
    answer = staff.post(action(alice, "give-plan"), {"plan": pro.pk, "reason": "Outage of May"}, follow=True)
    assert "The plan is given." in answer.text
    grant = PlanGrant.objects.get(user=alice)
    assert (grant.plan, grant.granted_by, grant.reason) == (pro, sam, "Outage of May")
    past = {"plan": pro.pk, "reason": "x", "valid_until": "2020-01-01 00:00"}
    assert "still to come" in staff.post(action(alice, "give-plan"), past).text


def test_an_export_is_made_for_its_owner_at_staffs_wish(staff: Client, sam: User, alice: User) -> None:
    staff.post(action(alice, "export-data"))
    assert DataExport.objects.get().user == alice
    act = AuditEvent.objects.get(action="export_requested")
    assert (act.actor_id, act.person_id, act.actor_kind) == (sam.pk, alice.pk, "staff")


def test_a_deletion_by_staff_has_the_same_grace_and_tells_its_owner_so(staff: Client, sam: User, alice: User) -> None:
    staff.post(action(alice, "delete-account"), {"reason": "Asked in ticket 3"})
    alice.refresh_from_db()
    assert alice.is_leaving
    assert AuditEvent.objects.get(action="account_leaving").actor_id == sam.pk
    mail = waiting_mails("account_leaving")[0]
    assert "our support has begun to delete your account" in mail.text
    assert "our support has begun to delete your account" in mail.html
    assert action(sam, "delete-account") not in staff.get(change(sam)).text


def test_staff_rights_are_on_the_page_of_staff_and_elsewhere_on_demand(staff: Client, sam: User, alice: User) -> None:
    assert 'name="is_staff"' not in staff.get(change(alice)).text
    assert 'name="is_staff"' in staff.get(change(alice), {"rights": "1"}).text
    assert 'name="is_staff"' in staff.get(change(sam)).text
    form = {"email": alice.email, "full_name": "Alice", "is_staff": "on"}
    save(staff, change(alice), form)
    alice.refresh_from_db()
    assert not alice.is_staff
    save(staff, f"{change(alice)}?rights=1", form)
    alice.refresh_from_db()
    assert alice.is_staff


def test_actions_ask_in_the_language_of_who_looks(staff: Client, alice: User) -> None:
    asked = staff.get(action(alice, "suspend"), headers={"Accept-Language": "de"}).text
    assert "Die Person wird überall abgemeldet" in asked
    staff.post(action(alice, "suspend"), {"reason": "x"}, headers={"Accept-Language": "de"})
    assert LogEntry.objects.get().change_message == "Suspend: x"


def test_what_a_service_tells_is_told_once_and_what_none_tells_by_the_page(
    staff: Client, sam: User, alice: User
) -> None:
    pro, flag = Plan.objects.get(code="pro"), AbuseFlag.objects.create(user=alice, reason="network")
    staff.post(action(alice, "give-plan"), {"plan": pro.pk, "reason": "Outage"})
    staff.post(action(alice, "sign-out"))
    staff.post(action(alice, "act-as"), {"reason": "Ticket 7"})
    staff.post("/acting/end")
    staff.post(action(flag, "clear"))
    staff.post(action(flag, "clear"))
    acts = AuditEvent.objects.filter(person_id=alice.pk).order_by("pk")
    assert [act.action for act in acts] == [
        "plan_granted",
        "sessions_ended",
        "acting_started",
        "acting_ended",
        "staff_changed",
    ]
    assert {act.actor_id for act in acts} == {sam.pk}
    assert acts[4].details == {"done": "Clear"}


def test_the_page_opens_for_who_may_only_look(helper: User, helper_browser: Client, alice: User) -> None:
    allow(helper, "view_user")
    page = helper_browser.get(change(alice))
    assert page.status_code == 200
    assert "/do/" not in page.text
    assert reverse("admin:accounts_user_history", args=[alice.pk]) in page.text


def test_removed_devices_stand_after_the_live_ones(staff: Client, alice: User) -> None:
    make_server(make_location("ams"))
    grant(alice, "pro")
    old, new = add(alice, "Old"), add(alice, "New")
    VpnConfig.objects.filter(pk=old.pk).update(revoked_at=timezone.now())
    page = staff.get(change(alice)).text
    assert page.index(str(new.pk)) < page.index(str(old.pk))


def test_a_plan_without_an_end_says_so_on_the_customers_page_and_beside_their_question(
    staff: Client, alice: User
) -> None:
    for address in (change(alice), change(make_ticket(alice))):
        assert "No end date" in staff.get(address).text, address
