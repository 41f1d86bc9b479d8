"""Am I connected, and how much is left? Everything that a person's first page says, from what is stored and reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.models import User
from billing.entitlements import Entitlement, entitlement_for
from vpn.models import VpnConfig
from vpn.services.device_views import DeviceView, PlaceView, leaving_places, live_devices
from vpn.services.quota import WARN_PERCENT
from vpn.services.usage import UsageTotal, usage_by_day, usage_since

# States of a device that cannot connect, whatever the person does in their app.
OFF_STATES = ("suspended", "suspending", "stopped", "unplaced")


@dataclass(frozen=True, slots=True)
class Overview:
    entitlement: Entitlement
    devices: list[DeviceView]
    usage: UsageTotal
    # One entry a day of the present period, so far.
    days: list[dict[str, Any]]

    @property
    def period_days(self) -> int:
        return (self.entitlement.resets_at.date() - self.entitlement.period_start.date()).days

    def _in_state(self, *states: str) -> list[DeviceView]:
        return [device for device in self.devices if device.state in states]

    @property
    def connected(self) -> list[DeviceView]:
        return self._in_state("connected")

    @property
    def unknown(self) -> list[DeviceView]:
        return self._in_state("unknown")

    @property
    def is_all_off(self) -> bool:
        """Whether there are devices and none of them can connect."""
        return bool(self.devices) and len(self._in_state(*OFF_STATES)) == len(self.devices)

    @property
    def used_percent(self) -> int | None:
        """How much of the period's data is used, rounded down; None without a limit."""
        quota = self.entitlement.quota_bytes
        return None if quota is None else self.usage.total * 100 // quota

    @property
    def is_used_up(self) -> bool:
        return self.used_percent is not None and self.used_percent >= 100

    @property
    def is_nearly_used_up(self) -> bool:
        return self.used_percent is not None and WARN_PERCENT <= self.used_percent < 100

    @property
    def out_of_data(self) -> list[DeviceView]:
        """Devices that are off because the period's data is used up."""
        return [device for device in self.devices if device.blocked == VpnConfig.Blocked.OVER_QUOTA]

    @property
    def is_cut_off(self) -> bool:
        """Whether every server has confirmed that these are gone."""
        return all(device.state == "suspended" for device in self.out_of_data)

    @property
    def beyond_plan(self) -> list[DeviceView]:
        """Devices that are off because the plan has room for fewer."""
        return [device for device in self.devices if device.blocked == VpnConfig.Blocked.PLAN_LIMIT]

    @property
    def leaving(self) -> list[tuple[DeviceView, PlaceView]]:
        return leaving_places(self.devices)


def overview_of(user: User) -> Overview:
    entitlement = entitlement_for(user)
    start = entitlement.period_start.date()
    days_so_far = max(1, (timezone.now().date() - start).days + 1)
    return Overview(entitlement, live_devices(user.pk), usage_since(user.pk, start), usage_by_day(user.pk, days_so_far))
