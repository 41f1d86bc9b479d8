"""What the scopes of a key are is said to people; nothing is altered in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_erased_index")]

    operations = [
        migrations.AlterField(
            model_name="apikey",
            name="scopes",
            field=models.JSONField(default=list, help_text="What programs that bring the key may do."),
        ),
    ]
