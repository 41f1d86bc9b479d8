from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vpn", "0009_removed_devices_index")]

    operations = [
        migrations.AddField(
            model_name="vpnconfig",
            name="kept_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
