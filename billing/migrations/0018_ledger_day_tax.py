"""How much of a day's money is tax. A process of before, which knows nothing of it, writes none; the next run of the job puts that right."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0017_quota_in_words")]

    operations = [
        migrations.AddField(
            model_name="ledgerday",
            name="tax_minor",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
    ]
