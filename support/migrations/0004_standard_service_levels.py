"""How soon tickets are answered until staff say otherwise, in working minutes (a day has 480); plans with priority support first.

Plain SQL: a step in Python would have Django build every model once more, which a fresh `migrate` pays for.
"""

from django.db import migrations

LEVELS = """
INSERT INTO support_servicelevel (plan, priority, answer_minutes, resolution_minutes)
VALUES ('', 'low', 960, 4800), ('', 'medium', 480, 2400), ('', 'high', 240, 1440),
    ('pro', 'low', 480, 2400), ('pro', 'medium', 240, 1440), ('pro', 'high', 60, 480)
ON CONFLICT DO NOTHING;
"""


class Migration(migrations.Migration):
    dependencies = [("support", "0003_support_desk")]

    operations = [migrations.RunSQL(LEVELS, migrations.RunSQL.noop)]
