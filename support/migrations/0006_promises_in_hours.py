"""Promises are typed in hours on staff's form."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("support", "0005_faces"),
    ]

    operations = [
        migrations.AlterField(
            model_name="servicelevel",
            name="answer_minutes",
            field=models.PositiveIntegerField(verbose_name="first answer within"),
        ),
        migrations.AlterField(
            model_name="servicelevel",
            name="resolution_minutes",
            field=models.PositiveIntegerField(verbose_name="resolved within"),
        ),
    ]
