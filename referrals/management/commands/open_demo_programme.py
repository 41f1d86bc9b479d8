"""Rewards in a development checkout. Elsewhere staff open the programme, once they have decided what a friend is worth."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from referrals.models import ReferralProgramme


class Command(BaseCommand):
    help = "Open the referral programme of a development database."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Staff decide in the admin whether rewards are given: DEBUG is off.")
        ReferralProgramme.objects.update_or_create(pk=1, defaults={"is_open": True})
