"""Encrypt every secret with the first key of ENCRYPTION_KEYS, so that the others can be taken away."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from nexusvpn.encrypted_columns import Renewal, encrypted_columns, reencrypt


class Command(BaseCommand):
    help = "Encrypt every secret at rest with the first key of ENCRYPTION_KEYS. May run while the service does."

    def handle(self, *args: Any, **options: Any) -> None:
        total = Renewal()
        for column in encrypted_columns():
            done = reencrypt(column)
            total.renewed += done.renewed
            total.current += done.current
            total.unreadable += done.unreadable
            if options["verbosity"] > 1 or done.unreadable:
                self.stdout.write(f"{column.label}: {done.renewed} anew, {done.unreadable} unreadable.")
        self.stdout.write(f"{total.renewed} encrypted anew, {total.current} were up to date.")
        if total.unreadable:
            raise CommandError(
                f"{total.unreadable} cannot be read with any key of ENCRYPTION_KEYS. Take none away, and put theirs back."
            )
