from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Built beside the traffic: devices are written meanwhile."""

    atomic = False
    dependencies = [("vpn", "0008_node_addresses")]

    operations = [
        AddIndexConcurrently(
            model_name="vpnconfig",
            index=models.Index(
                fields=["user", "removal_confirmed_at"],
                condition=models.Q(revoked_at__isnull=False),
                name="device_removed_idx",
            ),
        ),
    ]
