from django.db import migrations


class Migration(migrations.Migration):
    """The location of every assignment is its server's."""

    dependencies = [("vpn", "0002_fleet")]

    operations = [
        migrations.RunSQL(
            "UPDATE vpn_ipassignment a SET location_id = s.location_id FROM vpn_server s WHERE s.id = a.server_id",
            migrations.RunSQL.noop,
        ),
    ]
