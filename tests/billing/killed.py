"""A process that is killed at an exact point of what it asks of Stripe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from billing.gateway.client import Stripe


class Killed(BaseException):
    """Nothing catches it, as nothing catches SIGKILL; open transactions are rolled back."""


def kill_at(patch: pytest.MonkeyPatch, number: int, *, after: bool) -> None:
    """Dies before the request with this number (from 0) leaves, or after Stripe has acted and before its answer is stored."""
    real, asked = Stripe.call, iter(range(10_000))

    def call(self: Stripe, request: Callable[[Any], Any]) -> Any:
        is_it = next(asked) == number
        if is_it and not after:
            raise Killed
        answer = real(self, request)
        if is_it:
            raise Killed
        return answer

    patch.setattr(Stripe, "call", call)


def at_every_point(act: Callable[[int], Any], again: Callable[[int], Any]) -> int:
    """Do it (for a person of their own each time: the argument) and die at each point in turn, then do it `again`; returns how many."""
    points = 0
    for number in range(50):
        for after in (False, True):
            with pytest.MonkeyPatch.context() as patch:
                kill_at(patch, number, after=after)
                try:
                    act(points)
                except Killed:
                    pass
                else:
                    return points
            again(points)
            points += 1
    raise AssertionError("it never ended")
