"""The thread that looks at the interface at every tick and tells the control plane what it saw."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from vpn.agent.backends.base import BackendError
from vpn.agent.backoff import Backoff
from vpn.agent.control import ControlClient, ControlError, Refused
from vpn.agent.files import StateDirError
from vpn.agent.logs import log_event, log_failure
from vpn.agent.node import Look, Node
from vpn.agent.reports import Report, ReportWriter
from vpn.agent.tools import ToolError

MIN_INTERVAL_S = 0.05
MAX_INTERVAL_S = 3600.0


class Reporter(threading.Thread):
    """Counting and sending are apart: while the control plane is away the ticks go on, and nothing is lost."""

    def __init__(
        self,
        node: Node,
        client: ControlClient,
        backoff: Backoff,
        order_resync: Callable[[], None],
        renew_credential: Callable[[str], None],
    ) -> None:
        super().__init__(name="reporter", daemon=True)
        self._node = node
        self._client = client
        self._backoff = backoff
        self._order_resync = order_resync
        self._renew_credential = renew_credential
        self._writer = ReportWriter(node)
        self._interval_s = node.identity.report_interval_s
        self._wake = threading.Event()
        self._stopping = False
        self._outstanding: Report | None = None
        self._send_at = 0.0
        self._fresh: Look | None = None
        self._quick = False
        self._rest = False

    def report_soon(self) -> None:
        """Order a report at once: a change has been applied. May be called from any thread."""
        self._quick = True
        self._wake.set()

    def ask_now(self) -> None:
        """End a wait for the control plane: whatever kept it away is over. May be called from any thread."""
        self._backoff.reset()
        self._send_at = 0.0
        self._wake.set()

    def stop(self) -> None:
        """End the thread at the next opportunity."""
        self._stopping = True
        self._wake.set()
        self._client.abort()

    def run(self) -> None:
        """Tick, report, wait."""
        tick_at = time.monotonic()
        while not self._stopping:
            now = time.monotonic()
            try:
                if now >= tick_at:
                    tick_at = now + self._interval_s
                    self._tick()
                self._send_what_is_due()
            except Exception as error:  # noqa: BLE001 (a full disk or a bug must not end the counting for good)
                log_failure("reporter_failed", error)
                self._send_at = time.monotonic() + self._backoff.next_delay()
            pause = tick_at - time.monotonic()
            if self._outstanding is not None:
                pause = min(pause, self._send_at - time.monotonic())
            elif self._fresh is not None:
                pause = min(pause, max(self._send_at - time.monotonic(), MIN_INTERVAL_S))
            if pause > 0 and self._wake.wait(pause):
                self._wake.clear()

    def _tick(self) -> None:
        try:
            self._fresh = self._node.tick()
        except (BackendError, ToolError, StateDirError) as error:
            log_event("tick_failed", level=logging.ERROR, detail=str(error))
        if self._node.peers.is_holding:
            self._order_resync()

    def _send_what_is_due(self) -> None:
        """Send until nothing is due or sending fails. A report that got no answer is repeated as it was."""
        while not self._stopping:
            if self._outstanding is None:
                if self._fresh is None and not self._quick and not self._rest:
                    return
                look, finals_only = self._fresh, self._fresh is None and not self._rest
                self._fresh, self._quick, self._rest = None, False, False
                self._outstanding = self._writer.write(look, finals_only)
            if time.monotonic() < self._send_at or not self._send(self._outstanding):
                return
            self._rest = self._outstanding.full
            self._outstanding = None

    def _send(self, report: Report) -> bool:
        try:
            answer = self._client.post("report", report.body)
        except Refused as error:
            if error.status == 400 or error.status == 413:
                # The same body would be refused for ever. Its rows stay due and go into the next report.
                log_event("report_refused", level=logging.ERROR, code=error.code, notes=report.notes)
                self._writer.drop_notes(report)
                self._outstanding = None
            self._postpone(error, slow=error.code == "invalid_node_credential")
            return False
        except ControlError as error:
            self._postpone(error, slow=False)
            return False
        self._backoff.reset()
        self._writer.accepted(report)
        self._obey(answer, report)
        return True

    def _obey(self, answer: dict[str, Any], report: Report) -> None:
        interval = answer.get("report_interval_s")
        if isinstance(interval, int | float) and MIN_INTERVAL_S <= interval <= MAX_INTERVAL_S:
            self._interval_s = float(interval)
        for entry in answer.get("set_aside") or []:
            log_event("row_set_aside", level=logging.WARNING, entry=entry)
        # An order given for an epoch that has been left meanwhile is carried out already.
        if answer.get("resync") is True and report.body["epoch"] == self._node.peers.epoch:
            self._order_resync()
        if answer.get("rotate_credential") is True:
            self._fetch_credential()

    def _fetch_credential(self) -> None:
        """Take another credential, as staff ordered. Without an answer the next report's order asks again."""
        try:
            credential = self._client.post("credential", {}).get("credential")
        except ControlError as error:
            log_event("credential_not_fetched", level=logging.WARNING, detail=str(error))
            return
        if isinstance(credential, str) and credential.isascii() and credential.isprintable() and " " not in credential:
            self._renew_credential(credential)
            log_event("credential_renewed")

    def _postpone(self, error: ControlError, slow: bool) -> None:
        delay_s = self._backoff.next_delay(error.retry_after_s, slow)
        self._send_at = time.monotonic() + delay_s
        if not self._stopping:
            log_event("report_not_sent", level=logging.WARNING, detail=str(error), retry_in_s=round(delay_s, 2))
