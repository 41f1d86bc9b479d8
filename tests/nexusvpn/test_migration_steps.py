"""Steps that are made together end at the same tables as one by one, and lead back."""

from __future__ import annotations

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import connection, migrations, models, transaction
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from nexusvpn.migration_steps import Together

pytestmark = pytest.mark.django_db(transaction=True)
APP = "steps"
ID = ("id", models.BigAutoField(primary_key=True))
FORMER: list[Operation] = [
    migrations.CreateModel("Old", [ID, ("size", models.IntegerField()), ("gone", models.IntegerField(null=True))]),
    migrations.AddConstraint("Old", models.CheckConstraint(condition=models.Q(size__gt=0), name="old_size")),
]
STEPS: list[Operation] = [
    migrations.CreateModel("New", [ID, ("name", models.CharField(max_length=9))]),
    migrations.RemoveConstraint("Old", "old_size"),
    migrations.AddField("New", "old", models.ForeignKey(f"{APP}.Old", models.CASCADE, db_index=False)),
    migrations.AddField("New", "friends", models.ManyToManyField(f"{APP}.Old", related_name="+")),
    migrations.AddField("Old", "weight", models.IntegerField(null=True)),
    migrations.AddField("Old", "first", models.ForeignKey(f"{APP}.New", models.SET_NULL, null=True, related_name="+")),
    migrations.AlterField("Old", "size", models.BigIntegerField(db_index=True)),
    migrations.RemoveField("Old", "gone"),
    migrations.AddIndex("New", models.Index(fields=["old", "name"], name="new_old")),
    migrations.AddConstraint("New", models.UniqueConstraint(fields=["name"], name="new_name")),
    migrations.AddConstraint("Old", models.CheckConstraint(condition=models.Q(weight__gt=0), name="old_weight")),
    AddConstraintNotValid("Old", models.CheckConstraint(condition=models.Q(weight__lt=9), name="old_light")),
]
LOOK = """
SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable FROM information_schema.columns
WHERE table_name LIKE 'steps\\_%'
UNION ALL SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'steps\\_%'
UNION ALL SELECT c.conname || ' ' || pg_get_constraintdef(c.oid) || c.convalidated FROM pg_constraint c
    JOIN pg_class t ON t.oid = c.conrelid WHERE t.relname LIKE 'steps\\_%'
ORDER BY 1
"""


def schema() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(LOOK)
        return [row[0] for row in cursor.fetchall()]


def migration(steps: list[Operation]) -> migrations.Migration:
    made = type("Migration", (migrations.Migration,), {"operations": steps})("steps", APP)
    assert isinstance(made, migrations.Migration)
    return made


def outcome(steps: list[Operation], *, back: bool = False) -> list[str]:
    """The schema after the steps, or after they were taken back. Nothing of it stays."""
    with transaction.atomic():
        with connection.schema_editor(atomic=False) as editor:
            former = migration(FORMER).apply(ProjectState(), editor)
        with connection.schema_editor(atomic=False) as editor:
            migration(steps).apply(former.clone(), editor)
        if back:
            with connection.schema_editor(atomic=False) as editor:
                migration(steps).unapply(former, editor)
        found = schema()
        transaction.set_rollback(True)
    return found


def test_the_tables_are_the_same() -> None:
    together = outcome([Together(STEPS)])
    assert together == outcome(STEPS)
    assert any("new_old" in line for line in together)
    assert any("old_light" in line for line in together)
    assert not any("size > 0" in line or ".gone" in line for line in together)


def test_they_lead_back_to_what_was_before() -> None:
    assert outcome([Together(STEPS)], back=True) == outcome([])


def test_the_states_are_the_same() -> None:
    one, other = ProjectState(), ProjectState()
    for operation in [*FORMER, *STEPS]:
        operation.state_forwards(APP, one)
    Together([*FORMER, *STEPS]).state_forwards(APP, other)
    assert one == other


def test_steps_that_only_make_tables_leave_what_was_built_as_it_is() -> None:
    state = migration(FORMER).mutate_state(ProjectState())
    old = state.apps.get_model(APP, "Old")
    of_new = [step for step in STEPS if str(getattr(step, "model_name", getattr(step, "name", ""))) == "New"]
    Together(of_new).state_forwards(APP, state)
    new = state.apps.get_model(APP, "New")
    assert state.apps.get_model(APP, "Old") is old
    assert new._meta.get_field("old").related_model is old
    assert {each.related_model for each in old._meta.related_objects} == {new}
    Together(STEPS[-2:]).state_forwards(APP, state)
    assert state.apps.get_model(APP, "Old") is not old
