"""How much went through the tunnels: exact, per device and day, and nothing else."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nexusvpn.moments import day_in_name, moment_in_name, month_in_words
from nexusvpn.templatetags.nexusvpn_ui import bytes_si
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
    # Not indexed: it changes with every growth, and an index on it would make each of them dearer.
    grown_at = models.DateTimeField(default=timezone.now)

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
        return f"{self.server}, {moment_in_name(self.grown_at)}"


class UsageRecord(models.Model):
    """Bytes of one device on one day (UTC): `bytes_up` from the customer, `bytes_down` to the customer.

    Partitioned by month (`vpn.partitions`): old days are forgotten by dropping their partition.
    """

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
        return day_in_name(self.record_date)


class UsageMonth(models.Model):
    """Bytes of one person in one month (UTC), kept when the days are forgotten. Partitioned by year."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="usage_months", db_index=False
    )
    month = models.DateField(help_text=_("Its first day."))
    bytes_up = models.BigIntegerField(default=0)
    bytes_down = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["-month", "id"]
        constraints = [
            # Also the query of a person's months.
            models.UniqueConstraint(fields=["user", "month"], name="usagemonth_user_month_unique"),
            models.CheckConstraint(
                condition=models.Q(bytes_up__gte=0, bytes_down__gte=0), name="usagemonth_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return month_in_words(self.month)


class QuotaMeter(models.Model):
    """How much of a limited plan is used in the present period. Only people with a limit have a row, so that others cost nothing.

    `used_bytes` is the sum of the period's usage records, kept by the statement that writes these. `warned` is the share in percent of
    which the person has been told.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="quota_meter"
    )
    period_start = models.DateField()
    resets_at = models.DateTimeField()
    quota_bytes = models.BigIntegerField()
    used_bytes = models.BigIntegerField(default=0)
    warned = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(quota_bytes__gt=0), name="quotameter_quota_positive"),
            models.CheckConstraint(condition=models.Q(used_bytes__gte=0), name="quotameter_not_negative"),
            models.CheckConstraint(condition=models.Q(warned__in=(0, 80, 100)), name="quotameter_warned_known"),
        ]
        indexes = [
            # The job that begins new periods.
            models.Index(fields=["resets_at"], name="quotameter_reset_idx"),
        ]

    def __str__(self) -> str:
        return gettext("%(used)s of %(quota)s") % {
            "used": bytes_si(self.used_bytes),
            "quota": bytes_si(self.quota_bytes),
        }


class NodeTotal(models.Model):
    """A max-register of everything that one creation of a node's interface has carried, as the node itself adds it up."""

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="+", db_index=False)
    interface_epoch = models.CharField(max_length=128)
    rx = models.BigIntegerField()
    tx = models.BigIntegerField()
    counted_rx = models.BigIntegerField(default=0)
    counted_tx = models.BigIntegerField(default=0)
    grown_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["server", "interface_epoch"], name="nodetotal_epoch_unique"),
            models.CheckConstraint(condition=models.Q(rx__gte=0, tx__gte=0), name="nodetotal_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.server}, {moment_in_name(self.grown_at)}"


class NodeHour(models.Model):
    """What a node says it carried in one hour, beside what its customers' registers grew by: the difference is the drift.

    Of servers only; no person's hours are kept. Partitioned by month.
    """

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="hours", db_index=False)
    hour = models.DateTimeField()
    node_rx = models.BigIntegerField(default=0)
    node_tx = models.BigIntegerField(default=0)
    customers_rx = models.BigIntegerField(default=0)
    customers_tx = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["-hour", "id"]
        constraints = [
            # Also the query of a server's hours.
            models.UniqueConstraint(fields=["server", "hour"], name="nodehour_server_hour_unique"),
        ]

    def __str__(self) -> str:
        return moment_in_name(self.hour)
