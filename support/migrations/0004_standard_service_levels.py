"""How soon tickets are answered until staff say otherwise, in working minutes; plans with priority support first."""

from typing import Any

from django.db import migrations

HOUR, DAY = 60, 8 * 60
LEVELS = {
    ("", "low"): (2 * DAY, 10 * DAY),
    ("", "medium"): (DAY, 5 * DAY),
    ("", "high"): (4 * HOUR, 3 * DAY),
    ("pro", "low"): (DAY, 5 * DAY),
    ("pro", "medium"): (4 * HOUR, 3 * DAY),
    ("pro", "high"): (HOUR, DAY),
}


def make(apps: Any, schema_editor: Any) -> None:
    level = apps.get_model("support", "ServiceLevel")
    for (plan, priority), (answer, resolution) in LEVELS.items():
        minutes = {"answer_minutes": answer, "resolution_minutes": resolution}
        level.objects.get_or_create(plan=plan, priority=priority, defaults=minutes)


class Migration(migrations.Migration):
    dependencies = [("support", "0003_support_desk")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
