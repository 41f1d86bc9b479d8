"""Every state is told with a capital letter."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0019_tax_of_days_of_before"),
    ]

    operations = [
        migrations.AlterField(
            model_name="checkoutsession",
            name="state",
            field=models.CharField(
                choices=[("asked", "Asked for"), ("open", "Open"), ("complete", "Paid"), ("expired", "Over")],
                default="asked",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="coupon",
            name="standing",
            field=models.CharField(
                choices=[
                    ("asked", "Not at Stripe yet"),
                    ("live", "Can be used"),
                    ("ending", "Is being ended"),
                    ("ended", "Cannot be used any more"),
                    ("refused", "Refused by Stripe"),
                ],
                default="asked",
                max_length=7,
            ),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "Being made"),
                    ("open", "To be paid"),
                    ("paid", "Paid"),
                    ("uncollectible", "Given up"),
                    ("void", "Void"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="payment",
            name="status",
            field=models.CharField(
                choices=[("succeeded", "Paid"), ("pending", "Under way"), ("failed", "Failed")], max_length=10
            ),
        ),
        migrations.AlterField(
            model_name="promotioncode",
            name="standing",
            field=models.CharField(
                choices=[
                    ("asked", "Not at Stripe yet"),
                    ("live", "Can be used"),
                    ("ending", "Is being ended"),
                    ("ended", "Cannot be used any more"),
                    ("refused", "Refused by Stripe"),
                ],
                default="asked",
                max_length=7,
            ),
        ),
        migrations.AlterField(
            model_name="stripeevent",
            name="state",
            field=models.CharField(
                choices=[("waiting", "Waiting"), ("done", "Done"), ("ignored", "Not about us"), ("failed", "Failed")],
                default="waiting",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="stripeorder",
            name="state",
            field=models.CharField(
                choices=[("open", "To be done"), ("done", "Done"), ("refused", "Refused by Stripe")],
                default="open",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="subscription",
            name="status",
            field=models.CharField(
                choices=[
                    ("incomplete", "Waiting for the first payment"),
                    ("incomplete_expired", "Never paid"),
                    ("trialing", "Trial"),
                    ("active", "Active"),
                    ("past_due", "Payment failed"),
                    ("unpaid", "Unpaid"),
                    ("paused", "Paused: no card after the trial"),
                    ("canceled", "Ended"),
                ],
                max_length=20,
                verbose_name="state",
            ),
        ),
    ]
