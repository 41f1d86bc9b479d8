"""What somebody would lose by another plan. Billing does not know devices: apps above it say so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import User
from billing.models import Plan


@dataclass(frozen=True, slots=True)
class PlanEffect:
    """What happens to some things of a person's. `link` is a path of ours where they choose another outcome; empty: there is none."""

    title: str
    names: tuple[str, ...]
    link: str = ""
    link_text: str = ""


Provider = Callable[[User, Plan], list[PlanEffect]]
_providers: list[Provider] = []


def register_effects(provider: Provider) -> None:
    """An app's answer to "what does this plan mean for this person, compared with now?"; called once, when the app is loaded."""
    _providers.append(provider)


def effects_of(user: User, plan: Plan) -> list[PlanEffect]:
    """What would change for the worse if the person had this plan and nothing else."""
    return [effect for provider in _providers for effect in provider(user, plan)]
