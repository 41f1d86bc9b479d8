"""Demo data for a development checkout: three locations, a server in each, a customer, and staff of every role.

Only with DEBUG on and only into an empty database; the passwords are made up anew and printed once.
"""

from __future__ import annotations

import io
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import ROLES
from billing.models import Plan, PlanGrant
from vpn.models import Location, NodeStatus, Server

LOCATIONS = [
    ("demo-1", "Netherlands (demo)", "Amsterdam", "NL", 52.37, 4.90, False),
    ("demo-2", "Switzerland (demo)", "Zürich", "CH", 47.38, 8.54, False),
    ("demo-3", "Japan (demo)", "Tokyo", "JP", 35.68, 139.69, True),
]
CUSTOMER = "customer@demo.example"
STAFF = "staff@demo.example"
# One sign-in for each role of staff: `support@demo.example` and so on.
ROLE_ADDRESSES = {name: f"{name.lower()}@demo.example" for name in ROLES}


class Command(BaseCommand):
    help = "Create demo data in an empty development database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--local-node-endpoint", default="", help="address of the local node that serves demo-1")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Demo data never appears in production: DEBUG is off.")
        endpoint = options["local_node_endpoint"]
        with transaction.atomic():
            if not User.objects.exists() and not Location.objects.exists():
                self._create()
            if endpoint:
                Server.objects.filter(name="demo-1").exclude(public_endpoint=endpoint).update(public_endpoint=endpoint)

    def _create(self) -> None:
        for number, (slug, name, city, country, latitude, longitude, premium) in enumerate(LOCATIONS, start=1):
            location = Location.objects.create(
                slug=slug,
                name=name,
                city=city,
                country_code=country,
                latitude=latitude,
                longitude=longitude,
                premium=premium,
            )
            server = Server(
                location=location,
                name=slug,
                # 198.51.100.0/24 is for documentation (RFC 5737); the local node's own address replaces demo-1's.
                public_endpoint=f"198.51.100.{number}",
                network_v4=f"10.{65 + number}.0.0/16",
                network_v6=f"fd6e:7876:{number}::/64",
            )
            server.full_clean()
            server.save()
            NodeStatus.objects.create(server=server)
        addresses = (CUSTOMER, STAFF, *ROLE_ADDRESSES.values())
        passwords = {address: secrets.token_urlsafe(12) for address in addresses}
        customer = User.objects.create_user(
            CUSTOMER, passwords[CUSTOMER], full_name="Demo customer", email_verified_at=timezone.now()
        )
        User.objects.create_superuser(STAFF, passwords[STAFF], full_name="Demo staff")
        self._create_roles(passwords)
        PlanGrant.objects.create(user=customer, plan=Plan.objects.get(code="pro"), reason="Demo data")
        # By its name, since this app knows no referrals.
        call_command("open_demo_programme")
        self.stdout.write("Demo sign-ins (made up now, shown once):")
        for address, password in passwords.items():
            self.stdout.write(f"  {address}  {password}")

    @staticmethod
    def _create_roles(passwords: dict[str, str]) -> None:
        call_command("sync_roles", stdout=io.StringIO())
        for role, address in ROLE_ADDRESSES.items():
            user = User.objects.create_user(
                address,
                passwords[address],
                full_name=f"Demo {role.lower()}",
                is_staff=True,
                email_verified_at=timezone.now(),
            )
            user.groups.add(Group.objects.get(name=role))
