"""The counters' table. Unlogged: a crash may empty it, which costs one window of a limit and saves a WAL write a request."""

from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.RunSQL(
            "CREATE UNLOGGED TABLE nexusvpn_counter ("
            "key text PRIMARY KEY, count bigint NOT NULL, expires_at timestamptz NOT NULL)"
            " WITH (fillfactor = 70);"
            "CREATE INDEX nexusvpn_counter_expiry_idx ON nexusvpn_counter (expires_at);",
            "DROP TABLE nexusvpn_counter;",
        )
    ]
