"""What staff tell a gift code by. A process of before, which knows nothing of it, writes none; such a code is named by its batch."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0020_states_begin_alike")]

    operations = [
        migrations.AddField(
            model_name="giftcode",
            name="tail",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=4, verbose_name="ends in"
            ),
        ),
    ]
