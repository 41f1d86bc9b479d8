from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from vpn.models import IpAssignment, VpnConfig  # noqa: F401  (named in the class parameters)


class DeviceQuerySet(models.QuerySet["VpnConfig"]):
    def live(self) -> DeviceQuerySet:
        return self.filter(revoked_at=None)

    def by_precedence(self) -> DeviceQuerySet:
        """Those first that stay where a plan has room for fewer: the chosen ones, then the oldest."""
        is_not_chosen = models.ExpressionWrapper(models.Q(kept_at=None), models.BooleanField())
        return self.order_by(is_not_chosen, "created_at", "id")


class AssignmentQuerySet(models.QuerySet["IpAssignment"]):
    def live(self) -> AssignmentQuerySet:
        return self.filter(released_at=None)
