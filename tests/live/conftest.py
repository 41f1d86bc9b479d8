from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.live.stack import Stack

StackMaker = Callable[..., Stack]


@pytest.fixture
def make_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackMaker]:
    """Starts a control plane with the settings and number of workers that the test names; ends it with the test."""
    made: list[Stack] = []

    def make(**options: Any) -> Stack:
        stack = Stack(os.environ["DATABASE_URL"], tmp_path_factory.mktemp("stack"), **options)
        made.append(stack)
        stack.start()
        return stack

    yield make
    for stack in made:
        stack.stop()
