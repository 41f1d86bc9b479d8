"""A customer's devices: adding, renaming, removing."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.services.verification import check_verified
from billing.entitlements import Entitlement, entitlement_for
from nexusvpn.audit import record_act
from nexusvpn.db import columns_of, planned_once, read_models
from nexusvpn.texts import one_line
from vpn.errors import (
    DeviceLimitReached,
    DeviceNameTaken,
    InvalidPublicKey,
    PublicKeyInUse,
)
from vpn.locks import lock_customer, lock_device
from vpn.models import IpAssignment, Location, Peer, VpnConfig
from vpn.services.addresses import release_address
from vpn.services.admission import admit_customer
from vpn.services.placement import location_for, place
from vpn.services.quota import Meter, MeterOutdated, settle_meter
from vpn.wireguard.public_keys import InvalidKey, validate_public_key


def check_can_add_device(user: User, entitlement: Entitlement) -> None:
    """Raises DeviceLimitReached, or EmailUnverified for a second device. Binding only while the customer's row is locked."""
    _check_count(user, VpnConfig.objects.live().filter(user=user).count(), entitlement)


def _check_count(user: User, devices: int, entitlement: Entitlement) -> None:
    if devices >= entitlement.device_limit:
        raise DeviceLimitReached
    if devices:
        check_verified(user)


def check_key_is_well_formed(public_key: str) -> None:
    """Raises InvalidPublicKey."""
    try:
        validate_public_key(public_key)
    except InvalidKey:
        raise InvalidPublicKey(fields={"public_key": [InvalidPublicKey.message]}) from None


def check_key_is_free(public_key: str) -> None:
    """Raises PublicKeyInUse while any server may still hold the key: for a live device, or for a removed one not yet confirmed."""
    if Peer.objects.filter(public_key=public_key).exists():
        raise _key_in_use()


def _key_in_use() -> PublicKeyInUse:
    return PublicKeyInUse(fields={"public_key": [PublicKeyInUse.message]})


# What a creation has to know besides the plan, in one statement; written out, since the ORM would write it anew each time. The first
# column is the device that this very request has made before: its answer was lost and the client asks again.
_FACTS = """
SELECT (SELECT d.id FROM vpn_vpnconfig d JOIN vpn_location l ON l.id = d.location_id
        WHERE d.user_id = %(user)s AND d.public_key = %(key)s AND d.revoked_at IS NULL AND d.name = %(name)s AND l.slug = %(location)s),
       (SELECT count(*) FROM vpn_vpnconfig WHERE user_id = %(user)s AND revoked_at IS NULL),
       EXISTS (SELECT FROM vpn_peer WHERE public_key = %(key)s),
       m.period_start, m.resets_at, m.quota_bytes, m.used_bytes
FROM (SELECT) AS nothing LEFT JOIN vpn_quotameter m ON m.user_id = %(user)s
"""


_INSERT = f"""
INSERT INTO vpn_vpnconfig (id, user_id, location_id, name, public_key, created_at, suspended_by, blocked)
VALUES (%(id)s, %(user)s, %(location)s, %(name)s, %(key)s, %(created_at)s, '', %(blocked)s)
RETURNING {columns_of(VpnConfig)}
"""  # noqa: S608  (the model's own columns)


class _Facts(NamedTuple):
    repeated: UUID | None
    devices: int
    key_is_held: bool
    meter: Meter


def add_device(*, user: User, name: str, location_slug: str, public_key: str) -> VpnConfig:
    """Make a device with its addresses and tell its server, in one durable transaction. Safe to repeat.

    Raises InvalidPublicKey, UnknownLocation, PremiumLocation, DeviceLimitReached, DeviceNameTaken, PublicKeyInUse,
    LocationUnavailable, LocationFull, or InvalidInput for a name of more than a line; then nothing was written.
    """
    name = one_line(name, "name")
    check_key_is_well_formed(public_key)
    try:
        try:
            return _add_device(user, name, location_slug, public_key)
        except MeterOutdated:
            settle_meter(user.pk)
            return _add_device(user, name, location_slug, public_key, settled=True)
    except IntegrityError as error:
        raise conflict_of(error) from None


