"""How much went through the tunnels: exact, per device and day, and nothing else."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from vpn.models.devices import VpnConfig
from vpn.models.servers import Server


class UsageCounter(models.Model):
    """A max-register: the highest figures that a node reported for one device in one counter epoch.

    An epoch belongs to one peer of one node for ever and is bound to its device when it is first seen, so that a late repeat
    of an old report can never be counted for another device that has the same key now. `counted_*` is what the row held before its
    last growth; the growth of a statement is the difference.
    """

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="+", db_index=False)
    device = models.ForeignKey(VpnConfig, on_delete=models.CASCADE, related_name="+", db_index=False)
    epoch = models.BigIntegerField()
    rx = models.BigIntegerField()
    tx = models.BigIntegerField()
    counted_rx = models.BigIntegerField(default=0)
    counted_tx = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["server", "epoch"], name="usagecounter_epoch_unique"),
            models.CheckConstraint(condition=models.Q(rx__gte=0, tx__gte=0), name="usagecounter_not_negative"),
        ]
        indexes = [
            # "The registers of a device": the check that a total is the sum of its registers, and the device's deletion.
            models.Index(fields=["device", "server"], name="usagecounter_device_idx"),
        ]

    def __str__(self) -> str:
        return f"Counter {self.epoch}"


class UsageRecord(models.Model):
    """Bytes of one device on one day (UTC): `bytes_up` from the customer, `bytes_down` to the customer."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="usage_records", db_index=False
    )
    device = models.ForeignKey(VpnConfig, on_delete=models.CASCADE, related_name="usage_records", db_index=False)
    record_date = models.DateField()
    bytes_up = models.BigIntegerField(default=0)
    bytes_down = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["-record_date", "id"]
        constraints = [
            models.UniqueConstraint(fields=["device", "record_date"], name="usage_device_day_unique"),
            models.CheckConstraint(condition=models.Q(bytes_up__gte=0, bytes_down__gte=0), name="usage_not_negative"),
        ]
        indexes = [
            # A person's whole usage: the account's deletion and export.
            models.Index(fields=["user"], name="usage_user_idx"),
            # A person's usage of the last days: dashboard, API and quota.
            models.Index(fields=["user", "record_date"], name="usage_user_day_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.record_date}"
