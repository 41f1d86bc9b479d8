"""An order that tells Stripe whom it speaks to says so; no column changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0010_ledger_recorded_index"),
    ]

    operations = [
        migrations.AlterField(
            model_name="stripeorder",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("customer", "make the customer"),
                    ("change", "change the plan"),
                    ("schedule", "change the plan at the period's end"),
                    ("unschedule", "take back such a change"),
                    ("cancel", "end at the period's end"),
                    ("resume", "take that back"),
                    ("pause", "pause"),
                    ("unpause", "end the pause"),
                    ("end", "end at once"),
                    ("refund", "pay back"),
                    ("address", "change the customer's address or language"),
                    ("credit", "add to the customer's credit"),
                    ("delete_customer", "delete the customer"),
                ],
                max_length=16,
            ),
        ),
    ]
