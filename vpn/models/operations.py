"""What happens to the fleet: outages that were measured, alerts to staff, incidents that staff write, emergency stops."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nexusvpn.moments import moment_in_name
from vpn.models.servers import Location, Server


class Outage(models.Model):
    """A time in which nothing was heard of a server that should have served. Found by the watch, ended by the node itself."""

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="outages", db_index=False)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["server"], condition=models.Q(ended_at__isnull=True), name="outage_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True) | models.Q(ended_at__gte=models.F("started_at")),
                name="outage_ends_after_start",
            ),
        ]
        indexes = [
            # The last 90 days of every server: the status page.
            models.Index(fields=["server", "-started_at"], name="outage_server_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.server}, {moment_in_name(self.started_at)}"


class Watch(models.Model):
    """A time in which the control plane looked after its nodes. The watch moves `watched_until` of the newest row as long as it runs.

    When it comes back after a pause it begins a new row: what nodes did in the gap before is not known, and nobody is blamed for it.
    """

    watched_from = models.DateTimeField()
    watched_until = models.DateTimeField()

    class Meta:
        verbose_name_plural = "watches"
        ordering = ["-watched_from"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(watched_until__gte=models.F("watched_from")), name="watch_forward"
            ),
        ]
        indexes = [
            # The present watch, and the last 90 days of them.
            models.Index(fields=["-watched_until"], name="watch_until_idx"),
        ]

    def __str__(self) -> str:
        return f"{moment_in_name(self.watched_from)} – {moment_in_name(self.watched_until)}"


class Alert(models.Model):
    """Something about a server that staff must know, told by mail once when it begins and once when it ends."""

    class Kind(models.TextChoices):
        SILENT = "silent", _("The node is silent")
        DRIFT = "drift", _("The interface is not what it should be")
        USAGE_DRIFT = "usage_drift", _("Customers' usage is not what the node carried")
        FULL = "full", _("The server fills up")
        FAILED_PEERS = "failed_peers", _("The node cannot hold some peers")

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="alerts", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    detail = models.CharField(max_length=300, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["server", "kind"], condition=models.Q(closed_at__isnull=True), name="alert_one_open"
            ),
        ]
        indexes = [
            # A server's latest alerts, in the admin.
            models.Index(fields=["server", "-opened_at"], name="alert_server_idx"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class Incident(models.Model):
    """What staff tell the public about trouble. Shown on the status page from its start on."""

    class Impact(models.TextChoices):
        DEGRADED = "degraded", _("Degraded")
        DOWN = "down", _("Down")
        MAINTENANCE = "maintenance", _("Maintenance")

    title = models.CharField(max_length=120)
    impact = models.CharField(max_length=11, choices=Impact.choices)
    locations = models.ManyToManyField(
        Location, blank=True, related_name="incidents", help_text=_("Empty: everywhere.")
    )
    started_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(resolved_at__isnull=True) | models.Q(resolved_at__gte=models.F("started_at")),
                name="incident_ends_after_start",
            ),
        ]
        indexes = [
            # The status page: open ones, and those of the last 90 days.
            models.Index(fields=["-started_at"], name="incident_started_idx"),
        ]

    def __str__(self) -> str:
        return self.title


class IncidentUpdate(models.Model):
    """One message about an incident; never edited."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="updates", db_index=False)
    written_at = models.DateTimeField(default=timezone.now)
    text = models.TextField(max_length=2000)

    class Meta:
        ordering = ["written_at", "id"]
        indexes = [
            # An incident's messages in order.
            models.Index(fields=["incident", "written_at"], name="incidentupdate_order_idx"),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class EmergencyStop(models.Model):
    """Every peer of a server, a location or the fleet taken off at once, by whom and why. Never deleted; ended by `ended_at`."""

    class Scope(models.TextChoices):
        SERVER = "server", _("One server")
        LOCATION = "location", _("One location")
        FLEET = "fleet", _("The whole fleet")

    scope = models.CharField(max_length=8, choices=Scope.choices)
    server = models.ForeignKey(Server, null=True, blank=True, on_delete=models.PROTECT, related_name="stops")
    location = models.ForeignKey(Location, null=True, blank=True, on_delete=models.PROTECT, related_name="stops")
    reason = models.CharField(max_length=200)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    started_at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scope="server", server__isnull=False, location__isnull=True)
                | models.Q(scope="location", server__isnull=True, location__isnull=False)
                | models.Q(scope="fleet", server__isnull=True, location__isnull=True),
                name="emergencystop_scope_fits",
            ),
            models.UniqueConstraint(
                fields=["scope", "server", "location"],
                condition=models.Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="emergencystop_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.server or self.location or self.get_scope_display()}: {self.reason}"
