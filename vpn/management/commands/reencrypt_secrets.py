"""Encrypt every secret with the first key of ENCRYPTION_KEYS, so that the others can be taken away."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from vpn.services.preshared import reencrypt_preshared_keys


class Command(BaseCommand):
    help = "Encrypt every preshared key with the first key of ENCRYPTION_KEYS. May run while the service does."

    def handle(self, *args: Any, **options: Any) -> None:
        done = reencrypt_preshared_keys()
        self.stdout.write(f"{done.renewed} encrypted anew, {done.current} were up to date.")
        if done.unreadable:
            raise CommandError(
                f"{done.unreadable} cannot be read with any key of ENCRYPTION_KEYS. Take none away, and put theirs back."
            )
