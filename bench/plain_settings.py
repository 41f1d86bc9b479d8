"""The benchmarks' settings with the address that P1 asks."""

from bench.settings import *  # noqa: F403

ROOT_URLCONF = "bench.plain_urls"
