"""What was written into the ledger since a day, without looking at all of it."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("billing", "0009_sums")]

    operations = [
        AddIndexConcurrently(
            model_name="ledgerentry",
            index=models.Index(fields=["recorded_at"], name="ledger_recorded_idx"),
        ),
    ]
