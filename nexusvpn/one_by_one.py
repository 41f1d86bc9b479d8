"""Work on many people or servers, where the failure of one must not be the others' loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import InterfaceError, OperationalError

from nexusvpn.logs import logger

Each = TypeVar("Each")
Result = TypeVar("Result")
log = logger(__name__)


def one_by_one(act: Callable[[Each], Result], ids: Iterable[Each]) -> list[Result]:
    """Do it for each; returns what came of those that did not fail. Whatever failed is logged and is due again at the next look.

    A database that is away is everybody's trouble and ends the work.
    """
    done = []
    for each in ids:
        try:
            done.append(act(each))
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001  (whatever it is, it is this one's)
            log.error("left_undone", id=each, error=type(error).__name__)
    return done
