"""The database refuses to change what was written to the audit log, and to delete it in its first half year.

TRUNCATE needs to own the table; a service whose database user does not own its tables cannot do that either.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION accounts_auditevent_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '180 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accounts_auditevent_keep BEFORE UPDATE OR DELETE ON accounts_auditevent
    FOR EACH ROW EXECUTE FUNCTION accounts_auditevent_keep();
"""
BACK = """
DROP TRIGGER accounts_auditevent_keep ON accounts_auditevent;
DROP FUNCTION accounts_auditevent_keep();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_second_factors_mail_and_audit")]

    operations = [migrations.RunSQL(FUNCTION, BACK)]
