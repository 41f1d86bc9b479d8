"""Issue a one-time enrolment token for a server and print the command that a node runs with it."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from nexusvpn.errors import Conflict
from vpn.models import Server
from vpn.services.nodes import enrolment_command, issue_enrolment_token


class Command(BaseCommand):
    help = "Issue a one-time enrolment token (valid for an hour) for a server."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("server", help="the server's name")
        parser.add_argument("--json", action="store_true", help="print JSON for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        server = Server.objects.filter(name=options["server"]).first()
        if server is None:
            raise CommandError(f"There is no server named {options['server']!r}.")
        try:
            token = issue_enrolment_token(server)
        except Conflict as error:
            raise CommandError(error.message) from error
        if options["json"]:
            answer = {"token": token, "control_url": settings.SITE_URL, "server_id": str(server.pk)}
            self.stdout.write(json.dumps(answer))
            return
        self.stdout.write(enrolment_command(token))
