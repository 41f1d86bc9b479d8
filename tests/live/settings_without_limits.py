"""The product's settings with the limits off: for a tool that sends thousands of requests to look behind them."""

from nexusvpn.settings import *  # noqa: F403

RATELIMIT_ENABLE = False
