"""`python -m billing.sandbox --port 12111 --webhook-url http://127.0.0.1:8000/webhooks/stripe/ --webhook-secret whsec_…`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from billing.sandbox.guard import Refused
from billing.sandbox.server import SandboxServer, run_for_ever
from billing.sandbox.webhook_endpoints import place_endpoint


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m billing.sandbox", description="A Stripe of this machine's own.")
    parser.add_argument("--port", type=int, default=12111, help="0 is a free one")
    parser.add_argument("--webhook-url", default="", help="gets every event")
    parser.add_argument("--webhook-secret", default=os.environ.get("STRIPE_WEBHOOK_SECRET", ""), help="whsec_…")
    parser.add_argument("--file", type=Path, help="where it keeps what it knows; without one it begins anew each time")
    options = parser.parse_args()
    try:
        server = SandboxServer(options.port, file=options.file)
    except Refused as refused:
        sys.stderr.write(f"{refused}\n")
        return 2
    if options.webhook_url:
        place_endpoint(server.sandbox, options.webhook_url, options.webhook_secret)
    sys.stdout.write(f"Stripe sandbox: {server.url} (STRIPE_API_HOST={server.url})\n")
    sys.stdout.flush()
    run_for_ever(server)
    return 0


if __name__ == "__main__":
    sys.exit(main())
