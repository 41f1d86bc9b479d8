"""Staff's list of all payouts, newest first."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("referrals", "0005_newest_rewards_index")]

    operations = [
        AddIndexConcurrently(
            model_name="rewardpayout",
            index=models.Index(fields=["-created_at", "id"], name="payout_newest_idx"),
        ),
    ]
