"""Plans edited by staff: whoever has one is settled, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.models import AuditEvent, User
from billing.models import Plan
from billing.services import plans
from tests.admin.addresses import change, save
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server
from tests.jobs import run_due_jobs
from tests.vpn.acting import add, wanted
from vpn.models import QuotaMeter, VpnConfig

pytestmark = pytest.mark.django_db
FIELDS = ("name", "description", "rank", "device_limit", "trial_days")


def edit(staff: Client, code: str, **changes: Any) -> None:
    """Save a plan's form as staff's browser would."""
    plan = Plan.objects.get(code=code)
    values = {name: getattr(plan, name) for name in FIELDS} | {"is_offered": "on", **changes}
    if plan.quota_bytes is not None:
        values.setdefault("quota_bytes", plan.quota_bytes // 10**9)
    if plan.premium_locations and "premium_locations" not in changes:
        values["premium_locations"] = "on"
    sent = {name: "" if value is None else value for name, value in values.items() if value is not False}
    assert save(staff, change(plan), sent).status_code == 302


def test_a_changed_plan_is_in_the_log_with_its_values_before_and_after(staff: Client) -> None:
    Plan.objects.filter(code="basic").update(device_limit=3, quota_bytes=None)
    edit(staff, "basic", device_limit=8, quota_bytes="1000")
    act = AuditEvent.objects.get(action="staff_changed")
    assert act.details["device_limit"] == ["3", "8"]
    assert act.details["quota_bytes"][0] == "None"
    assert set(act.details) == {"device_limit", "quota_bytes"}


def test_a_lower_device_limit_takes_the_newest_devices_off_and_a_higher_one_brings_them_back(
    staff: Client, alice: User
) -> None:
    server = make_server(make_location("ams"))
    grant(alice, "pro")
    devices = [add(alice, name) for name in ("Phone", "Laptop")]
    run_due_jobs()
    edit(staff, "pro", device_limit=1)
    assert wanted(server) == {device.public_key for device in devices}
    run_due_jobs()
    assert wanted(server) == {devices[0].public_key}
    assert VpnConfig.objects.get(pk=devices[1].pk).blocked == VpnConfig.Blocked.PLAN_LIMIT
    edit(staff, "pro", device_limit=10)
    run_due_jobs()
    assert wanted(server) == {device.public_key for device in devices}
    assert "Device limit" in LogEntry.objects.latest("pk").get_change_message()


def test_a_premium_location_goes_with_the_plans_premium(staff: Client, alice: User) -> None:
    server = make_server(make_location("lux", premium=True))
    grant(alice, "pro")
    add(alice, location="lux")
    edit(staff, "pro", premium_locations=False)
    run_due_jobs()
    assert not wanted(server)


def test_everybody_has_the_free_plan_whatever_the_number(
    staff: Client, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_server(make_location("ams"))
    monkeypatch.setattr(plans, "AT_ONCE", 2)
    for user in (alice, bob):
        add(user)
    run_due_jobs()
    edit(staff, "free", quota_bytes=7)
    assert run_due_jobs().count("vpn.tasks.settle") == User.objects.count() == 3
    assert set(QuotaMeter.objects.values_list("quota_bytes", flat=True)) == {7_000_000_000}


def test_another_plans_holders_are_left_alone(staff: Client, alice: User, bob: User) -> None:
    grant(alice, "pro")
    grant(bob, "basic")
    edit(staff, "pro", device_limit=3)
    assert run_due_jobs().count("vpn.tasks.settle") == 1


def test_another_name_or_trial_settles_nobody(staff: Client, alice: User) -> None:
    grant(alice, "pro")
    edit(staff, "pro", name="Professional", trial_days=7)
    assert run_due_jobs() == []
    edit(staff, "pro", name="Professional", trial_days=7)
    assert Plan.objects.get(code="pro").name == "Professional"
