"""Which disputes' answers are due first, without looking at those that are over."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("billing", "0013_stripe_event_oldest_index")]

    operations = [
        AddIndexConcurrently(
            model_name="dispute",
            index=models.Index(
                fields=["evidence_due_at"],
                condition=models.Q(status__in=("needs_response", "warning_needs_response")),
                name="dispute_due_idx",
            ),
        ),
    ]
