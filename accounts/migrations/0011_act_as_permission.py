"""The permission to see a customer's pages as the customer does; no table changes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_faces"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={
                "ordering": ["-date_joined", "id"],
                "permissions": [("act_as_user", "Can act as a customer")],
            },
        ),
    ]