def _add_device(user: User, name: str, location_slug: str, public_key: str, *, settled: bool = False) -> VpnConfig:
    """Raises MeterOutdated when the person's meter has to be settled first, in a transaction of its own, unless it has been."""
    # The customer's lock closes the race of two creations for the last slot of the plan.
    with transaction.atomic(durable=True):
        lock_customer(user.pk, active=True)
        facts = _facts(user, name, location_slug, public_key)
        if facts.repeated is not None:
            return VpnConfig.objects.get(pk=facts.repeated)
        entitlement = entitlement_for(user)
        _check_count(user, facts.devices, entitlement)
        location = location_for(entitlement, location_slug)
        if facts.key_is_held:
            raise _key_in_use()
        if not settled:
            facts.meter.check_is_of(entitlement)
        # A person without data left may add a device; it gets its tunnel with the next period.
        blocked = VpnConfig.Blocked.OVER_QUOTA if facts.meter.is_used_up else VpnConfig.Blocked.NOT
        device = _insert(user, location, name, public_key, blocked)
        place(device, location, wanted=not blocked)
    return device


def _facts(user: User, name: str, location_slug: str, public_key: str) -> _Facts:
    with planned_once() as cursor:
        cursor.execute(_FACTS, {"user": user.pk, "key": public_key, "name": name, "location": location_slug})
        repeated, devices, key_is_held, *meter = cursor.fetchone()
    return _Facts(repeated, devices, key_is_held, Meter(*meter))


def _insert(user: User, location: Location, name: str, public_key: str, blocked: VpnConfig.Blocked) -> VpnConfig:
    values = {
        "id": uuid4(),
        "user": user.pk,
        "location": location.pk,
        "name": name,
        "key": public_key,
        "created_at": timezone.now(),
        "blocked": str(blocked),
    }
    return read_models(VpnConfig, _INSERT, values)[0]


def conflict_of(error: IntegrityError) -> Exception:
    """The refusal that a violated constraint stands for; any other violation is a fault of ours and stays one."""
    text = str(error)
    if "device_name_unique" in text:
        return DeviceNameTaken(fields={"name": [DeviceNameTaken.message]})
    if "device_key_unique" in text:
        return _key_in_use()
    return error


def rename_device(*, user: User, device_id: UUID, name: str) -> VpnConfig:
    """Raises NotFound, DeviceNameTaken, or InvalidInput for a name of more than a line."""
    name = one_line(name, "name")
    try:
        # The device's lock closes the race with its removal.
        with transaction.atomic(durable=True):
            device = lock_device(user.pk, device_id)
            device.name = name
            device.save(update_fields=["name"])
    except IntegrityError as error:
        raise conflict_of(error) from None
    return device


def remove_device(*, user: User, device_id: UUID, staff: User | None = None) -> None:
    """Take a device off every server and give its addresses back after their quarantine. Raises NotFound, also the second time.

    `staff` is who of them does it: that is in the audit log.
    """
    # The device's lock closes the race of two removals (the second finds it removed), the customer's that with an admission.
    with transaction.atomic(durable=True):
        lock_customer(user.pk)
        device = revoke(user.pk, device_id)
        if staff is not None:
            record_act("device_removed", actor=staff, person=user.pk, target=device)


def revoke(user_id: UUID, device_id: UUID) -> VpnConfig:
    """The same in a transaction that holds the customer. One device a transaction: servers are locked in the order of their ids."""
    device = lock_device(user_id, device_id)
    assignments = list(IpAssignment.objects.live().filter(device=device).order_by("server_id"))
    held = Peer.objects.filter(device=device).exists()
    device.revoked_at = timezone.now()
    # Nobody holds it: nobody has to confirm.
    device.removal_confirmed_at = None if held else device.revoked_at
    device.save(update_fields=["revoked_at", "removal_confirmed_at"])
    for assignment in assignments:
        release_address(assignment)
    # The slot may be another device's now.
    admit_customer(user_id, removed=device)
    return device
