"""Emptying a server while its customers are being admitted and placed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.models import User
from billing.models import PlanGrant
from billing.services.grants import revoke_grant
from tests.concurrency.waiting import until, waiting
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server
from tests.invariants import assert_invariants
from tests.vpn.acting import add
from vpn.errors import LocationUnavailable
from vpn.models import FreeAddress, IpAssignment, Peer, Server, VpnConfig
from vpn.services import placement, wishes
from vpn.services.addresses import NEVER_USED, assign_address
from vpn.services.admission import settle_customer
from vpn.services.devices import remove_device
from vpn.services.emptying import decommission_server, drain_server
from vpn.services.quota import Meter
from vpn.services.wishes import wish_assignment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


class Pause:
    """Lets a thread stop at a point until the test lets it go on."""

    def __init__(self) -> None:
        self.reached, self.goes_on = threading.Event(), threading.Event()

    def here(self) -> None:
        if not self.reached.is_set():
            self.reached.set()
            assert self.goes_on.wait(20)


def _then_close(act: Callable[[], object]) -> object:
    try:
        return act()
    finally:
        connection.close()


@contextmanager
def beside(pause: Pause, act: Callable[[], object]) -> Iterator[tuple[ThreadPoolExecutor, Future[object]]]:
    """Within, `act` runs in a thread of its own and has come to its pause."""
    with ThreadPoolExecutor(2) as threads:
        running = threads.submit(_then_close, act)
        try:
            assert pause.reached.wait(20)
            yield threads, running
        finally:
            pause.goes_on.set()


def outcomes_of_a_drain_amid_an_admission(alice: User, bob: User) -> list[BaseException | None]:
    """Two devices lose a premium location; between one and the other a drain begins that has told of both before."""
    server = make_server(make_location("ams", premium=True))
    for user in (alice, bob):
        grant(user, "pro")
    # The device that is admitted first has the higher address: a drain that goes by an index of these comes upon it last.
    remove_device(user=bob, device_id=add(bob).pk)
    FreeAddress.objects.filter(host=200).update(available_at=NEVER_USED - timedelta(days=1))
    for name in ("Phone", "Laptop"):
        add(alice, name, "ams")
    drain_server(server_id=server.pk)
    # One after the other, so that it comes upon it last in the table itself too: how the rows are found, the planner decides.
    for host in sorted(IpAssignment.objects.live().values_list("host", flat=True)):
        IpAssignment.objects.filter(host=host).update(told_at=timezone.now())
    revoke_grant(PlanGrant.objects.get(user=alice))
    pause = Pause()

    def wish_slowly(*args: Any, **kwargs: Any) -> None:
        pause.here()
        wish_assignment(*args, **kwargs)

    until_then = timezone.now() + timedelta(days=1)
    with mock.patch("vpn.services.admission.wish_assignment", wish_slowly):  # noqa: SIM117
        with beside(pause, lambda: settle_customer(alice.pk)) as (threads, admission):
            drain = threads.submit(_then_close, lambda: drain_server(server_id=server.pk, until=until_then))
            until(lambda: waiting() == 1)
    return [admission.exception(20), drain.exception(20)]


class TestADrainAmidAnAdmission:
    def test_without_the_customers_locks_they_wait_for_each_other(self, alice: User, bob: User) -> None:
        with mock.patch("vpn.services.emptying.lock_customers_on"):
            failed = [error for error in outcomes_of_a_drain_amid_an_admission(alice, bob) if error is not None]
        assert len(failed) == 1
        assert isinstance(failed[0], OperationalError)
        assert "deadlock" in str(failed[0])

    def test_it_waits_until_its_customers_are_admitted(self, alice: User, bob: User) -> None:
        assert outcomes_of_a_drain_amid_an_admission(alice, bob) == [None, None]
        assert not IpAssignment.objects.live().filter(told_at__isnull=False).exists()
        assert_invariants()


def place_amid_a_decommission(
    alice: User, bob: User, *, address_taken: bool
) -> tuple[BaseException | None, BaseException | None]:
    """A device is being placed on a server that was online when it was chosen; meanwhile the server goes out of service for good.

    Either before the device has its address or after that. What came of the one and of the other.
    """
    server = make_server(make_location("ams"))
    # The first address of all is taken under the server's lock; this is about those that come later.
    remove_device(user=bob, device_id=add(bob).pk)
    pause = Pause()

    def assign_slowly(**kwargs: Any) -> IpAssignment | None:
        if address_taken:
            assignment = assign_address(**kwargs)
            pause.here()
            return assignment
        pause.here()
        return assign_address(**kwargs)

    def go_out_of_service() -> None:
        drain_server(server_id=server.pk)
        decommission_server(server_id=server.pk)

    with mock.patch.object(placement, "assign_address", assign_slowly):  # noqa: SIM117
        with beside(pause, lambda: add(alice)) as (threads, adding):
            end = threads.submit(_then_close, go_out_of_service).exception(20)
    return adding.exception(20), end


@pytest.mark.parametrize("address_taken", [False, True])
@pytest.mark.parametrize("over_quota", [False, True])
class TestADecommissionAmidAPlacement:
    @pytest.fixture(autouse=True)
    def _quota(self, over_quota: bool) -> Iterator[None]:
        with mock.patch.object(Meter, "is_used_up", over_quota):
            yield

    def test_without_the_second_look_a_device_is_on_a_server_that_is_gone(
        self, alice: User, bob: User, address_taken: bool
    ) -> None:
        unguarded = wishes._WISH.replace("AND NOT (%(wanted)s AND state = 'decommissioned')", "")
        assert unguarded != wishes._WISH
        with mock.patch.object(wishes, "_WISH", unguarded), mock.patch.object(placement, "lock_server"):
            assert place_amid_a_decommission(alice, bob, address_taken=address_taken) == (None, None)
        gone = Server.objects.get(state=Server.State.DECOMMISSIONED)
        assert IpAssignment.objects.live().filter(server=gone).exists()

    def test_the_device_is_refused_and_nothing_half_made(self, alice: User, bob: User, address_taken: bool) -> None:
        refused, end = place_amid_a_decommission(alice, bob, address_taken=address_taken)
        assert (type(refused), end) == (LocationUnavailable, None)
        assert not VpnConfig.objects.live().exists()
        assert not Peer.objects.exists()
        assert_invariants()
