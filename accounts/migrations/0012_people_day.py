"""What days that are over came to, so that the admin's home need not count everybody; a job fills it."""

from django.db import migrations, models

from nexusvpn.migration_steps import Together


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_act_as_permission")]

    operations = [
        Together(
            [
                migrations.CreateModel(
                    name="PeopleDay",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField()),
                        ("joined", models.PositiveIntegerField()),
                        ("erased", models.PositiveIntegerField()),
                    ],
                    options={
                        "verbose_name": "day of accounts",
                        "verbose_name_plural": "days of accounts",
                        "ordering": ["-day"],
                    },
                ),
                migrations.AddConstraint(
                    model_name="peopleday",
                    constraint=models.UniqueConstraint(fields=("day",), name="people_day_once"),
                ),
            ]
        )
    ]
