"""The audit log goes on as it is written, but for the address of somebody whose account was erased: that may be emptied."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION accounts_auditevent_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '180 days' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.ip_address IS NOT NULL AND NEW.ip_address IS NULL THEN
        OLD.ip_address := NULL;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_leaving_accounts")]

    operations = [migrations.RunSQL(FUNCTION, migrations.RunSQL.noop)]
