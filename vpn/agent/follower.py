"""The thread that follows the control plane's revisions and applies what it reads there."""

import logging
import secrets
import threading
import time
from collections.abc import Callable

from vpn.agent.backends.base import BackendError
from vpn.agent.backoff import Backoff
from vpn.agent.control import Aborted, ControlClient, ControlError, Refused
from vpn.agent.desired import BadAnswer, check_answers, parse_changes, parse_snapshot
from vpn.agent.files import StateDirError
from vpn.agent.logs import log_event, log_failure
from vpn.agent.node import Node
from vpn.agent.tools import ToolError

WAIT_S = 25
PAUSE_S = 1.0


class Follower(threading.Thread):
    """Asks "what comes after revision N" over and over; takes a snapshot when told that N is of no use.

    A control plane that refuses even what its own snapshot gave would be asked without a pause, since each snapshot
    is a success: `resync_backoff` therefore counts its refusals until a question has been answered.
    """

    def __init__(
        self,
        node: Node,
        poll_client: ControlClient,
        client: ControlClient,
        backoff: Backoff,
        resync_backoff: Backoff,
        applied: Callable[[], None],
    ) -> None:
        super().__init__(name="follower", daemon=True)
        self._node = node
        self._poll_client = poll_client
        self._client = client
        self._backoff = backoff
        self._resync_backoff = resync_backoff
        self._applied = applied
        self._resync = threading.Event()
        self._stop_event = threading.Event()

    def order_resync(self) -> None:
        """Order a snapshot, now: a request that hangs is broken off. May be called from any thread."""
        self._resync.set()
        self._poll_client.abort()

    def stop(self) -> None:
        """End the thread at the next opportunity."""
        self._stop_event.set()
        self._poll_client.abort()
        self._client.abort()

    def run(self) -> None:
        """Follow until stopped; no answer and no failure of the interface ends it."""
        while not self._stop_event.is_set():
            pause_s = self._step()
            if pause_s > 0:
                self._stop_event.wait(pause_s)

    def _step(self) -> float:
        """Ask once and apply; returns how many seconds to wait before the next question."""
        credential = self._client.credential
        try:
            pause_s = self._take_snapshot() if self._resync.is_set() else self._follow()
        except Refused as error:
            if error.code == "invalid_node_credential" and credential != self._client.credential:
                return 0.0  # it was renewed while this request hung
            if error.code == "resync_required" and error.status == 409:
                self._resync.set()
                return self._failed("follow", error, error.retry_after_s, backoff=self._resync_backoff)
            return self._failed("control", error, error.retry_after_s, error.code == "invalid_node_credential")
        except Aborted:
            return 0.0
        except ControlError as error:
            return self._failed("control", error, error.retry_after_s)
        except BadAnswer as error:
            return self._failed("bad_answer", error)
        except (BackendError, ToolError, StateDirError) as error:
            return self._failed("apply", error)
        except Exception as error:  # noqa: BLE001 (a full disk or a bug must not end the following for good)
            log_failure("follower_failed", error)
            return self._backoff.next_delay()
        self._backoff.reset()
        return pause_s

    def _follow(self) -> float:
        peers = self._node.peers
        asked_at = time.monotonic()
        data = self._poll_client.get("state", WAIT_S, epoch=peers.epoch, after=peers.cursor, wait=WAIT_S)
        check_answers(data, **{"from": peers.cursor})
        changes = parse_changes(data)
        if changes.epoch != peers.epoch:
            raise BadAnswer("the answer is about another epoch")
        if changes.to < peers.cursor:
            raise BadAnswer("the answer goes back behind what is applied")
        self._resync_backoff.reset()
        if changes.peers or changes.notes or changes.to > peers.cursor:
            self._node.apply_changes(changes)
            self._applied()
            return 0.0
        if changes.more or time.monotonic() - asked_at >= WAIT_S - 1:
            return 0.0
        return PAUSE_S

    def _take_snapshot(self) -> float:
        # An honest snapshot that comes at the wrong time, or to the wrong node, would remove customers like any other.
        nonce = secrets.token_hex(8)
        data = self._client.get("snapshot", nonce=nonce)
        check_answers(data, node_id=self._node.identity.node_id, nonce=nonce)
        snapshot = parse_snapshot(data)
        # Cleared before it is applied: an order that comes meanwhile is about something newer.
        self._resync.clear()
        try:
            self._node.apply_snapshot(snapshot)
        except BaseException:
            self._resync.set()
            raise
        log_event("snapshot_applied", revision=snapshot.to, peers=len(snapshot.peers))
        self._applied()
        return 0.0

    def _failed(
        self,
        what: str,
        error: Exception,
        retry_after_s: float | None = None,
        slow: bool = False,
        backoff: Backoff | None = None,
    ) -> float:
        delay_s = (backoff or self._backoff).next_delay(retry_after_s, slow)
        if not self._stop_event.is_set():
            detail = f"{type(error).__name__}: {error}"
            log_event(f"{what}_failed", level=logging.WARNING, detail=detail, retry_in_s=round(delay_s, 2))
        return delay_s
