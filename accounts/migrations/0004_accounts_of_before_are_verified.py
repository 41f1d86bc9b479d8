"""Whoever had an account before addresses were verified keeps the use of it."""

from django.db import migrations

VERIFY = "UPDATE accounts_user SET email_verified_at = date_joined WHERE email_verified_at IS NULL"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_audit_is_append_only")]

    operations = [migrations.RunSQL(VERIFY, migrations.RunSQL.noop)]
