"""Staff's lists of all rewards and payouts, newest first."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("referrals", "0001_squashed_0004_standard_programme")]

    operations = [
        AddIndexConcurrently(
            model_name="reward",
            index=models.Index(fields=["-created_at", "id"], name="reward_newest_idx"),
        ),
        AddIndexConcurrently(
            model_name="rewardpayout",
            index=models.Index(fields=["-created_at", "id"], name="payout_newest_idx"),
        ),
    ]
