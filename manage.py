#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it works on the embedded database of this checkout, and the Stripe sandbox beside it."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nexusvpn.settings")
    if not os.environ.get("DATABASE_URL"):
        # A development checkout: the same embedded PostgreSQL that `make run` uses, with development defaults.
        from nexusvpn.local.payments import environment_of_running
        from nexusvpn.local.postgres import ensure_running

        os.environ["DATABASE_URL"] = ensure_running("main")
        os.environ.setdefault("DEBUG", "true")
        if not os.environ.get("STRIPE_SECRET_KEY"):
            os.environ.update(environment_of_running())
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
