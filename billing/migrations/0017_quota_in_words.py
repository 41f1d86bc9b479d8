"""The quota is typed in GB on staff's forms; its column says what it is, not in what it is counted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0015_words_of_staffs_forms"),
    ]

    operations = [
        migrations.AlterField(
            model_name="plan",
            name="quota_bytes",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="quota a month"),
        ),
    ]
