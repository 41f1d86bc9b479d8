from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vpn.models.servers import Location
from vpn.querysets import DeviceQuerySet


class VpnConfig(models.Model):
    """A customer's device. It is live until `revoked_at`; the row stays, for its usage and as proof of its removal.

    `blocked` is the answer of the admission (`vpn.services.admission`) to "may this device have tunnels now?", computed from the account,
    its plan, its usage and the two fields below, and never set by anybody else.
    """

    class SuspendedBy(models.TextChoices):
        NOBODY = "", _("Nobody")
        CUSTOMER = "customer", _("The customer")
        STAFF = "staff", _("Staff")
        # Each for reasons of their own: it is off until both have resumed it.
        BOTH = "both", _("Staff and the customer")

    class Blocked(models.TextChoices):
        NOT = "", _("Not blocked")
        ACCOUNT = "account", _("The account is suspended")
        SUSPENDED = "suspended", _("The device is suspended")
        EXPIRED = "expired", _("The device has expired")
        OVER_QUOTA = "over_quota", _("The month's data is used up")
        PLAN_LIMIT = "plan_limit", _("More devices than the plan has")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="devices", db_index=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="devices", db_index=False)
    name = models.CharField(max_length=64)
    public_key = models.CharField(max_length=44)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When the last node that held the device confirmed that it is gone.
    removal_confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, help_text=_("Empty: never."))
    suspended_by = models.CharField(max_length=8, choices=SuspendedBy.choices, default=SuspendedBy.NOBODY, blank=True)
    # Since when its owner wants it to stay before others where the plan has room for fewer.
    kept_at = models.DateTimeField(null=True, blank=True, editable=False)
    blocked = models.CharField(max_length=10, choices=Blocked.choices, default=Blocked.NOT, blank=True, editable=False)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = _("device")
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                "user", Lower("name"), condition=models.Q(revoked_at__isnull=True), name="device_name_unique"
            ),
            models.UniqueConstraint(
                fields=["public_key"], condition=models.Q(revoked_at__isnull=True), name="device_key_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(removal_confirmed_at__isnull=True) | models.Q(revoked_at__isnull=False),
                name="device_confirmed_is_revoked",
            ),
        ]
        indexes = [
            # "My devices", newest first; also the count for the plan's limit.
            models.Index(fields=["user", "-created_at", "id"], name="device_user_newest_idx"),
            # Staff's list of all.
            models.Index(fields=["-created_at", "id"], name="device_newest_idx"),
            # What a person sees of removals: those that some node has not confirmed, and those that the last one confirmed within a day.
            models.Index(
                fields=["user", "removal_confirmed_at"],
                condition=models.Q(revoked_at__isnull=False),
                name="device_removed_idx",
            ),
            # "Which devices are in this location?": staff's filter, and PROTECT when a location is deleted.
            models.Index(fields=["location"], name="device_location_idx"),
            # The job that finds devices whose time has come.
            models.Index(
                fields=["expires_at"],
                condition=models.Q(revoked_at__isnull=True, expires_at__isnull=False),
                name="device_expiry_idx",
            ),
            # "Whose key is this?": staff's search, also among revoked devices.
            models.Index(fields=["public_key"], name="device_public_key_idx"),
        ]

    def __str__(self) -> str:
        return self.name
