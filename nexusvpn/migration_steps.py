"""Steps of migrations that Django has not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.migrations.operations import AddConstraint
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

Key = tuple[str, str]


class Together(Operation):
    """A migration's steps as one: tables that are new are made in their final shape, then the others are changed.

    Step by step, Django builds the classes of a model, of all that it refers to and of all that refer to it anew each time, which takes
    most of the time of a fresh `migrate`. For steps that change the schema alone, and none of which takes back what another did.
    """

    reversible = True

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = list(operations)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        before = set(state.models)
        # What was built for the steps before would be kept up to date with each of these.
        built = state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)
        new = [key for key in state.models if key not in before]
        if built is not None and not self._of_others(new):
            # Nothing else has changed, so that it stays as it was built.
            built.render_multiple([state.models[key] for key in new])
            state.__dict__["apps"] = built

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        new = _new(app_label, from_state, to_state)
        for model in self._built(new, schema_editor, to_state):
            schema_editor.create_model(model)
        for operation in self._of_others(new):
            # A constraint may be about fields that another step adds, and some look for them in what was before.
            before = to_state if isinstance(operation, AddConstraint) else from_state
            operation.database_forwards(app_label, schema_editor, before, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        new = _new(app_label, to_state, from_state)
        for operation in reversed(self._of_others(new)):
            after = from_state if isinstance(operation, AddConstraint) else to_state
            operation.database_backwards(app_label, schema_editor, from_state, after)
        for model in reversed(self._built(new, schema_editor, from_state)):
            schema_editor.delete_model(model)

    def describe(self) -> str:
        return f"Make {len(self.operations)} changes together"

    def _built(self, keys: list[Key], schema_editor: Any, state: ProjectState) -> list[Any]:
        models = [state.apps.get_model(*key) for key in keys]
        return [each for each in models if self.allow_migrate_model(schema_editor.connection.alias, each)]

    def _of_others(self, new: list[Key]) -> list[Operation]:
        names = {name for _, name in new}
        return [
            operation
            for operation in self.operations
            if str(getattr(operation, "model_name", getattr(operation, "name", ""))).lower() not in names
        ]


def _new(app_label: str, before: ProjectState, after: ProjectState) -> list[Key]:
    return [key for key in after.models if key[0] == app_label and key not in before.models]
