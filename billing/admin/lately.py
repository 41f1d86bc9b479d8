"""Until when what Stripe refused is news, on the admin's home and in the lists that it leads to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext

from billing.models import Standing
from nexusvpn.languages import lazy as _

# Bills are dealt with within days; what is older was seen.
RECENT = timedelta(days=14)


def lately() -> datetime:
    return timezone.now() - RECENT


def refused_discounts() -> Q:
    """One that was not made was seen after a while; one that was to end can still be used, until it is ended."""
    return Q(standing=Standing.REFUSED, created_at__gt=lately()) | (Q(standing=Standing.LIVE) & ~Q(refusal=""))


class RefusedFilter(admin.SimpleListFilter):
    title = _("refused by Stripe")
    parameter_name = "refused"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", gettext("To be looked at")), ("ever", gettext("At any time"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "now":
            return queryset.filter(refused_discounts())
        return queryset.exclude(refusal="") if self.value() == "ever" else queryset
