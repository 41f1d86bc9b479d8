"""Data that is used up: counted with the usage, told once, enforced, and given back."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from billing.models import Plan, PlanGrant
from billing.services.grants import grant_plan, revoke_grant
from tests.factories.vpn import make_location, make_server
from tests.invariants import assert_invariants
from tests.mails import waiting_mails
from tests.vpn.acting import add, report, row, wanted
from vpn.models import QuotaMeter, Server, UsageRecord, VpnConfig
from vpn.services.admission import settle_customer
from vpn.services.devices import remove_device
from vpn.services.quota import people_whose_period_is_over

pytestmark = pytest.mark.django_db(transaction=True)
GB = 10**9


@pytest.fixture
def server(db: None) -> Server:
    return make_server(make_location("ams"))


def settle_jobs() -> list[str]:
    """The people whom jobs are to settle; taken out of the queue."""
    jobs = ProcrastinateJob.objects.filter(task_name="vpn.tasks.settle")
    return [str(job.args["user_id"]) for job in jobs]


def mails() -> list[str]:
    return [mail.subject for mail in waiting_mails() if mail.to == "alice@example.com"]


def test_only_people_with_a_limit_have_a_meter(alice: User, sam: User, server: Server) -> None:
    add(alice)
    assert QuotaMeter.objects.get().quota_bytes == 10 * GB
    grant_plan(user=alice, plan=Plan.objects.get(code="pro"), reason="gift", granted_by=sam)
    assert settle_jobs() == [str(alice.pk)]
    settle_customer(alice.pk)
    assert not QuotaMeter.objects.exists()


def test_the_meter_grows_with_the_usage_and_repeats_change_nothing(alice: User, server: Server) -> None:
    device = add(alice)
    first = row(device, 3 * GB, GB)
    for _ in range(3):
        report(server, [first])
    report(server, [[first[0], 4 * GB, GB, first[3], "online"]])
    assert QuotaMeter.objects.get().used_bytes == 5 * GB
    assert settle_jobs() == []
    assert_invariants()


def test_what_is_left_of_the_day_on_which_a_plan_ends_counts_for_no_period(
    alice: User, sam: User, server: Server
) -> None:
    granted = grant_plan(user=alice, plan=Plan.objects.get(code="pro"), reason="gift", granted_by=sam)
    # Long enough for the free plan's former period to be over.
    User.objects.update(date_joined=timezone.now() - timedelta(days=90))
    PlanGrant.objects.update(created_at=timezone.now() - timedelta(days=40))
    device = add(alice)
    revoke_grant(granted)
    settle_customer(alice.pk)
    report(server, [row(device, 9 * GB, 0)])
    assert QuotaMeter.objects.get().used_bytes == 0
    assert_invariants()


def test_at_80_percent_a_mail_goes_out_once(alice: User, server: Server) -> None:
    device = add(alice)
    report(server, [row(device, 8 * GB, 0)])
    assert settle_jobs() == [str(alice.pk)]
    for _ in range(3):
        settle_customer(alice.pk)
    assert mails() == ["80 % of your data is used"]
    assert wanted(server) == {device.public_key}


def test_while_no_worker_runs_reports_ask_for_one_job_and_not_for_one_each(alice: User, server: Server) -> None:
    device = add(alice)
    for gigabytes in (8, 9, 11):
        report(server, [row(device, gigabytes * GB, 0, 7)])
    assert settle_jobs() == [str(alice.pk)]
    assert_invariants()


def test_over_quota_every_server_loses_the_device_and_the_next_period_brings_it_back(
    alice: User, server: Server
) -> None:
    device = add(alice)
    report(server, [row(device, 6 * GB, 5 * GB)])
    settle_customer(alice.pk)
    device.refresh_from_db()
    assert (device.blocked, wanted(server)) == ("over_quota", set())
    assert len(mails()) == 1
    assert mails()[0].startswith("Your data is used up; your devices are back on ")
    assert_invariants()

    with time_machine.travel(QuotaMeter.objects.get().resets_at + timedelta(minutes=1), tick=False):
        assert people_whose_period_is_over() == [alice.pk]
        settle_customer(alice.pk)
        device.refresh_from_db()
        assert (device.blocked, wanted(server)) == ("", {device.public_key})
        assert QuotaMeter.objects.get().used_bytes == 0
    assert len(mails()) == 1


def test_a_larger_plan_brings_devices_back_with_their_addresses(alice: User, sam: User, server: Server) -> None:
    device = add(alice)
    before = device.assignments.get()
    report(server, [row(device, 11 * GB, 0)])
    settle_customer(alice.pk)
    assert wanted(server) == set()
    grant = grant_plan(user=alice, plan=Plan.objects.get(code="basic"), reason="bought", granted_by=sam)
    settle_customer(alice.pk)
    assert wanted(server) == {device.public_key}
    after = device.assignments.get()
    assert (after.ipv4, after.ipv6) == (before.ipv4, before.ipv6)

    # The free period goes on with what it held: a grant of a moment is no way to have the month's data twice.
    revoke_grant(grant)
    settle_customer(alice.pk)
    assert wanted(server) == set()
    assert QuotaMeter.objects.get().used_bytes == 11 * GB


def test_a_device_added_without_data_left_waits_for_the_next_period(alice: User, server: Server) -> None:
    first = add(alice)
    Plan.objects.filter(code="free").update(device_limit=2)
    report(server, [row(first, 11 * GB, 0)])
    settle_customer(alice.pk)
    second = add(alice, "Laptop")
    assert (second.blocked, wanted(server)) == ("over_quota", set())
    assert_invariants()


def test_usage_of_removed_devices_counts(alice: User, server: Server) -> None:
    device = add(alice)
    report(server, [row(device, 9 * GB, 0)])
    remove_device(user=alice, device_id=device.pk)
    add(alice, "Laptop")
    assert QuotaMeter.objects.get().used_bytes == 9 * GB


def test_a_meter_that_is_wrong_is_made_right(alice: User, server: Server) -> None:
    device = add(alice)
    yesterday = timezone.now().date()
    UsageRecord.objects.create(user=alice, device=device, record_date=yesterday, bytes_up=GB, bytes_down=GB)
    QuotaMeter.objects.update(used_bytes=99 * GB)
    settle_customer(alice.pk)
    assert QuotaMeter.objects.get().used_bytes == 2 * GB
    assert VpnConfig.objects.get().blocked == ""
