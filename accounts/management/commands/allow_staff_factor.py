"""Time for a second factor again, for the only superuser: in the admin there is nobody whom they could ask."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.services.staff_factor import give_time_again
from nexusvpn.errors import DomainError


class Command(BaseCommand):
    help = "Give somebody of staff time again to set up a second factor."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.with_email(options["email"]).first()
        if user is None:
            raise CommandError("There is no account with this address.")
        try:
            give_time_again(user=user, by=None)
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write("They have time again to set up a second factor.")
