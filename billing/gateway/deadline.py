"""An HTTP client of Stripe's that answers within a time, whatever the network does."""

from __future__ import annotations

import queue
import threading
import time
from typing import Any

import requests
import stripe

CONNECT_S = 3.0


class UntilDeadline(stripe.RequestsClient):
    """Every request gets what is left of the time that all of them have together.

    A timeout of `requests` bounds each address of a name and each silence of an answer, and nothing bounds the look-up of the name. So
    the request is made in a thread of its own, and left alone when the time is over: to its caller that is a lost answer like any other.
    """

    def __init__(self, within_s: float) -> None:
        self._of_all_threads = requests.Session()
        super().__init__(timeout=within_s, session=self._of_all_threads)
        self._ends = time.monotonic() + within_s

    def wait(self, seconds: float) -> bool:
        """Whether there is time for it; then it has passed."""
        if self._ends - time.monotonic() <= seconds:
            return False
        time.sleep(seconds)
        return True

    def close(self) -> None:
        self._of_all_threads.close()

    def request(self, method: str, url: str, headers: Any, post_data: Any = None, **options: Any) -> Any:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise _too_late()
        self._timeout = (min(CONNECT_S, left), left)
        answers: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put((stripe.RequestsClient.request(self, method, url, headers, post_data, **options), None))
            except BaseException as error:  # noqa: BLE001  (raised again by whoever waits)
                answers.put((None, error))

        threading.Thread(target=ask, name="stripe", daemon=True).start()
        try:
            answer, error = answers.get(timeout=left)
        except queue.Empty:
            raise _too_late() from None
        if error is not None:
            raise error
        return answer


def _too_late() -> stripe.APIConnectionError:
    return stripe.APIConnectionError("The time for talking to Stripe is over.")  # type: ignore[no-untyped-call]
