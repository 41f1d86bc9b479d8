"""Staff's list of all devices, newest first."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("vpn", "0011_faces")]

    operations = [
        AddIndexConcurrently(
            model_name="vpnconfig",
            index=models.Index(fields=["-created_at", "id"], name="device_newest_idx"),
        ),
    ]
