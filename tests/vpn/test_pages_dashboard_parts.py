"""What the dashboard shows besides the answer: days to choose from, each device's own, news, credit and the next step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import Notification, User
from accounts.services.notifications import notify
from tests.factories.referrals import earned, make_programme, promise
from tests.vpn.acting import add, confirm
from tests.vpn.test_pages_dashboard import GB, use
from vpn.models import Peer, Server, UsageRecord

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(("days", "first"), [(7, "14\xa0May"), (30, "21\xa0Apr"), (90, "20\xa0Feb")])
def test_the_chart_shows_as_many_days_as_are_asked_for(page: Client, alice: User, days: int, first: str) -> None:
    with time_machine.travel(NOW, tick=False):
        page.force_login(alice)
        device = add(alice)
        use(device, NOW, 1, 2 * GB)
        use(device, NOW - timedelta(days=days - 1), GB, 0)
        use(device, NOW - timedelta(days=days), 4 * GB, 0)
        text = page.get(f"/dashboard?days={days}").text
    assert text.count('<g class="chart-day">') == days
    assert f"<span>{first}</span><span>20\xa0May</span>" in text
    assert '2\xa0GB</data> downloaded, <data value="1000000001"' in text
    assert f'<a href="/dashboard?days={days}#usage" aria-current="true">{days} days</a>' in text
    assert text.count('aria-current="true"') == 1


def test_the_line_of_the_chart_is_a_days_share_of_the_allowance_whatever_is_shown(page: Client, alice: User) -> None:
    with time_machine.travel(NOW, tick=False):
        User.objects.update(date_joined=datetime(2026, 1, 1, tzinfo=UTC))
        page.force_login(alice)
        use(add(alice), NOW, 0, GB)
        texts = [page.get(f"/dashboard{query}").text for query in ("", "?days=7", "?days=90")]
    for text in texts:
        assert "An even share of your allowance is 322.6\xa0MB a day" in text
        assert 'class="chart-pace" x1="0"' in text


@pytest.mark.parametrize("days", ["8", "0", "-7", "x", "7.0", "٧"])
def test_any_other_number_of_days_is_the_present_period(page: Client, alice: User, days: str) -> None:
    use(add(alice), timezone.now(), 0, GB)
    text = page.get("/dashboard", {"days": days}).text
    assert '<a href="/dashboard#usage" aria-current="true">This period</a>' in text


def test_the_rest_of_the_allowance_is_the_periods_whatever_days_are_shown(page: Client, alice: User) -> None:
    with time_machine.travel(NOW, tick=False):
        User.objects.update(date_joined=datetime(2026, 1, 1, tzinfo=UTC))
        page.force_login(alice)
        device = add(alice)
        use(device, NOW, 0, GB)
        use(device, datetime(2026, 4, 30, tzinfo=UTC), 0, 3 * GB)
        text = page.get("/dashboard?days=90").text
    assert "9\xa0GB</data> left" in text
    assert 'aria-valuetext="1\xa0GB of 10\xa0GB used"' in text
    assert "(in 12 days)" in text


@pytest.mark.parametrize(("day", "words"), [(31, "(tomorrow)"), (30, "(in 2 days)")])
def test_when_the_data_starts_again_is_said_in_words_too(page: Client, alice: User, day: int, words: str) -> None:
    with time_machine.travel(datetime(2026, 5, day, 23, 59, tzinfo=UTC), tick=False):
        User.objects.update(date_joined=datetime(2026, 1, 1, tzinfo=UTC))
        page.force_login(alice)
        assert words in page.get("/dashboard").text


def test_each_device_has_the_usage_of_its_last_14_days(page: Client, alice: User) -> None:
    used = add(alice, "Used")
    use(used, timezone.now(), GB, GB)
    use(used, timezone.now() - timedelta(days=13), GB, 0)
    use(used, timezone.now() - timedelta(days=14), 5 * GB, 0)
    row = page.get("/dashboard").text.split(f"/devices/{used.pk}")[1].split("</tr>")[0]
    assert row.count("<rect") == 2
    assert "3\xa0GB</data>" in row


def test_a_device_without_any_record_says_that_nothing_is_known(page: Client, alice: User) -> None:
    device = add(alice)
    row = page.get("/dashboard").text.split(f"/devices/{device.pk}")[1].split("</tr>")[0]
    assert "<rect" not in row
    assert "<span>–</span>" in row


def test_the_three_newest_unread_notices_are_shown(page: Client, alice: User, bob: User) -> None:
    assert "New for you" not in page.get("/dashboard").text
    for number in range(4):
        notify(alice, Notification.Kind.NEWS, f"Notice {number}")
    Notification.objects.filter(title="Notice 3").update(read_at=timezone.now())
    notify(alice, Notification.Kind.NEWS, "Notice 4")
    notify(bob, Notification.Kind.NEWS, "Notice of Bob")
    text = page.get("/dashboard").text
    shown = [number for number in range(5) if f"Notice {number}" in text]
    assert shown == [1, 2, 4]
    assert "Notice of Bob" not in text
    assert '<a class="small" href="/notifications">All notifications</a>' in text


def test_credit_of_rewards_is_shown_where_there_is_some(page: Client, alice: User, bob: User, charlie: User) -> None:
    assert "Referral credit" not in page.get("/dashboard").text
    make_programme()
    earned(alice, bob)
    text = page.get("/dashboard").text
    assert '<dt><a href="/referrals">Referral credit</a></dt><dd>$5.00 earned</dd>' in text
    # What is on the account already is said with the next payment.
    assert ">Credit to come<" in text
    promise(alice, charlie)
    assert "<dd>$5.00 earned, $5.00 pending</dd>" in page.get("/dashboard").text


def test_who_has_not_finished_is_led_to_the_next_step(page: Client, alice: User, ams: Server) -> None:
    def step() -> str:
        return page.get("/dashboard").text.split('<div id="next-step" data-live-part>')[1].split("</div>")[0]

    assert "Step 1 of 3" in step()
    assert 'href="/welcome"' in step()
    add(alice, "Phone")
    confirm(ams)
    assert "Step 3 of 3" in step()
    assert "Connect Phone" in step()
    Peer.objects.update(connection="online")
    assert step().strip() == ""


def test_a_device_that_was_used_before_needs_no_first_step(page: Client, alice: User, ams: Server) -> None:
    """Its key is new, or it was suspended in between: no node has heard of it, and its records tell."""
    use(add(alice, "Phone"), timezone.now() - timedelta(days=40), 1, 1)
    confirm(ams)
    assert "of 3" not in page.get("/dashboard").text
    UsageRecord.objects.all().delete()
    assert "Step 3 of 3" in page.get("/dashboard").text


def test_the_overview_speaks_german(page: Client, alice: User) -> None:
    use(add(alice), timezone.now(), 0, GB)
    text = page.get("/dashboard?days=7", headers={"Accept-Language": "de"}).text
    assert '<html lang="de"' in text
    assert "Nicht verbunden" in text
    assert "9\xa0GB</data> übrig" in text
    assert ">7 Tage</a>" in text
