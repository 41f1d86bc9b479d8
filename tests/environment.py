"""Loaded before Django's settings (pytest's `-p tests.environment`): what the tests run against.

A real PostgreSQL: the one of DATABASE_URL, or an embedded cluster of its own that may forget everything in a crash.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from nexusvpn.local.postgres import ensure_running

if not os.environ.get("DATABASE_URL"):
    os.environ["DATABASE_URL"] = ensure_running("test", durable=False)
os.environ["DEBUG"] = "true"
# Set by the first process of a run, inherited by its workers.
os.environ.setdefault("TEST_RUN", str(os.getpid()))
# The tests choose the counters' store themselves.
os.environ.pop("REDIS_URL", None)
# Nor does any test talk to Stripe: those about payments start a sandbox and say so.
for _name in ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS", "STRIPE_API_HOST"):
    os.environ.pop(_name, None)
os.environ.setdefault("LOG_LEVEL", "WARNING")
# No node answers in tests within one process; the tests with real nodes start servers of their own.
os.environ["DEVICE_ACK_WAIT_MS"] = "0"

# A busy machine makes slow examples; that says nothing about what is tested.
settings.register_profile("nexusvpn", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("nexusvpn")
