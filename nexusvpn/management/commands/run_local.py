"""Serve this checkout on this machine: what `make run` runs once everything is installed."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from nexusvpn import env
from nexusvpn.local.places import LocalServiceError
from nexusvpn.local.processes import ChildEnded, Interrupted
from nexusvpn.local.stack import Product, Stack

SERVER = "demo-1"


class Command(BaseCommand):
    help = "Serve on 127.0.0.1 with worker, waiting nodes and a local WireGuard node, until Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        if not os.environ.get("DATABASE_URL"):
            raise CommandError("DATABASE_URL is empty; start this by manage.py, which fills it in.")
        port = env.number("PORT", 8000)
        if not 1 <= port <= 65535:
            raise CommandError("PORT must be from 1 to 65535.")
        product = Product(
            self._prepare, self._issue_token, self._push_catalogue, settings.ALLOWED_HOSTS, settings.DEBUG
        )
        try:
            Stack(product, port).run()
        except Interrupted:
            self.stdout.write("Stopped.")
        except (ChildEnded, LocalServiceError, TimeoutError) as error:
            raise CommandError(str(error)) from None

    def _prepare(self, node_address: str) -> str:
        self.stdout.write("Bringing the database up to date …")
        call_command("migrate", verbosity=0, interactive=False)
        call_command("sync_roles", stdout=io.StringIO())
        call_command("load_articles", stdout=io.StringIO())
        if not settings.DEBUG:
            call_command("collectstatic", verbosity=0, interactive=False)
            return ""
        output = io.StringIO()
        call_command("create_demo_data", local_node_endpoint=node_address, stdout=output)
        # The programs started next are children; an open connection must not be shared with them.
        connections.close_all()
        return output.getvalue()

    def _issue_token(self) -> str:
        output = io.StringIO()
        try:
            call_command("issue_node_enrolment", SERVER, json=True, stdout=output)
        except CommandError as error:
            raise LocalServiceError(str(error)) from None
        connections.close_all()
        return str(json.loads(output.getvalue())["token"])

    def _push_catalogue(self, environment: Mapping[str, str]) -> None:
        # The settings of this process were read before the sandbox had an address.
        settings.STRIPE_SECRET_KEY = environment["STRIPE_SECRET_KEY"]
        settings.STRIPE_API_BASE = environment["STRIPE_API_HOST"]
        call_command("push_catalogue", stdout=io.StringIO())
        connections.close_all()
