"""Time passes: whatever falls due happens, one thing after the other, at its own moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from billing.sandbox import balance, checkout, discounts, renewals, schedules
from billing.sandbox.errors import StripeError
from billing.sandbox.sandbox import Sandbox

# Ten years. A mistyped number must not keep the sandbox busy for ever.
_FURTHEST = 10 * 366 * 86400
_MOST = 10_000

Due = tuple[int, int, Callable[[], object]]


def advance(sandbox: Sandbox, seconds: int) -> int:
    """Moves the clock and does what falls due meanwhile. Returns the new time."""
    if not 0 <= seconds <= _FURTHEST:
        raise StripeError("seconds must be between 0 and ten years", param="seconds")
    target = sandbox.now() + seconds
    try:
        for _ in range(_MOST):
            moment, _, happen = min(_all_due(sandbox), key=lambda due: due[:2], default=(target + 1, 0, int))
            if moment > target:
                break
            sandbox.clock.stand_at(moment)
            happen()
        sandbox.clock.stand_at(target)
        balance.mature(sandbox)
    finally:
        sandbox.clock.run_from(max(target, sandbox.now()))
    return target


def _all_due(sandbox: Sandbox) -> Iterator[Due]:
    """(moment, order among those of one moment, what happens). A schedule changes prices before they are billed, and an
    unpaid invoice is tried before the next one is made."""
    store = sandbox.store
    for session in store.all("checkout.session", lambda one: one["status"] == "open"):
        yield session["expires_at"], 0, partial(checkout.expire, sandbox, {}, session["id"])
    for thing in (*store.all("coupon"), *store.all("promotion_code")):
        if (moment := discounts.lapses_at(thing)) is not None:
            yield moment, 0, partial(discounts.lapse, thing)
    for schedule in store.all("subscription_schedule"):
        if (moment := schedules.next_due(schedule)) is not None:
            yield moment, 1, partial(schedules.happen, sandbox, schedule)
    for invoice in store.all("invoice"):
        if (moment := renewals.invoice_due(invoice)) is not None:
            yield moment, 2, partial(renewals.invoice_happen, sandbox, invoice)
    for subscription in store.all("subscription"):
        if (moment := renewals.next_due(sandbox, subscription)) is not None:
            yield moment, 3, partial(renewals.happen, sandbox, subscription)
