"""Whoever had an account before addresses were verified keeps the use of it."""

from typing import Any

from django.db import migrations

BATCH = 5_000
VERIFY = """
UPDATE accounts_user SET email_verified_at = date_joined
WHERE id IN (SELECT id FROM accounts_user WHERE email_verified_at IS NULL ORDER BY id LIMIT %s)
"""


def verify(apps: Any, schema_editor: Any) -> None:
    """By batches, each a transaction of its own, so that nobody waits for a row."""
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(VERIFY, [BATCH])
            if cursor.rowcount < BATCH:
                return


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0003_audit_is_append_only")]

    operations = [migrations.RunPython(verify, migrations.RunPython.noop)]
