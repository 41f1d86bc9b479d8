"""The Stripe sandbox of a checkout: its program, and what the product's programs have to know of it.

It keeps what it knows in the data folder, beside the database whose rows name its customers and subscriptions.
"""

from __future__ import annotations

import http.client
import sys
from pathlib import Path
from urllib.parse import urlsplit

from nexusvpn.local import places, ports

# No secrets: the sandbox listens on this machine only, and nothing is worth anything there.
KEY = "sk_test_sandboxOfThisMachineOnly"
WEBHOOK_SECRET = "whsec_sandboxOfThisMachineOnly"
TEST_CARDS = "4242 4242 4242 4242 pays, 4000 0000 0000 0002 is declined; any later date, any CVC"


def environment(url: str) -> dict[str, str]:
    """What makes a program of the product talk to the sandbox at `url`."""
    return {"STRIPE_SECRET_KEY": KEY, "STRIPE_API_HOST": url, "STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET}


def environment_of_running() -> dict[str, str]:
    """The same for the sandbox that `make run` runs in this checkout now; nothing if none runs."""
    try:
        url = _address_file().read_text().strip()
    except OSError:
        return {}
    return environment(url) if is_sandbox(url) else {}


def command(port: int, webhook_url: str) -> list[str]:
    folder = places.make_data_folder()
    program = [sys.executable, "-m", "billing.sandbox", "--port", str(port), "--file", str(folder / "stripe.pickle")]
    return [*program, "--webhook-url", webhook_url, "--webhook-secret", WEBHOOK_SECRET]


def note_address(url: str) -> None:
    """For `environment_of_running`. Nobody takes it away: whoever reads it looks whether the sandbox answers."""
    places.make_data_folder()
    _address_file().write_text(url)


def is_sandbox(url: str) -> bool:
    """Whether a sandbox answers there, and not another program that has its port by now."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or ports.LOOPBACK, parts.port, timeout=1)
    try:
        connection.request("GET", "/_sandbox/clock")
        return b'"now"' in connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _address_file() -> Path:
    return places.data_folder() / "stripe.url"
