from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from vpn.models import IpAssignment, VpnConfig  # noqa: F401  (named in the class parameters)


class DeviceQuerySet(models.QuerySet["VpnConfig"]):
    def live(self) -> DeviceQuerySet:
        return self.filter(revoked_at=None)


class AssignmentQuerySet(models.QuerySet["IpAssignment"]):
    def live(self) -> AssignmentQuerySet:
        return self.filter(released_at=None)
