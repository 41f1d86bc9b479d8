"""People told apart by the plan that they have now, for whoever speaks to some of them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet

from accounts.audiences import AudienceKind, register_audience
from accounts.models import User
from billing.holding import plan_code_now
from billing.models import Plan
from nexusvpn.languages import lazy as _


def _choices() -> list[tuple[str, str]]:
    return list(Plan.objects.order_by("rank").values_list("code", "name"))


def _among(people: QuerySet[User], codes: Sequence[str]) -> QuerySet[User]:
    return people.alias(plan_now=plan_code_now()).filter(plan_now__in=codes)


def register() -> None:
    register_audience(AudienceKind("plan", _("plan"), _choices, _among))
