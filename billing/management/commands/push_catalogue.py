"""Plans and prices to Stripe: once before anything is sold, and after every change of a plan."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.gateway.client import sells
from billing.services.catalogue import push_catalogue
from nexusvpn.errors import DomainError


class Command(BaseCommand):
    help = "Make every plan's product and prices exist at Stripe, or match what is there. May be repeated."

    def handle(self, *args: Any, **options: Any) -> None:
        if not sells():
            raise CommandError("STRIPE_SECRET_KEY is empty: there is no Stripe to push to.")
        try:
            pushed = push_catalogue()
        except DomainError as error:
            raise CommandError(f"{error.message} What was done until then stays; run it again.") from None
        said = {"Made": pushed.made, "Matched": pushed.matched, "No longer offered, or again": pushed.archived}
        for what, names in said.items():
            if names:
                self.stdout.write(f"{what}: {', '.join(names)}")
        if not any(said.values()):
            self.stdout.write("All of it was there.")
