"""What of Stripe's events waits the longest, however many do."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("billing", "0012_recurring_count")]

    operations = [
        AddIndexConcurrently(
            model_name="stripeevent",
            index=models.Index(
                fields=["received_at"], condition=models.Q(state="waiting"), name="stripeevent_oldest_idx"
            ),
        ),
    ]
