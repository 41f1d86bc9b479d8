"""Staff's list of all rewards, newest first."""

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
    ]
