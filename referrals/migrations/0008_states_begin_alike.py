"""Every state is told with a capital letter."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("referrals", "0007_words_of_staffs_forms"),
    ]

    operations = [
        migrations.AlterField(
            model_name="reward",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "Pending"),
                    ("held", "Held for review"),
                    ("earned", "Earned"),
                    ("cancelled", "Cancelled"),
                    ("refused", "Refused by staff"),
                    ("taken_back", "Taken back after it was earned"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="rewardpayout",
            name="state",
            field=models.CharField(
                choices=[("asked", "Under way"), ("done", "On the balance"), ("refused", "Refused by the provider")],
                default="asked",
                max_length=7,
            ),
        ),
    ]
