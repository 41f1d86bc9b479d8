"""What an order of a refund is called."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0015_words_of_staffs_forms"),
    ]

    operations = [
        migrations.AlterField(
            model_name="stripeorder",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("customer", "make the customer"),
                    ("change", "change the plan"),
                    ("schedule", "change the plan at the period's end"),
                    ("unschedule", "take back such a change"),
                    ("cancel", "end at the period's end"),
                    ("resume", "take that back"),
                    ("pause", "pause"),
                    ("unpause", "end the pause"),
                    ("end", "end at once"),
                    ("refund", "refund the payment"),
                    ("address", "change the customer's address or language"),
                    ("credit", "add to the customer's credit"),
                    ("delete_customer", "delete the customer"),
                ],
                max_length=16,
            ),
        ),
    ]
