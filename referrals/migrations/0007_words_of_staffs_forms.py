"""Hints and words on staff's forms; sums are typed in units of their currency there."""

from django.db import migrations, models

from nexusvpn.migration_steps import Together


class Migration(migrations.Migration):
    dependencies = [
        ("referrals", "0006_newest_payouts_index"),
    ]

    operations = [
        Together(
            [
                migrations.AlterField(
                    model_name="referralprogramme",
                    name="refund_days",
                    field=models.PositiveSmallIntegerField(
                        default=30,
                        help_text="For so many days customers may ask for their money back.",
                        verbose_name="refund window",
                    ),
                ),
                migrations.AlterField(
                    model_name="reward",
                    name="kind",
                    field=models.CharField(
                        choices=[("referrer", "for whoever brought a friend"), ("friend", "for the friend")],
                        max_length=8,
                    ),
                ),
                migrations.AlterField(
                    model_name="rewardamount",
                    name="currency",
                    field=models.CharField(max_length=3, primary_key=True, serialize=False),
                ),
                migrations.AlterField(
                    model_name="rewardamount",
                    name="friend_minor",
                    field=models.PositiveIntegerField(verbose_name="for the friend"),
                ),
                migrations.AlterField(
                    model_name="rewardamount",
                    name="minimum_minor",
                    field=models.PositiveIntegerField(verbose_name="least payment"),
                ),
                migrations.AlterField(
                    model_name="rewardamount",
                    name="referrer_minor",
                    field=models.PositiveIntegerField(verbose_name="for the referrer"),
                ),
            ]
        ),
    ]
