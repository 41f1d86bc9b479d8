"""What nodes say of themselves, and the secrets by which they are known."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vpn.models.servers import Server
from vpn.node_notes import note_in_words


class NodeStatus(models.Model):
    """What a node last said of itself. A table of its own: reports must not wait for the row that creations lock."""

    server = models.OneToOneField(Server, primary_key=True, on_delete=models.CASCADE, related_name="status")
    applied_revision = models.BigIntegerField(default=0)
    applied_epoch = models.UUIDField(null=True)
    interface_epoch = models.CharField(max_length=128, blank=True)
    last_report_id = models.BigIntegerField(default=0)
    last_report_at = models.DateTimeField(null=True)
    lost_at = models.DateTimeField(
        null=True, help_text=_("When the node's connection broke off; empty as soon as it is heard of again.")
    )
    agent_version = models.CharField(max_length=32, blank=True)
    cpu_percent = models.FloatField(null=True)
    memory_percent = models.FloatField(null=True)
    peer_count = models.IntegerField(null=True)
    rx_bytes = models.BigIntegerField(null=True)
    tx_bytes = models.BigIntegerField(null=True)
    in_sync = models.BooleanField(
        null=True, help_text=_("Whether the interface's hash was the desired one, when last compared.")
    )

    offered_ports = ArrayField(
        models.PositiveIntegerField(), default=list, help_text=_("Extra UDP ports that the node really offers now.")
    )
    failed_keys = ArrayField(
        models.CharField(max_length=44), default=list, help_text=_("Peers that the node's interface does not take.")
    )
    egress_address = models.GenericIPAddressField(
        null=True,
        help_text=_("The node's own address, as its reports come from it: what the world sees of its customers."),
    )
    own_addresses = ArrayField(
        models.GenericIPAddressField(),
        default=list,
        help_text=_("The node's public addresses as it knows them, one a family: its customers may be seen at either."),
    )

    class Meta:
        verbose_name_plural = "node statuses"
        indexes = [
            # The job that looks for nodes that went silent.
            models.Index(fields=["last_report_at"], name="nodestatus_report_idx"),
        ]

    def __str__(self) -> str:
        return str(self.server)

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
        return note_in_words(self.code)


class NodeToken(models.Model):
    """A secret of a node, stored as its SHA-256: the one-time token that enrols it, or the credential it then works with."""

    class Kind(models.TextChoices):
        ENROLMENT = "enrolment", _("Enrolment token")
        CREDENTIAL = "credential", _("Credential")
        # Fetched by the node in a rotation; becomes the credential with its first use.
        NEXT = "next", _("Next credential")

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
            models.UniqueConstraint(
                fields=["server"],
                condition=models.Q(kind="next", revoked_at__isnull=True),
                name="nodetoken_one_next",
            ),
        ]
        indexes = [
            # Ending a server's tokens when it enrols again or is revoked.
            models.Index(fields=["server", "kind"], name="nodetoken_server_kind_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.server}"
