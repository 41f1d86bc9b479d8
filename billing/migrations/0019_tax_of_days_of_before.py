"""The tax of the days that were added up before it was known; apart from the column, whose lock readers would wait for."""

from django.db import migrations

# As `billing.services.ledger_days` adds it up.
ADD_TAX = """
UPDATE billing_ledgerday d SET tax_minor = found.tax FROM (
    SELECT (e.recorded_at AT TIME ZONE 'UTC')::date AS recorded_on, (e.occurred_at AT TIME ZONE 'UTC')::date AS occurred_on,
           e.kind, e.currency, e.price_id, sum(round(e.amount_minor * i.tax_minor::numeric / i.total_minor))::bigint AS tax
    FROM billing_ledgerentry e JOIN billing_invoice i ON i.stripe_id = e.invoice_id
    WHERE e.account = 'money' AND e.kind IN ('charge', 'refund', 'dispute', 'dispute_reversal')
          AND i.tax_minor > 0 AND i.total_minor > 0
    GROUP BY 1, 2, 3, 4, 5
) found
WHERE d.recorded_on = found.recorded_on AND d.occurred_on = found.occurred_on AND d.kind = found.kind
      AND d.currency = found.currency AND d.price_id IS NOT DISTINCT FROM found.price_id AND d.tax_minor <> found.tax
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0018_ledger_day_tax")]

    operations = [migrations.RunSQL(ADD_TAX, migrations.RunSQL.noop)]
