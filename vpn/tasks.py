"""Jobs of the fleet. Periodic ones are catch-up queries: what is due and not done, whatever was missed before."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from nexusvpn.jobs import traced
from nexusvpn.one_by_one import one_by_one
from vpn.partitions import make_partitions
from vpn.services.admission import settle_customer
from vpn.services.alerts import look_for_trouble, tell_over
from vpn.services.device_life import devices_with_open_handovers, end_handovers, people_with_expired_devices
from vpn.services.emptying import draining_servers, move_devices, release_left_places
from vpn.services.erasure import erase_left_devices
from vpn.services.quota import people_whose_period_is_over
from vpn.services.retention import forget_old_usage
from vpn.services.stops import enforce_stops
from vpn.services.watching import look_after_nodes

RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)


@app.task(queue="fleet", retry=RETRY)
@traced
def settle(user_id: str) -> None:
    settle_customer(UUID(user_id))


@app.task(queue="fleet", retry=RETRY)
@traced
def end_handovers_of(device_id: str) -> None:
    end_handovers(device_id=UUID(device_id))


@app.task(queue="fleet", retry=RETRY)
@traced
def move_from(server_id: str) -> None:
    move_devices(server_id=UUID(server_id))


@app.periodic(cron="* * * * *")
@app.task(queue="periodic", queueing_lock="watch")
@traced
def watch(timestamp: int) -> None:
    """After a pause of the worker it finds out by itself that there was one."""
    look_after_nodes()


@app.periodic(cron="* * * * *")
@app.task(queue="periodic", queueing_lock="alerts")
@traced
def alert(timestamp: int) -> None:
    look_for_trouble()


@app.task(queue="fleet", retry=RETRY)
@traced
def tell_alert_over(alert_id: str, closed_at: str) -> None:
    tell_over(int(alert_id), datetime.fromisoformat(closed_at))


@app.periodic(cron="* * * * *")
@app.task(queue="periodic", queueing_lock="settle-due")
@traced
def settle_due(timestamp: int) -> None:
    """Whatever a job of its own should have done at its time and did not: new periods, expired devices, former keys."""
    one_by_one(settle_customer, {*people_whose_period_is_over(), *people_with_expired_devices()})
    one_by_one(lambda device_id: end_handovers(device_id=device_id), devices_with_open_handovers())


@app.periodic(cron="* * * * *")
@app.task(queue="periodic", queueing_lock="empty-servers")
@traced
def empty_servers(timestamp: int) -> None:
    # First what is urgent: whatever goes wrong with one of the others, a stop that was interrupted is completed.
    enforce_stops()
    release_left_places()
    one_by_one(lambda server_id: move_devices(server_id=server_id), draining_servers())


@app.periodic(cron="23 2 * * *")
@app.task(queue="periodic", queueing_lock="keep-partitions")
@traced
def keep_partitions(timestamp: int) -> None:
    today = timezone.now().date()
    make_partitions(today)
    forget_old_usage(today)


@app.periodic(cron="53 2 * * *")
@app.task(queue="periodic", queueing_lock="erase-left-devices")
@traced
def forget_left_devices(timestamp: int) -> None:
    erase_left_devices()
