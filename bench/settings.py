"""The product's settings with limits so high that a benchmark does not meet them. Every decision is still made, and paid for."""

from nexusvpn import ratelimit
from nexusvpn.settings import *  # noqa: F403

for _limit in (ratelimit.EVERYTHING, ratelimit.OPEN_PAGES, ratelimit.NODE, ratelimit.NODE_ENROL):
    # The one place that goes around `frozen`: other modules have imported these very objects.
    object.__setattr__(_limit, "rate", "100000000/m")
