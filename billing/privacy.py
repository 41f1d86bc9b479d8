"""What billing holds about people: in words, for their export, and what is left of it once they are erased."""

from __future__ import annotations

from typing import Any

from django.db.models import F

from accounts.models import User
from accounts.privacy import StoredKind, register_section, register_stored, rows_of
from billing.entitlements import entitlement_for


def _plan(user: User) -> dict[str, Any]:
    has = entitlement_for(user)
    grants = rows_of(
        user.plan_grants.order_by("created_at", "pk"),
        "reason",
        "created_at",
        "valid_until",
        "revoked_at",
        plan_name=F("plan__name"),
    )
    return {"now": {"plan": has.plan_name, "valid_until": has.valid_until}, "given": grants}


def register() -> None:
    register_section("plan", "What you may use, and plans that our staff gave you.", _plan)
    register_stored(
        StoredKind(
            "billing.PlanGrant",
            "Plans that our staff gave you, with the reason.",
            "To know what you may use.",
            "As long as the law wants our books; without the reason once your account is erased.",
            section="plan",
        ),
        StoredKind("billing.Plan", "What can be had.", "To offer it.", "Always.", about_people=False),
    )
