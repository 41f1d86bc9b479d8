from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_standard_prices")]
    operations = [
        migrations.RemoveField(model_name="plan", name="price_minor"),
        migrations.RemoveField(model_name="plan", name="currency"),
    ]
