"""Staff are few among many: finding them reads no other account."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0008_suspended_at")]

    operations = [
        AddIndexConcurrently(
            model_name="user",
            index=models.Index(condition=models.Q(("is_staff", True)), fields=["email"], name="user_staff_idx"),
        ),
    ]
