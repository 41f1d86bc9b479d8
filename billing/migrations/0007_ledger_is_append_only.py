"""The database refuses to change or delete what was written to the ledger.

TRUNCATE needs to own the table; a service whose database user does not own its tables cannot do that either.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION billing_ledgerentry_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER billing_ledgerentry_keep BEFORE UPDATE OR DELETE ON billing_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION billing_ledgerentry_keep();
"""
BACK = """
DROP TRIGGER billing_ledgerentry_keep ON billing_ledgerentry;
DROP FUNCTION billing_ledgerentry_keep();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_price_of_a_plan_is_a_row")]

    operations = [migrations.RunSQL(FUNCTION, BACK)]
