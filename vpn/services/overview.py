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
from vpn.services.usage import UsageTotal, usage_of_devices, usage_report
from vpn.services.welcome import Welcome, welcome_of

# How many days the chart can show besides those of the present period.
RANGES = (7, 30, 90)
# Of these many devices, the newest, the page has a row each, with the usage of as many days.
LISTED_DEVICES = 10
LISTED_DAYS = 14
# States of a device that cannot connect, whatever the person does in their app.
OFF_STATES = ("suspended", "suspending", "stopped", "unplaced")


@dataclass(frozen=True, slots=True)
class ListedDevice:
    """A device and its bytes on each of the last days, the oldest first; None where nothing was ever counted in them."""

    device: DeviceView
    days: list[int] | None

    @property
    def used(self) -> int | None:
        return None if self.days is None else sum(self.days)


@dataclass(frozen=True, slots=True)
class Overview:
    entitlement: Entitlement
    devices: list[DeviceView]
    listed: list[ListedDevice]
    usage: UsageTotal
    # One entry a day: of the last `range_days`, or of the present period so far.
    days: list[dict[str, Any]]
    range_days: int | None
    welcome: Welcome

    @property
    def period_days(self) -> int:
        return (self.entitlement.resets_at.date() - self.entitlement.period_start.date()).days

    @property
    def days_until_reset(self) -> int:
        """Dates between today and the one on which the data starts again: 0 is today, 1 tomorrow."""
        return (self.entitlement.resets_at.date() - timezone.now().date()).days

    @property
    def total_shown(self) -> UsageTotal:
        """Of the days of the chart, which are not always the period's."""
        up, down = (sum(day[name] for day in self.days) for name in ("bytes_up", "bytes_down"))
        return UsageTotal(up, down, self.days[0]["date"])

    def _in_state(self, *states: str) -> list[DeviceView]:
        return [device for device in self.devices if device.state in states]

    @property
    def connected(self) -> list[DeviceView]:
        return self._in_state("connected")

    @property
    def connected_names(self) -> str:
        return ", ".join(device.name for device in self.connected)

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


def overview_of(user: User, range_days: int | None = None) -> Overview:
    """`range_days` is one of RANGES, or None for the present period."""
    entitlement = entitlement_for(user)
    start = entitlement.period_start.date()
    days_so_far = max(1, (timezone.now().date() - start).days + 1)
    days, usage = usage_report(user.pk, range_days or days_so_far, start)
    devices = live_devices(user.pk)
    listed = devices[:LISTED_DEVICES]
    used = usage_of_devices([device.id for device in listed], LISTED_DAYS)
    return Overview(
        entitlement=entitlement,
        devices=devices,
        listed=[ListedDevice(device, used.get(device.id)) for device in listed],
        usage=usage,
        days=days,
        range_days=range_days,
        welcome=welcome_of(devices),
    )
