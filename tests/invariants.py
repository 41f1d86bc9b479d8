from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from accounts.models import User
from billing.entitlements import entitlement_for
from billing.holding import plan_name_now
from billing.models import Subscription

_QUERIES = [
    "\n".join(line for line in part.splitlines() if line.strip())
    for part in Path(__file__).with_suffix(".sql").read_text().split(";")
    if any(line.strip() and not line.startswith("--") for line in part.splitlines())
]
MANY = 200


def assert_invariants() -> None:
    """Fails naming the invariant and the first rows that break it."""
    for query in queries():
        with connection.cursor() as cursor:
            cursor.execute(query)
            broken = cursor.fetchmany(5)
        assert not broken, f"{query}\n→ {broken}"
    _assert_entitlement_is_a_function_of_what_is_stored()


def queries() -> list[str]:
    """Each finds nothing, or an invariant is broken; with the terms that the settings name."""
    return [_with_terms(query) for query in _QUERIES]


def _with_terms(query: str) -> str:
    terms = {":grace_days": settings.DUNNING_GRACE_DAYS, ":slack_hours": settings.RENEWAL_SLACK_HOURS}
    for name, value in terms.items():
        query = query.replace(name, str(value))
    return query


def _assert_entitlement_is_a_function_of_what_is_stored() -> None:
    """I5: the database, asked by another way, finds the plan that everybody else is told, of those who ever paid."""
    people = User.objects.filter(pk__in=Subscription.objects.values("user")).order_by("-date_joined")
    for user in people.annotate(plan_now=plan_name_now(), now=Now())[:MANY]:
        found = entitlement_for(user, user.now).plan_name
        assert found == user.plan_now, (
            f"I5 the entitlement of {user.pk} is {found}, the stored state says {user.plan_now}"
        )
