"""Every state is told with a capital letter."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("support", "0006_promises_in_hours"),
    ]

    operations = [
        migrations.AlterField(
            model_name="inboundmail",
            name="state",
            field=models.CharField(
                choices=[
                    ("written", "In its thread"),
                    ("ignored", "An automatic answer, or one of ours"),
                    ("refused", "Not accepted"),
                ],
                max_length=8,
            ),
        ),
    ]
