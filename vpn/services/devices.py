"""A customer's devices: adding, renaming, removing."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from billing.entitlements import Entitlement, entitlement_for
from vpn.errors import (
    DeviceLimitReached,
    DeviceNameTaken,
    InvalidPublicKey,
    LocationFull,
    PublicKeyInUse,
)
from vpn.locks import lock_customer, lock_device
from vpn.models import IpAssignment, Location, Peer, VpnConfig
from vpn.services.addresses import assign_address, release_address
from vpn.services.desired_state import wish_peer
from vpn.services.placement import location_for, servers_by_load
from vpn.wireguard.public_keys import InvalidKey, validate_public_key


def check_can_add_device(user: User, entitlement: Entitlement) -> None:
    """Raises DeviceLimitReached. Binding only while the customer's row is locked."""
    if VpnConfig.objects.live().filter(user=user).count() >= entitlement.device_limit:
        raise DeviceLimitReached


def check_key_is_free(public_key: str) -> None:
    """Raises PublicKeyInUse while any server may still hold the key: for a live device, or for a removed one not yet confirmed."""
    if Peer.objects.filter(public_key=public_key).exists():
        raise PublicKeyInUse(fields={"public_key": [PublicKeyInUse.message]})


def add_device(*, user: User, name: str, location_slug: str, public_key: str) -> VpnConfig:
    """Make a device with its addresses and tell its server, in one durable transaction. Safe to repeat.

    Raises InvalidPublicKey, UnknownLocation, PremiumLocation, DeviceLimitReached, DeviceNameTaken, PublicKeyInUse,
    LocationUnavailable or LocationFull; then nothing was written.
    """
    try:
        validate_public_key(public_key)
    except InvalidKey:
        raise InvalidPublicKey(fields={"public_key": [InvalidPublicKey.message]}) from None
    try:
        # The customer's lock closes the race of two creations for the last slot of the plan.
        with transaction.atomic(durable=True):
            lock_customer(user.pk, active=True)
            repeated = _already_made(user, name, location_slug, public_key)
            if repeated is not None:
                return repeated
            entitlement = entitlement_for(user)
            check_can_add_device(user, entitlement)
            location = location_for(entitlement, location_slug)
            check_key_is_free(public_key)
            device = VpnConfig.objects.create(user=user, location=location, name=name, public_key=public_key)
            _place(device, location)
    except IntegrityError as error:
        raise _conflict(error) from None
    return device


def _already_made(user: User, name: str, location_slug: str, public_key: str) -> VpnConfig | None:
    """The device that this very request has made before: its answer was lost and the client asks again."""
    return (
        VpnConfig.objects.live()
        .filter(user=user, public_key=public_key, name=name, location__slug=location_slug)
        .first()
    )


def _place(device: VpnConfig, location: Location) -> None:
    """Give the device addresses on the least loaded server that has some, and wish its key there."""
    for server in servers_by_load(location):
        assignment = assign_address(device=device, server=server)
        if assignment is not None:
            wish_peer(assignment=assignment, public_key=device.public_key, wanted=True)
            return
    raise LocationFull


def _conflict(error: IntegrityError) -> Exception:
    """The refusal that a violated constraint stands for; any other violation is a fault of ours and stays one."""
    text = str(error)
    if "device_name_unique" in text:
        return DeviceNameTaken(fields={"name": [DeviceNameTaken.message]})
    if "device_key_unique" in text:
        return PublicKeyInUse(fields={"public_key": [PublicKeyInUse.message]})
    return error


def rename_device(*, user: User, device_id: UUID, name: str) -> VpnConfig:
    """Raises NotFound or DeviceNameTaken."""
    try:
        # The device's lock closes the race with its removal.
        with transaction.atomic(durable=True):
            device = lock_device(user.pk, device_id)
            device.name = name
            device.save(update_fields=["name"])
    except IntegrityError as error:
        raise _conflict(error) from None
    return device


def remove_device(*, user: User, device_id: UUID) -> None:
    """Take a device off every server and give its addresses back after their quarantine. Raises NotFound, also the second time."""
    # The device's lock closes the race of two removals (the second finds it removed), the customer's that with a reinstatement.
    with transaction.atomic(durable=True):
        lock_customer(user.pk)
        device = lock_device(user.pk, device_id)
        device.revoked_at = timezone.now()
        device.save(update_fields=["revoked_at"])
        for assignment in IpAssignment.objects.live().filter(device=device).order_by("server_id"):
            release_address(assignment)
            wish_peer(assignment=assignment, public_key=device.public_key, wanted=False)


def admit_devices(*, user_id: UUID, admitted: bool) -> None:
    """Take all devices of a person off their servers, or put them back with the same addresses. Call inside a transaction."""
    lock_customer(user_id)
    live = IpAssignment.objects.live().filter(user_id=user_id).select_related("device")
    for assignment in live.order_by("server_id", "id"):
        wish_peer(assignment=assignment, public_key=assignment.device.public_key, wanted=admitted)
