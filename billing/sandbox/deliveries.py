"""Signed webhooks, delivered by a thread, with retries, and with switches for all that goes wrong on the way.

https://docs.stripe.com/webhooks: an endpoint may get an event twice, late, out of order, or only after a retry.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from billing.sandbox.errors import StripeError
from billing.sandbox.shapes import Obj
from billing.sandbox.store import Store, token

MODES = ("normal", "duplicate", "reorder", "delay", "lose", "hold")
RETRY_AFTER = (1.0, 5.0, 30.0, 300.0, 3600.0)
_TIMEOUT = 10.0


@dataclass(eq=False)
class Delivery:
    """One event for one endpoint. `state`: pending, held, lost, delivered, failed."""

    event: Obj
    endpoint: Obj
    due: float
    state: str = "pending"
    id: str = field(default_factory=lambda: f"dlv_{token(12)}")
    attempts: list[int] = field(default_factory=list)

    def described(self) -> Obj:
        return {
            "id": self.id,
            "event": self.event["id"],
            "type": self.event["type"],
            "url": self.endpoint["url"],
            "state": self.state,
            "attempts": self.attempts,
        }


@dataclass
class Switch:
    """What happens to a share (0 to 1) of the events from now on; the seed makes the choice repeatable.

    `seconds`: by how much a delivery is delayed, or at most is when the order is to be another.
    """

    mode: str = "normal"
    share: float = 1.0
    seconds: float = 1.0
    seed: int = 0


class Deliveries:
    """The queue, its thread, and what became of each delivery."""

    def __init__(self, store: Store, retry_after: Sequence[float] = RETRY_AFTER) -> None:
        self._store = store
        self._retry_after = retry_after
        self._changed = threading.Condition()
        self._all: list[Delivery] = []
        # Those of them that are on their way.
        self._pending: list[Delivery] = []
        self._switch = Switch()
        self._random = random.Random(0)  # noqa: S311 the choice must be repeatable, not secret
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="sandbox deliveries", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join(5)

    def endpoints_for(self, type: str) -> list[Obj]:
        def wants(endpoint: Obj) -> bool:
            return endpoint["status"] == "enabled" and bool({type, "*"} & set(endpoint["enabled_events"]))

        return list(reversed(self._store.all("webhook_endpoint", wants)))

    def set_switch(self, switch: Switch) -> None:
        if switch.mode not in MODES:
            raise StripeError(f"Invalid mode: must be one of {', '.join(MODES)}", param="mode")
        with self._changed:
            self._switch = switch
            self._random.seed(switch.seed)

    def enqueue(self, event: Obj) -> None:
        with self._changed:
            for endpoint in self.endpoints_for(event["type"]):
                self._enqueue(event, endpoint)
            self._changed.notify_all()

    def _enqueue(self, event: Obj, endpoint: Obj) -> None:
        now = time.monotonic()
        delivery = self._add(event, endpoint, now)
        switch = self._switch
        if switch.mode == "normal" or self._random.random() >= switch.share:
            return
        if switch.mode == "duplicate":
            self._add(event, endpoint, now)
        elif switch.mode == "delay":
            delivery.due = now + switch.seconds
        elif switch.mode == "reorder":
            delivery.due = now + self._random.random() * switch.seconds
        else:
            delivery.state = {"lose": "lost", "hold": "held"}[switch.mode]
            self._pending.remove(delivery)

    def _add(self, event: Obj, endpoint: Obj, due: float) -> Delivery:
        delivery = Delivery(event, endpoint, due)
        self._all.append(delivery)
        self._pending.append(delivery)
        return delivery

    def replay(self, state: str, order: Sequence[str] | None = None) -> int:
        """Sends what was lost, or held: all of it as it came, or the events of these ids in their order. An id that is
        there twice is sent twice; what is not among them stays where it is."""
        with self._changed:
            chosen = [one for one in self._all if one.state == state]
            if order is None:
                chosen = [self._again(one) for one in chosen]
            else:
                chosen = [self._again(one) for id in order for one in chosen if one.event["id"] == id]
            now = time.monotonic()
            for place, one in enumerate(chosen):
                # So far apart that the clock tells them from each other: the earliest goes first.
                one.due = now + place * 1e-6
            self._changed.notify_all()
            return len(chosen)

    def _again(self, delivery: Delivery) -> Delivery:
        """The delivery itself, or one like it if it is on its way already."""
        if delivery.state == "pending":
            return self._add(delivery.event, delivery.endpoint, delivery.due)
        delivery.state = "pending"
        self._pending.append(delivery)
        return delivery

    def resend(self, event: Obj) -> None:
        """Once more, whatever the switch says; as the dashboard's button does."""
        with self._changed:
            for endpoint in self.endpoints_for(event["type"]):
                self._add(event, endpoint, time.monotonic())
            self._changed.notify_all()

    def described(self) -> list[Obj]:
        with self._changed:
            return [one.described() for one in self._all]

    def drain(self, seconds: float = 10) -> bool:
        """Whether nothing is on its way any more, after waiting at most so long."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._pending, seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                first = min(self._pending, key=lambda one: one.due, default=None)
                if self._stopped:
                    return
                if first is None or first.due > time.monotonic():
                    self._changed.wait(None if first is None else first.due - time.monotonic())
                    continue
            status = _post(first.endpoint, first.event)
            with self._changed:
                self._settle(first, status)
                self._changed.notify_all()

    def _settle(self, delivery: Delivery, status: int) -> None:
        delivery.attempts.append(status)
        if 200 <= status < 300:
            delivery.state = "delivered"
            if event := self._store.get("event", delivery.event["id"]):
                event["pending_webhooks"] = max(0, event["pending_webhooks"] - 1)
        elif len(delivery.attempts) > len(self._retry_after):
            delivery.state = "failed"
        else:
            delivery.due = time.monotonic() + self._retry_after[len(delivery.attempts) - 1]
        if delivery.state != "pending":
            self._pending.remove(delivery)


def signature(payload: bytes, secret: str, moment: int) -> str:
    """The value of `Stripe-Signature`. The moment is the real time: receivers compare it with theirs."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def _post(endpoint: Obj, event: dict[str, Any]) -> int:
    """The status that the endpoint answered with, 0 if it did not."""
    payload = json.dumps(event, indent=2, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": signature(payload, endpoint["secret"], int(time.time())),
    }
    request = urllib.request.Request(endpoint["url"], payload, headers, method="POST")  # noqa: S310 http or https, checked when made
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=_TIMEOUT) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except (OSError, http.client.HTTPException):
        return 0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Stripe takes a redirect for a failure."""

    def redirect_request(self, *_: Any) -> None:
        return None
