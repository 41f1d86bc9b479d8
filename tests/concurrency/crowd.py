"""Many threads at one barrier, one database connection each."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import connection

from nexusvpn.errors import DomainError


def crowd(size: int, act: Callable[[int], Any]) -> Counter[str]:
    """Run `act(n)` in `size` threads at once; counts outcomes: "ok", or the code of the DomainError, or the exception's name."""
    barrier = threading.Barrier(size)
    outcomes: list[str] = []

    def run(number: int) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(30)
            act(number)
            outcomes.append("ok")
        except DomainError as refused:
            outcomes.append(refused.code)
        except Exception as error:  # noqa: BLE001  (an unforeseen one is an outcome that the test will not expect)
            outcomes.append(f"{type(error).__name__}: {error}")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(outcomes) == size, "a thread did not end"
    return Counter(outcomes)
