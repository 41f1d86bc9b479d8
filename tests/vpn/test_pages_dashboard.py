"""The dashboard answers: am I connected, and how much is left?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from billing.entitlements import entitlement_for
from billing.models import Plan
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from tests.vpn.acting import confirm
from vpn.models import NodeStatus, Peer, Server, UsageRecord, VpnConfig
from vpn.services.admission import settle_customer
from vpn.services.device_life import suspend_device
from vpn.services.devices import add_device
from vpn.services.places import place_for

GB = 1_000_000_000


def add(user: User, name: str = "Laptop") -> VpnConfig:
    device = add_device(user=user, name=name, location_slug="ams", public_key=new_key())
    for server in Server.objects.all():
        confirm(server)
    return device


def use(device: VpnConfig, day: datetime, up: int, down: int) -> None:
    UsageRecord.objects.create(
        user=device.user,
        device=device,
        record_date=day.date(),
        bytes_up=up,
        bytes_down=down,
    )


def test_without_devices_it_says_how_to_begin(page: Client) -> None:
    text = page.get("/dashboard").text
    assert "Not connected" in text
    assert "Add a device to make your first tunnel." in text
    assert "Free plan, up to 1 device<" in text


def test_it_names_the_device_that_is_connected(page: Client, alice: User) -> None:
    add(alice, "Phone")
    Peer.objects.update(connection="online")
    text = page.get("/dashboard").text
    assert "</svg>Connected</p>" in text
    assert "<b>Phone</b> through AMS" in text


def test_a_node_that_went_silent_is_told_and_not_guessed(page: Client, alice: User) -> None:
    add(alice)
    Peer.objects.update(connection="online")
    NodeStatus.objects.update(last_report_at=timezone.now() - timedelta(minutes=2))
    text = page.get("/dashboard").text
    assert "</svg>Not known</p>" in text
    assert "Connected</p>" not in text
    assert "Not connected" not in text


def test_the_rest_of_the_allowance_counts_this_month_and_removed_devices(page: Client, alice: User) -> None:
    with time_machine.travel(datetime(2026, 5, 4, 12, tzinfo=UTC), tick=False):
        User.objects.update(date_joined=datetime(2026, 1, 1, tzinfo=UTC))
        page.force_login(alice)
        first = add(alice, "First")
        use(first, datetime(2026, 5, 1, tzinfo=UTC), GB, 2 * GB)
        use(first, datetime(2026, 4, 30, tzinfo=UTC), 5 * GB, 0)
        page.post(f"/devices/{first.pk}/revoke")
        use(add(alice, "Second"), datetime(2026, 5, 4, tzinfo=UTC), 0, 500_000_000)
        text = page.get("/dashboard").text
    assert "6.5\xa0GB</data> left" in text
    assert '3.5\xa0GB</data> of <data value="10000000000" title="10,000,000,000 bytes">10\xa0GB</data> used' in text
    assert "starts again on" in text
    assert "1\xa0Jun\xa02026" in text
    # Four days have passed of thirty-one, and each has its row.
    assert text.count('<g class="chart-day">') == 4
    assert 'viewBox="0 0 744 160"' in text
    assert "<span>31\xa0May</span>" in text


def test_a_plan_without_a_limit_says_what_was_used(page: Client, alice: User) -> None:
    grant(alice, "pro")
    use(add(alice), timezone.now(), 0, GB)
    text = page.get("/dashboard").text
    assert "1\xa0GB</data> used" in text
    assert "Your plan has no data limit." in text


def test_a_device_away_from_home_is_named_with_where_it_is_connected(page: Client, alice: User) -> None:
    make_server(make_location("zrh", name="Zürich"), network_v4="10.90.0.0/24", network_v6="fd90::/64")
    device = add(alice, "Phone")
    place_for(user=alice, device_id=device.pk, location_slug="zrh")
    for server in Server.objects.all():
        confirm(server)
    Peer.objects.filter(server__location__slug="zrh").update(connection="online")
    assert "<b>Phone</b> through Zürich" in page.get("/dashboard").text


def spend(user: User, device: VpnConfig, share: float) -> None:
    """The free plan has 10 GB."""
    use(device, timezone.now(), 0, int(share * 10 * GB))
    settle_customer(user.pk)


def notices(page: Client) -> str:
    return page.get("/dashboard").text.split('id="overview-notices"')[1].split('<p class="stale-note"')[0]


def test_with_room_left_there_is_nothing_to_notice(page: Client, alice: User) -> None:
    spend(alice, add(alice), 0.79)
    assert "notice" not in notices(page)


def test_from_80_percent_on_it_says_what_comes(page: Client, alice: User) -> None:
    spend(alice, add(alice), 0.8)
    text = notices(page)
    assert "80 % of your data is used." in text
    assert "your devices are disconnected until" in text
    assert "used up." not in text


def test_when_the_data_is_used_up_it_says_until_when_and_what_helps(page: Client, alice: User, ams: Server) -> None:
    grant(alice, "basic")
    Plan.objects.filter(code="basic").update(quota_bytes=10 * GB)
    device = add(alice, "Phone")
    add(alice, "Laptop")
    spend(alice, device, 1)
    assert "2 devices are being disconnected until" in notices(page)
    confirm(ams)
    text = notices(page)
    assert "<b>Your data is used up.</b> 2 devices are disconnected until" in text
    assert f"{entitlement_for(alice).resets_at:%-d\xa0%b\xa0%Y}" in text
    assert "A larger plan connects them at once." in text
    assert "of your data is used." not in text
    answer = page.get("/dashboard").text
    assert "</svg>Off</p>" in answer
    assert "None of your 2 devices can connect." in answer


def test_what_is_used_up_before_anybody_was_cut_off_claims_no_more(page: Client, alice: User) -> None:
    use(add(alice), timezone.now(), 0, 10 * GB)
    text = notices(page)
    assert "<b>Your data is used up.</b> It starts again on" in text
    assert "disconnected" not in text


def test_a_plan_that_has_become_too_small_names_who_is_off_and_leads_to_the_choice(page: Client, alice: User) -> None:
    given = grant(alice, "pro")
    for name in ("Oldest", "Middle", "Newest"):
        add(alice, name)
    given.delete()
    settle_customer(alice.pk)
    text = notices(page)
    assert "Your plan has room for 1 device." in text
    assert ">Middle</a>" in text
    assert ">Newest</a>" in text
    assert "Oldest" not in text
    Peer.objects.filter(device__name="Oldest").update(connection="online")
    assert "<b>Oldest</b> through AMS" in page.get("/dashboard").text


def test_a_device_that_its_owner_suspended_is_no_riddle(page: Client, alice: User) -> None:
    device = add(alice, "Phone")
    suspend_device(user=alice, device_id=device.pk, by=VpnConfig.SuspendedBy.CUSTOMER)
    text = page.get("/dashboard").text
    assert "</svg>Off</p>" in text
    assert "<b>Phone</b> cannot connect. You suspended it." in text


def test_it_shows_nothing_of_others(page: Client, bob: User) -> None:
    use(add(bob, "Bob's phone"), timezone.now(), GB, GB)
    text = page.get("/dashboard").text
    assert "Bob" not in text
    assert "10\xa0GB</data> left" in text


def test_it_costs_the_same_with_1_and_with_50_devices_and_no_cache_keeps_it(
    page: Client, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The session, the limit, the person, the plan, its subscription, the devices, the days, those of the devices that are listed,
    whether any was ever used, what is new and how much, the credit of rewards."""
    grant(alice, "pro")
    Plan.objects.update(device_limit=100)
    use(add(alice), timezone.now(), 1, 1)
    with django_assert_num_queries(12):
        page.get("/dashboard")
    for number in range(49):
        use(add(alice, f"Device {number}"), timezone.now(), 1, 1)
    with django_assert_num_queries(12):
        answer = page.get("/dashboard")
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_stranger_is_asked_to_sign_in(db: None) -> None:
    assert Client().get("/dashboard").headers["Location"] == "/login?next=/dashboard"


def test_a_suspended_person_is_out_at_the_next_request(page: Client, alice: User) -> None:
    assert page.get("/dashboard").status_code == 200
    User.objects.update(is_active=False)
    assert page.get("/dashboard").status_code == 302
