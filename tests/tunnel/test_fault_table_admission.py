"""Whoever may have no tunnel loses it within seconds, is told so only when it is true, and gets it back with the same address."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.live.stack import Stack
from tests.tunnel.conftest import Node
from tests.tunnel.customers import GONE, WITHIN_S, Customer, make_customer, served_by
from tests.tunnel.lab import WORLD_V4, Lab

pytestmark = pytest.mark.live
GB = 10**9
STOP = "from vpn.services.stops import end_stop, start_stop\nstaff = User.objects.get(is_superuser=True)\n"


@pytest.fixture(scope="module")
def worker(stack: Stack) -> None:
    stack.start_worker()


@pytest.fixture(scope="module")
def customer(
    lab: Lab, stack: Stack, node: Node, worker: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Customer]:
    made = make_customer(lab, stack, tmp_path_factory.mktemp("client"))
    yield made
    made.client.down()


def suspend(customer: Customer) -> float:
    began = time.time()
    assert customer.api("POST", f"devices/{customer.device}/suspend").status == 200
    return began


def resume(customer: Customer) -> float:
    began = time.time()
    assert customer.api("POST", f"devices/{customer.device}/resume").status == 200
    return began


def let_expire(customer: Customer) -> float:
    ends = datetime.now(UTC) + timedelta(seconds=2)
    changed = customer.api("PATCH", f"devices/{customer.device}", {"expires_at": ends.isoformat()})
    assert changed.status == 200, changed.body
    time.sleep(max(0.0, ends.timestamp() - time.time()))
    return ends.timestamp()


def take_the_date_away(customer: Customer) -> float:
    began = time.time()
    assert customer.api("PATCH", f"devices/{customer.device}", {"expires_at": None}).status == 200
    return began


def use_up(customer: Customer) -> float:
    """Returns when the report came that was too much: it asked for the job in its own transaction."""
    up, down = customer.usage()
    limit_free_plan(customer, up + down + 100_000)
    began = time.time()
    customer.send(200)
    asked = (
        "SELECT extract(epoch FROM max(e.at))::float8 FROM procrastinate_events e JOIN procrastinate_jobs j ON j.id = e.job_id"
        " WHERE j.task_name = 'vpn.tasks.settle' AND e.type = 'deferred' AND e.at > to_timestamp(%s)"
    )
    deadline = time.monotonic() + 10
    while (found := customer.stack.sql(asked, began)[0][0]) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return float(found)


def give_more(customer: Customer) -> float:
    limit_free_plan(customer, 10 * GB)
    return served_by(
        customer.stack,
        "from vpn.services.admission import settle_customer\n"
        f"settle_customer(User.objects.get(email={customer.email!r}).pk)\n",
    )


def limit_free_plan(customer: Customer, quota_bytes: int) -> None:
    customer.stack.sql("UPDATE billing_plan SET quota_bytes = %s WHERE code = 'free'", quota_bytes)
    customer.stack.sql("UPDATE vpn_quotameter SET quota_bytes = %s", quota_bytes)


def stop_everything(customer: Customer) -> float:
    served_by(customer.stack, STOP + "start_stop(by=staff, reason='A drill')\n")
    return began_or_ended(customer, "started_at")


def end_the_stop(customer: Customer) -> float:
    stop = customer.stack.sql("SELECT id FROM vpn_emergencystop WHERE ended_at IS NULL")[0][0]
    served_by(customer.stack, STOP + f"end_stop(by=staff, stop_id={stop})\n")
    return began_or_ended(customer, "ended_at")


def began_or_ended(customer: Customer, column: str) -> float:
    return float(customer.stack.sql(f"SELECT extract(epoch FROM max({column}))::float8 FROM vpn_emergencystop")[0][0])


Deed = Callable[[Customer], float]
DEEDS: dict[str, tuple[Deed, Deed]] = {
    "suspended": (suspend, resume),
    "expired": (let_expire, take_the_date_away),
    "over quota": (use_up, give_more),
    "emergency stop": (stop_everything, end_the_stop),
}


@pytest.mark.parametrize("reason", DEEDS)
def test_within_five_seconds_the_tunnel_is_silent_and_within_five_it_is_back(customer: Customer, reason: str) -> None:
    take, give = DEEDS[reason]
    addresses = [(place["ipv4"], place["ipv6"]) for place in customer.shown()["places"]]
    silent, told = customer.until_cut_off(lambda: take(customer))
    back = customer.until_back(lambda: give(customer))
    print(f"\n{reason}: silent after {silent} s, said to be gone after {told} s, back after {back} s")
    assert silent < WITHIN_S
    assert back < WITHIN_S
    assert [(place["ipv4"], place["ipv6"]) for place in customer.shown()["places"]] == addresses


@pytest.mark.parametrize("reason", ["suspended", "emergency stop"])
def test_while_the_node_does_not_hear_nobody_is_told_that_it_has(customer: Customer, node: Node, reason: str) -> None:
    take, give = DEEDS[reason]
    assert node.process is not None
    node.process.send_signal(signal.SIGSTOP)
    try:
        take(customer)
        assert customer.client.reaches(WORLD_V4)
        assert not customer.states() & GONE, customer.shown()
    finally:
        node.process.send_signal(signal.SIGCONT)
    customer.until_cut_off(time.time)
    assert customer.until_back(lambda: give(customer)) < WITHIN_S
