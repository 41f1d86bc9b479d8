"""What the audit log tells of a row that staff have deleted: what it held, of nobody, and no long texts."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth.models import Group, Permission
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Session
from referrals.models import RewardAmount
from tests.admin.rows.accounts import new_session
from tests.factories.accounts import make_user
from tests.factories.vpn import make_location
from vpn.models import LocationCost

pytestmark = pytest.mark.django_db


def told_of(staff: Client, row: Model) -> dict[str, object]:
    """What the log says after the row was deleted on its page."""
    meta = row._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_delete", args=[row.pk])
    assert staff.post(address, {"post": "yes"}).status_code == 302
    details: dict[str, object] = AuditEvent.objects.get(action="staff_deleted").details
    return details


def test_sums_are_told(staff: Client) -> None:
    amount = RewardAmount.objects.create(currency="CHF", referrer_minor=500, friend_minor=100, minimum_minor=400)
    told = told_of(staff, amount)
    assert told == {"referrer_minor": ["500", None], "friend_minor": ["100", None], "minimum_minor": ["400", None]}


def test_what_a_location_cost_is_told_with_its_month(staff: Client) -> None:
    location = make_location("ams")
    cost = LocationCost.objects.create(location=location, month=date(2026, 10, 1), currency="USD", amount_minor=4999)
    told = told_of(staff, cost)
    assert told["month"] == ["2026-10-01", None]
    assert told["amount_minor"] == ["4999", None]
    assert told["location"] == [str(location), None]


def test_what_a_group_gave_and_to_whom_is_told(staff: Client) -> None:
    group, permission = Group.objects.create(name="Night shift"), Permission.objects.get(codename="view_ticket")
    group.permissions.add(permission)
    member = make_user("member@example.com", is_staff=True)
    member.groups.add(group)
    told = told_of(staff, group)
    assert told == {
        "name": ["Night shift", None],
        "permissions": [[str(permission)], None],
        "members": [[str(member.pk)], None],
    }


@pytest.mark.parametrize("is_somebodys", [True, False])
def test_of_what_may_be_about_somebody_nothing_is_told(staff: Client, is_somebodys: bool) -> None:
    session = new_session()
    if not is_somebodys:
        # A browser between the password and the second factor.
        Session.objects.filter(pk=session.pk).update(user=None, kind="browser", ip_address="192.0.2.9")
    form = {"action": "end_sessions", "_selected_action": [session.pk]}
    staff.post(reverse("admin:accounts_session_changelist"), form)
    assert AuditEvent.objects.get(action="staff_deleted").details == {}
