"""Which requests of a node may hang, and who is woken."""

from __future__ import annotations

from uuid import uuid4

from vpn.node_api.params import StateRequest
from vpn.node_api.waiters import Waiters

ANNA, BEN = uuid4(), uuid4()
EPOCH = uuid4()


def wanted(after: int = 7) -> StateRequest:
    return StateRequest(str(EPOCH), after, 30)


def test_a_third_hanging_request_of_a_node_ends_its_oldest() -> None:
    waiters = Waiters()
    first, second, third = (waiters.register(ANNA, wanted()) for _ in range(3))
    other = waiters.register(BEN, wanted())
    for server, waiter in ((ANNA, first), (ANNA, second), (BEN, other)):
        waiters.hang(server, waiter)
    assert not any(waiter.ended for waiter in (first, second, other))
    waiters.hang(ANNA, third)
    assert [waiter.ended for waiter in (first, second, third, other)] == [True, False, False, False]
    assert first.event.is_set()
    assert not second.event.is_set()


def test_a_request_that_does_not_hang_ends_nobody() -> None:
    waiters = Waiters()
    hanging = [waiters.register(ANNA, wanted()) for _ in range(2)]
    for waiter in hanging:
        waiters.hang(ANNA, waiter)
    for _ in range(5):
        waiters.register(ANNA, wanted())
    assert not any(waiter.ended for waiter in hanging)


def test_hanging_again_after_a_look_counts_once() -> None:
    waiters = Waiters()
    pair = [waiters.register(ANNA, wanted()) for _ in range(2)]
    for _ in range(3):
        for waiter in pair:
            waiters.hang(ANNA, waiter)
    assert not any(waiter.ended for waiter in pair)


def test_who_stands_elsewhere_than_the_server_is_woken() -> None:
    waiters = Waiters()
    behind, level = waiters.register(ANNA, wanted(6)), waiters.register(ANNA, wanted(7))
    waiters.compare([(ANNA, EPOCH, 7, False), (BEN, EPOCH, 1, False)])
    assert (behind.event.is_set(), level.event.is_set()) == (True, False)
    waiters.compare([(ANNA, uuid4(), 7, False)])
    assert level.event.is_set()


def test_whose_node_is_thought_to_be_lost_is_woken() -> None:
    waiters = Waiters()
    waiter = waiters.register(ANNA, wanted(7))
    waiters.compare([(ANNA, EPOCH, 7, True)])
    assert waiter.event.is_set()


def test_when_the_process_ends_nobody_hangs_any_longer_nor_whoever_comes_now() -> None:
    waiters = Waiters()
    here = waiters.register(ANNA, wanted())
    waiters.hang(ANNA, here)
    waiters.end_all()
    assert here.ended
    assert here.event.is_set()
    assert waiters.register(BEN, wanted()).ended


def test_who_left_is_forgotten() -> None:
    waiters = Waiters()
    waiter = waiters.register(ANNA, wanted())
    assert waiters.servers() == [ANNA]
    waiters.forget(ANNA, waiter)
    assert waiters.servers() == []
