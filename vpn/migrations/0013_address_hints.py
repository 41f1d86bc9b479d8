import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vpn", "0012_newest_devices_index")]

    operations = [
        migrations.AlterField(
            model_name="ipassignment",
            name="location",
            field=models.ForeignKey(
                db_index=False,
                help_text="The location of its server.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="vpn.location",
            ),
        ),
        migrations.AlterField(
            model_name="server",
            name="next_host",
            field=models.PositiveIntegerField(
                default=2,
                editable=False,
                help_text="The first host number within both networks that has never been offered.",
            ),
        ),
    ]
