"""Where the service is: locations, their servers, and the nodes that serve them."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from vpn.models.networks import CidrField
from vpn.validators import validate_host, validate_server_networks


class Location(models.Model):
    """A place that customers choose. Where it is and what it costs is entered by staff; whether it works is measured."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    city = models.CharField(max_length=80)
    country_code = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2, for example NL.")
    latitude = models.FloatField(validators=[MinValueValidator(-90), MaxValueValidator(90)])
    longitude = models.FloatField(validators=[MinValueValidator(-180), MaxValueValidator(180)])
    premium = models.BooleanField(default=False, help_text="Only for plans with premium locations.")
    is_active = models.BooleanField(default=True, help_text="Shown to customers.")

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


def default_dns() -> list[str]:
    """Quad9's resolvers, over both families; nodes run none of their own."""
    return ["9.9.9.9", "2620:fe::fe"]


class Server(models.Model):
    """One WireGuard interface of one node, as it should be. What it is, is in `NodeStatus`.

    `revision` counts the changes of its peers. It is taken and written in the transaction of each change, which keeps this row
    locked until its commit: revisions of one server are gap-free and in commit order.
    """

    class State(models.TextChoices):
        ENROLLING = "enrolling", "Enrolling"
        ONLINE = "online", "Online"
        DRAINING = "draining", "Draining"
        OFFLINE = "offline", "Offline"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="servers")
    name = models.SlugField(max_length=40, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ENROLLING)
    public_endpoint = models.CharField(
        max_length=253, validators=[validate_host], help_text="Host name or address that customers connect to."
    )
    port = models.PositiveIntegerField(
        default=51820, validators=[MinValueValidator(1), MaxValueValidator(65535)], help_text="UDP port."
    )
    network_v4 = CidrField(
        "IPv4 network", help_text="Customers' IPv4 network, from /12 to /29; the first address is the server's."
    )
    network_v6 = CidrField(
        "IPv6 network", help_text="Customers' IPv6 network, with room for as many addresses as the IPv4 one."
    )
    dns = ArrayField(
        models.GenericIPAddressField(),
        verbose_name="DNS",
        default=default_dns,
        help_text="Resolvers for customers, reached through the tunnel.",
    )
    mtu = models.PositiveIntegerField(
        "MTU", default=1420, validators=[MinValueValidator(1280), MaxValueValidator(9000)]
    )
    capacity = models.PositiveIntegerField(default=250, help_text="Peers that this server is meant to carry.")
    public_key = models.CharField(max_length=44, null=True, blank=True, editable=False)
    revision = models.BigIntegerField(default=0, editable=False)
    epoch = models.UUIDField(default=uuid.uuid4, editable=False)
    next_host = models.PositiveIntegerField(
        default=2, editable=False, help_text="The first host number of network_v4 that has never been offered."
    )
    mass_removal_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["public_key"], condition=models.Q(public_key__isnull=False), name="server_public_key_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(state="enrolling") | models.Q(public_key__isnull=False),
                name="server_enrolled_has_key",
            ),
        ]
        indexes = [
            # Placement: the servers of a location that take peers.
            models.Index(fields=["location", "state"], name="server_location_state_idx"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        validate_server_networks(self.network_v4, self.network_v6)


class NodeStatus(models.Model):
    """What a node last said of itself. A table of its own: reports must not wait for the row that creations lock."""

    server = models.OneToOneField(Server, primary_key=True, on_delete=models.CASCADE, related_name="status")
    applied_revision = models.BigIntegerField(default=0)
    applied_epoch = models.UUIDField(null=True)
    interface_epoch = models.CharField(max_length=128, blank=True)
    last_report_id = models.BigIntegerField(default=0)
    last_report_at = models.DateTimeField(null=True)
    agent_version = models.CharField(max_length=32, blank=True)
    cpu_percent = models.FloatField(null=True)
    memory_percent = models.FloatField(null=True)
    peer_count = models.IntegerField(null=True)
    rx_bytes = models.BigIntegerField(null=True)
    tx_bytes = models.BigIntegerField(null=True)
    in_sync = models.BooleanField(
        null=True, help_text="Whether the interface's hash was the desired one, when last compared."
    )

    class Meta:
        verbose_name_plural = "node statuses"
        indexes = [
            # The job that looks for nodes that went silent.
            models.Index(fields=["last_report_at"], name="nodestatus_report_idx"),
        ]

    def __str__(self) -> str:
        return f"Status of {self.server_id}"

    def applied(self, server_epoch: uuid.UUID, revision: int) -> bool:
        return self.applied_epoch == server_epoch and self.applied_revision >= revision


class NodeNote(models.Model):
    """Something a node wants staff to know: a foreign peer removed, a mass removal refused, …"""

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="notes", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)
    code = models.CharField(max_length=40)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            # A server's latest notes, in the admin.
            models.Index(fields=["server", "-created_at"], name="nodenote_server_idx"),
        ]

    def __str__(self) -> str:
        return self.code


class NodeToken(models.Model):
    """A secret of a node, stored as its SHA-256: the one-time token that enrols it, or the credential it then works with."""

    class Kind(models.TextChoices):
        ENROLMENT = "enrolment", "Enrolment token"
        CREDENTIAL = "credential", "Credential"

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="tokens", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True)
    # The key that an enrolment token was used with: only the same node may repeat it.
    used_by_key = models.CharField(max_length=44, blank=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            # A node has one working credential: a new one ends the former.
            models.UniqueConstraint(
                fields=["server"],
                condition=models.Q(kind="credential", revoked_at__isnull=True),
                name="nodetoken_one_credential",
            ),
        ]
        indexes = [
            # Ending a server's tokens when it enrols again or is revoked.
            models.Index(fields=["server", "kind"], name="nodetoken_server_kind_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.server_id}"
