"""What is set about payments is looked at before anything starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nexusvpn.checks import check_payments

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk_test_" + "a" * 24


def found(settings: Any, **values: Any) -> list[str | None]:
    for name, value in values.items():
        setattr(settings, name, value)
    return [message.id for message in check_payments(None)]


def test_nothing_and_a_restricted_key_in_production_are_right(settings: Any) -> None:
    assert found(settings) == []
    live = {"STRIPE_SECRET_KEY": "rk_live_" + "a" * 24, "STRIPE_LIVE_MODE": True, "DEBUG": False}
    assert found(settings, **live, STRIPE_WEBHOOK_SECRETS=["whsec_1", "whsec_2"]) == []


def test_a_live_key_is_refused_where_errors_are_shown(settings: Any) -> None:
    assert found(settings, STRIPE_LIVE_MODE=True, DEBUG=True) == ["nexusvpn.E004"]


def test_a_webhook_secret_is_one(settings: Any) -> None:
    assert found(settings, STRIPE_WEBHOOK_SECRETS=["we_1"]) == ["nexusvpn.E005"]
    assert found(settings, STRIPE_WEBHOOK_SECRETS=["whsec_1", "whsec_2", "whsec_3"]) == ["nexusvpn.W001"]


def test_a_key_that_may_do_everything_is_more_than_is_needed(settings: Any) -> None:
    live = {"STRIPE_SECRET_KEY": "sk_live_" + "a" * 24, "STRIPE_LIVE_MODE": True, "DEBUG": False}
    assert found(settings, **live) == ["nexusvpn.W002"]


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"STRIPE_SECRET_KEY": "pk_test_" + "a" * 24}, "STRIPE_SECRET_KEY must be a secret or restricted key"),
        ({"STRIPE_SECRET_KEY": KEY}, "STRIPE_WEBHOOK_SECRETS must be set"),
        ({"DUNNING_MAIL_DAYS": "0,9"}, "DUNNING_MAIL_DAYS must lie between"),
    ],
    ids=["a publishable key", "no webhook secret", "a mail after the grace"],
)
def test_what_cannot_work_does_not_start(values: dict[str, str], complaint: str) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("STRIPE_", "DUNNING_"))}
    done = subprocess.run(
        [sys.executable, "-c", "import nexusvpn.settings"],
        cwd=ROOT,
        env={**clean, "DEBUG": "true", **values},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert complaint in done.stderr
