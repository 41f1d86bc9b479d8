"""What a reward is until staff say otherwise: five dollars, or about as much, for each of the two."""

from typing import Any

from django.db import migrations

AMOUNTS = [("EUR", 500), ("GBP", 400), ("USD", 500)]


def make(apps: Any, schema_editor: Any) -> None:
    apps.get_model("referrals", "ReferralProgramme").objects.get_or_create(pk=1)
    amount = apps.get_model("referrals", "RewardAmount")
    for currency, minor in AMOUNTS:
        amount.objects.get_or_create(pk=currency, defaults={"referrer_minor": minor, "friend_minor": minor})


class Migration(migrations.Migration):
    dependencies = [("referrals", "0003_reward_entries_are_append_only")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
