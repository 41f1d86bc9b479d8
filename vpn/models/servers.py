"""Where the service is: locations and their servers, as they should be. What nodes say of themselves is in `nodes`."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vpn.models.networks import CidrField
from vpn.validators import validate_host, validate_server_networks


class Location(models.Model):
    """A place that customers choose. Where it is and what it costs is entered by staff; whether it works is measured."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    city = models.CharField(max_length=80)
    country_code = models.CharField(max_length=2, help_text=_("ISO 3166-1 alpha-2, for example NL."))
    latitude = models.FloatField(validators=[MinValueValidator(-90), MaxValueValidator(90)])
    longitude = models.FloatField(validators=[MinValueValidator(-180), MaxValueValidator(180)])
    premium = models.BooleanField(default=False, help_text=_("Only for plans with premium locations."))
    is_active = models.BooleanField(default=True, help_text=_("Shown to customers."))

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
        ENROLLING = "enrolling", _("Enrolling")
        ONLINE = "online", _("Online")
        DRAINING = "draining", _("Draining")
        OFFLINE = "offline", _("Offline")
        DECOMMISSIONED = "decommissioned", _("Decommissioned")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="servers")
    name = models.SlugField(max_length=40, unique=True)
    state = models.CharField(max_length=14, choices=State.choices, default=State.ENROLLING)
    public_endpoint = models.CharField(
        max_length=253, validators=[validate_host], help_text=_("Host name or address that customers connect to.")
    )
    port = models.PositiveIntegerField(
        default=51820, validators=[MinValueValidator(1), MaxValueValidator(65535)], help_text=_("UDP port.")
    )
    extra_ports = ArrayField(
        models.PositiveIntegerField(validators=[MinValueValidator(1), MaxValueValidator(65535)]),
        default=list,
        blank=True,
        size=8,
        help_text=_(
            "Further UDP ports that lead to the same interface, for networks that let little through: 443, 53, 123."
        ),
    )
    network_v4 = CidrField(
        _("IPv4 network"), help_text=_("Customers' IPv4 network, from /12 to /29; the first address is the server's.")
    )
    network_v6 = CidrField(
        _("IPv6 network"), help_text=_("Customers' IPv6 network, with room for as many addresses as the IPv4 one.")
    )
    dns = ArrayField(
        models.GenericIPAddressField(),
        verbose_name=_("DNS"),
        default=default_dns,
        help_text=_("Resolvers for customers, reached through the tunnel."),
    )
    mtu = models.PositiveIntegerField(
        _("MTU"), default=1420, validators=[MinValueValidator(1280), MaxValueValidator(9000)]
    )
    capacity = models.PositiveIntegerField(default=250, help_text=_("Peers that this server is meant to carry."))
    public_key = models.CharField(max_length=44, null=True, blank=True, editable=False)
    revision = models.BigIntegerField(default=0, editable=False)
    epoch = models.UUIDField(default=uuid.uuid4, editable=False)
    next_host = models.PositiveIntegerField(
        default=2,
        editable=False,
        help_text=_("The first host number within both networks that has never been offered."),
    )
    # Set while an emergency stop covers the server: no peer is wished on it.
    stopped_at = models.DateTimeField(null=True, blank=True, editable=False)
    drain_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("When the devices that are still here are taken off.")
    )
    rotate_credential = models.BooleanField(
        default=False, editable=False, help_text=_("The node is asked to fetch a new credential.")
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
                condition=models.Q(state__in=("enrolling", "decommissioned")) | models.Q(public_key__isnull=False),
                name="server_enrolled_has_key",
            ),
        ]
        indexes = [
            # Placement: the servers of a location that take peers.
            models.Index(fields=["location", "state"], name="server_location_state_idx"),
            # The job that ends drains whose date has come.
            models.Index(
                fields=["drain_until"], condition=models.Q(drain_until__isnull=False), name="server_drain_until_idx"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        validate_server_networks(self.network_v4, self.network_v6)
        if self.port in self.extra_ports:
            raise ValidationError({"extra_ports": "The server's own port need not be repeated here."})
        if len(set(self.extra_ports)) < len(self.extra_ports):
            raise ValidationError({"extra_ports": "A port is here twice."})
