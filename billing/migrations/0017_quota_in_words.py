"""The quota is typed in GB on staff's forms; its column says what it is, not in what it is counted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0016_refunds_have_one_word"),
    ]

    operations = [
        migrations.AlterField(
            model_name="plan",
            name="quota_bytes",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="quota a month"),
        ),
    ]
