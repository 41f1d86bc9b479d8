"""Names and hints of columns on staff's forms; sums are typed in units of their currency there."""

from django.db import migrations, models

from nexusvpn.migration_steps import Together


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0014_dispute_due_index"),
    ]

    operations = [
        Together(
            [
                migrations.AlterField(
                    model_name="coupon",
                    name="amount_minor",
                    field=models.PositiveIntegerField(blank=True, null=True),
                ),
                migrations.AlterField(
                    model_name="planprice",
                    name="amount_minor",
                    field=models.PositiveIntegerField(),
                ),
                migrations.AlterField(
                    model_name="planprice",
                    name="currency",
                    field=models.CharField(max_length=3),
                ),
                migrations.AlterField(
                    model_name="promotioncode",
                    name="first_time_only",
                    field=models.BooleanField(default=False, verbose_name="only for people who have never paid"),
                ),
                migrations.AlterField(
                    model_name="subscription",
                    name="cancel_at_period_end",
                    field=models.BooleanField(default=False, verbose_name="ends with its period"),
                ),
                migrations.AlterField(
                    model_name="subscription",
                    name="is_surplus",
                    field=models.BooleanField(default=False, verbose_name="second one, which is being ended"),
                ),
                migrations.AlterField(
                    model_name="subscription",
                    name="status",
                    field=models.CharField(
                        choices=[
                            ("incomplete", "waiting for the first payment"),
                            ("incomplete_expired", "never paid"),
                            ("trialing", "trial"),
                            ("active", "active"),
                            ("past_due", "payment failed"),
                            ("unpaid", "unpaid"),
                            ("paused", "paused: no card after the trial"),
                            ("canceled", "ended"),
                        ],
                        max_length=20,
                        verbose_name="state",
                    ),
                ),
                migrations.AlterField(
                    model_name="subscription",
                    name="withheld",
                    field=models.CharField(
                        blank=True,
                        choices=[
                            ("", "no"),
                            ("refunded", "the period's payment was refunded in full"),
                            ("disputed", "a payment is disputed, or the dispute was lost"),
                        ],
                        max_length=10,
                        verbose_name="plan withheld",
                    ),
                ),
            ]
        ),
    ]
