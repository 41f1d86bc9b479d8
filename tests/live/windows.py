"""The minute in which a limit counts, so that a burst does not straddle its end."""

from __future__ import annotations

import time
import zlib

WINDOW_S = 60


def seconds_left(value: str) -> int:
    """Of the present window of this key; it ends at a second that depends on the key (django_ratelimit.core._get_window)."""
    now = int(time.time())
    end = now - (now % WINDOW_S) + (zlib.crc32(value.encode()) % WINDOW_S)
    return (end if end >= now else end + WINDOW_S) - now


def wait_for_a_whole_burst(value: str, seconds: int = 8) -> None:
    """Wait, if need be, until the window of this key has so much time left that the burst cannot straddle its end."""
    left = seconds_left(value)
    if left < seconds:
        time.sleep(left + 1)
