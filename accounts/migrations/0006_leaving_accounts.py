"""What 0002 left to do on the table of people, beside the traffic."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0005_session_lifetimes")]

    operations = [
        ValidateConstraint(model_name="user", name="user_leaving_is_inactive"),
        AddIndexConcurrently(
            model_name="user",
            index=models.Index(
                fields=["deletion_due_at"],
                condition=models.Q(deletion_due_at__isnull=False),
                name="user_deletion_due_idx",
            ),
        ),
    ]
