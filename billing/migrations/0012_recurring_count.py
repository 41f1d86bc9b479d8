"""What the last count of recurring revenue reached, and what it came to by plan; a job fills it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0011_order_of_language"),
    ]

    operations = [
        migrations.CreateModel(
            name="RecurringCount",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ("since", models.DateField()),
                ("by_plan", models.JSONField(default=list)),
                ("counted_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "count of recurring revenue",
                "verbose_name_plural": "count of recurring revenue",
                "constraints": [models.CheckConstraint(condition=models.Q(id=1), name="recurring_count_one_row")],
            },
        ),
    ]
