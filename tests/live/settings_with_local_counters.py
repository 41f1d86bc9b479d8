"""The product's settings with the one mistake that the limits' negative control shows."""

from nexusvpn.settings import *  # noqa: F403
from nexusvpn.settings import CACHES

CACHES["counters"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
