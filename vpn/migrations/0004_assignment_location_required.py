import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vpn", "0003_assignment_locations")]

    operations = [
        migrations.AlterField(
            model_name="ipassignment",
            name="location",
            field=models.ForeignKey(
                db_index=False,
                help_text="The server's, for the constraint.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="vpn.location",
            ),
        ),
    ]
