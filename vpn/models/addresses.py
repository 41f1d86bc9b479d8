"""Which addresses a device has on a server, which are free, and what the server's interface should hold."""

from __future__ import annotations

from ipaddress import ip_network

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vpn.models.devices import VpnConfig
from vpn.models.servers import Location, Server
from vpn.querysets import AssignmentQuerySet


class IpAssignment(models.Model):
    """A device's IPv4 and IPv6 address on one server; live until `released_at`.

    A device has at most one *current* assignment in a location. When it is placed on another server there, the former one is
    `superseded_at`: it serves on until the customer has moved.
    """

    class Blocked(models.TextChoices):
        NOT = "", _("Not blocked")
        PREMIUM = "premium", _("The plan has no premium locations")

    device = models.ForeignKey(VpnConfig, on_delete=models.CASCADE, related_name="assignments", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    server = models.ForeignKey(Server, on_delete=models.PROTECT, related_name="assignments", db_index=False)
    location = models.ForeignKey(
        Location,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text=_("The location of its server."),
    )
    host = models.PositiveIntegerField(help_text=_("Host number within both networks of the server."))
    ipv4 = models.GenericIPAddressField(protocol="IPv4")
    ipv6 = models.GenericIPAddressField(protocol="IPv6")
    # Encrypted (nexusvpn.encryption), bound to this row's device and server; empty: none.
    preshared_key = models.BinaryField(null=True, editable=False)
    blocked = models.CharField(max_length=8, choices=Blocked.choices, default=Blocked.NOT, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    superseded_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When its owner was told that the server goes out of service.
    told_at = models.DateTimeField(null=True, blank=True, editable=False)
    released_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["server", "host"], condition=models.Q(released_at__isnull=True), name="assignment_host_unique"
            ),
            models.UniqueConstraint(
                fields=["server", "ipv4"], condition=models.Q(released_at__isnull=True), name="assignment_ipv4_unique"
            ),
            models.UniqueConstraint(
                fields=["server", "ipv6"], condition=models.Q(released_at__isnull=True), name="assignment_ipv6_unique"
            ),
            models.UniqueConstraint(
                fields=["device", "server"],
                condition=models.Q(released_at__isnull=True),
                name="assignment_one_a_server",
            ),
            models.UniqueConstraint(
                fields=["device", "location"],
                condition=models.Q(released_at__isnull=True, superseded_at__isnull=True),
                name="assignment_current_unique",
            ),
        ]
        indexes = [
            # "Which addresses has this person?": staff's customer page, and the account's deletion.
            models.Index(fields=["user"], name="assignment_user_idx"),
            # "Who is on this server?": staff's list and the placement's count.
            models.Index(fields=["server", "released_at"], name="assignment_server_idx"),
            # A device with its addresses: every list and configuration.
            models.Index(fields=["device", "released_at"], name="assignment_device_idx"),
            # The job that releases what customers have moved away from.
            models.Index(
                fields=["superseded_at"],
                condition=models.Q(released_at__isnull=True, superseded_at__isnull=False),
                name="assignment_superseded_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ipv4}, {self.ipv6}"


class FreeAddress(models.Model):
    """A host number of a server that may be taken from `available_at` on (later than now: in quarantine).

    Rows are put here in blocks, as they are needed, so that a /12 costs nothing until it is used.
    """

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="free_addresses", db_index=False)
    host = models.PositiveIntegerField()
    available_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "free addresses"
        constraints = [
            models.UniqueConstraint(fields=["server", "host"], name="freeaddress_host_unique"),
        ]
        indexes = [
            # The next address to give: the one that is free the longest.
            models.Index(fields=["server", "available_at", "host"], name="freeaddress_next_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.ipv4}, {self.ipv6}"

    @property
    def ipv4(self) -> str:
        return str(ip_network(str(self.server.network_v4))[self.host])

    @property
    def ipv6(self) -> str:
        return str(ip_network(str(self.server.network_v6))[self.host])


class Peer(models.Model):
    """The last wish for one key on one server's interface: there, or gone. A gone one stays until the node has confirmed it.

    One with a negative revision is *left behind*: gone, but a former machine of the server may hold the key, and the present one cannot
    know. No node is asked for it and no report confirms it, only staff's word.
    """

    class Connection(models.TextChoices):
        NEVER = "never", _("Never used")
        IDLE = "idle", _("Idle")
        ONLINE = "online", _("Online")

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="peers", db_index=False)
    # PROTECT: while a node may still hold the key, the row that says so cannot vanish with an account.
    device = models.ForeignKey(VpnConfig, on_delete=models.PROTECT, related_name="peers", db_index=False)
    assignment = models.ForeignKey(IpAssignment, on_delete=models.PROTECT, related_name="peers", db_index=False)
    public_key = models.CharField(max_length=44)
    wanted = models.BooleanField(default=True)
    revision = models.BigIntegerField()
    connection = models.CharField(max_length=6, choices=Connection.choices, default=Connection.NEVER)
    # The device's former key while a key rotation is under way: the node lets go of it once this one is in use.
    takes_over = models.CharField(max_length=44, null=True, blank=True)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["server", "public_key"], name="peer_key_unique"),
            # Also what a node asks for: everything of its server after a revision, in order.
            models.UniqueConstraint(fields=["server", "revision"], name="peer_revision_unique"),
        ]
        indexes = [
            # A device's state on its servers: every list of devices.
            models.Index(fields=["device"], name="peer_device_idx"),
            # Whether an assignment is still in use: its deletion asks (PROTECT).
            models.Index(fields=["assignment"], name="peer_assignment_idx"),
            # The job that ends rotations whose grace is over.
            models.Index(fields=["changed_at"], condition=models.Q(takes_over__isnull=False), name="peer_handover_idx"),
            # "Is this key still on some interface?", asked before a key may be used again.
            models.Index(fields=["public_key"], name="peer_public_key_idx"),
        ]

    def __str__(self) -> str:
        return self.public_key
