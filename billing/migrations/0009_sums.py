"""What days of the ledger and months of recurring revenue came to; jobs fill them."""

import django.db.models.deletion
from django.db import migrations, models

from nexusvpn.migration_steps import Together

KINDS = [
    ("charge", "charge"),
    ("refund", "refund"),
    ("dispute", "dispute"),
    ("dispute_reversal", "dispute won"),
    ("fee", "fee"),
    ("credit", "credit given"),
    ("credit_used", "credit used"),
    ("reward", "reward"),
    ("debt", "debt"),
    ("adjustment", "adjustment"),
]


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_squashed_0008_coupons")]

    operations = [
        Together(
            [
                migrations.CreateModel(
                    name="LedgerDay",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("recorded_on", models.DateField()),
                        ("occurred_on", models.DateField()),
                        ("kind", models.CharField(choices=KINDS, max_length=16)),
                        ("currency", models.CharField(max_length=3)),
                        ("amount_minor", models.BigIntegerField()),
                        (
                            "price",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.planprice",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "day of the ledger",
                        "verbose_name_plural": "days of the ledger",
                        "ordering": ["-recorded_on", "-occurred_on", "id"],
                    },
                ),
                migrations.AddConstraint(
                    model_name="ledgerday",
                    constraint=models.UniqueConstraint(
                        fields=("recorded_on", "occurred_on", "kind", "currency", "price"),
                        name="ledger_day_once",
                        nulls_distinct=False,
                    ),
                ),
                migrations.CreateModel(
                    name="RecurringMonth",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("month", models.DateField()),
                        ("currency", models.CharField(max_length=3)),
                        ("opening", models.BigIntegerField()),
                        ("closing", models.BigIntegerField()),
                        ("new", models.BigIntegerField()),
                        ("reactivation", models.BigIntegerField()),
                        ("expansion", models.BigIntegerField()),
                        ("contraction", models.BigIntegerField()),
                        ("churn", models.BigIntegerField()),
                        ("people", models.PositiveIntegerField()),
                        ("people_came", models.PositiveIntegerField()),
                        ("people_went", models.PositiveIntegerField()),
                        ("counted_at", models.DateTimeField()),
                    ],
                    options={
                        "verbose_name": "month of recurring revenue",
                        "verbose_name_plural": "months of recurring revenue",
                        "ordering": ["-month", "currency"],
                    },
                ),
                migrations.AddConstraint(
                    model_name="recurringmonth",
                    constraint=models.UniqueConstraint(fields=("month", "currency"), name="recurring_month_once"),
                ),
            ]
        )
    ]
