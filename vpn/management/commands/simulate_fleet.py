"""Servers for simulated agents in a development database, with customers and devices; `--remove` takes all of it away again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from vpn.services.simulation import make_fleet, remove_fleet


class Command(BaseCommand):
    help = "Make servers for `python -m vpn.agent.simulate`, or remove them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--nodes", type=int, default=100)
        parser.add_argument("--devices", type=int, default=10, help="of each server")
        parser.add_argument("--credentials", type=Path, help="file to write the nodes' ids and credentials to")
        parser.add_argument("--remove", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Simulated servers never appear in production: DEBUG is off.")
        if options["remove"]:
            self.stdout.write(f"{remove_fleet()} servers removed")
            return
        if options["credentials"] is None:
            raise CommandError("Where to? --credentials names the file.")
        credentials = make_fleet(nodes=options["nodes"], devices=options["devices"])
        handle = os.open(options["credentials"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(handle, "w", encoding="ascii") as file:
            file.write("\n".join(credentials) + "\n")
        self.stdout.write(f"{len(credentials)} servers made")
