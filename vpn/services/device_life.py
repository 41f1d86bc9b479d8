"""What happens to a device between its making and its removal: a new key, a pause, an end date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from nexusvpn.audit import record_act
from nexusvpn.errors import Conflict, InvalidInput
from vpn.deferred import end_handovers_later, settle_later
from vpn.locks import lock_customer, lock_device, lock_server
from vpn.models import IpAssignment, Peer, VpnConfig
from vpn.services.admission import admit_customer
from vpn.services.devices import check_key_is_free, check_key_is_well_formed, conflict_of
from vpn.services.wishes import wish_peer

# A little longer than nodes keep a former key (120 s), so that the order to drop it finds it gone.
HANDOVER_GRACE = timedelta(seconds=125)


def rotate_key(*, user: User, device_id: UUID, public_key: str) -> VpnConfig:
    """Give a device another key, with the same addresses everywhere. Safe to repeat.

    Nodes keep the former key until the new one is in use, for two minutes at most; then it is dead. Raises NotFound, InvalidPublicKey or
    PublicKeyInUse.
    """
    check_key_is_well_formed(public_key)
    try:
        # The customer's lock closes the race with an admission, the device's that with its removal.
        with transaction.atomic(durable=True):
            lock_customer(user.pk, active=True)
            device = lock_device(user.pk, device_id)
            if device.public_key == public_key:
                return device
            check_key_is_free(public_key)
            former, device.public_key = device.public_key, public_key
            device.save(update_fields=["public_key"])
            for assignment in IpAssignment.objects.live().filter(device=device).order_by("server_id"):
                _hand_over(assignment, former, public_key)
            end_handovers_later(device.pk, at=timezone.now() + HANDOVER_GRACE)
    except IntegrityError as error:
        raise conflict_of(error) from None
    return device


def _hand_over(assignment: IpAssignment, former: str, public_key: str) -> None:
    """Wish the new key in the former one's place, and drop at once what an earlier rotation left."""
    held = Peer.objects.filter(assignment=assignment, wanted=True)
    keys = set(held.values_list("public_key", flat=True))
    if former not in keys:
        return  # blocked: nothing is wished here, and the new key will be when it is admitted
    # Before any of its peers: a report that writes down connections holds the server too.
    lock_server(assignment.server_id)
    for key in sorted(keys - {former}):
        wish_peer(assignment=assignment, public_key=key, wanted=False)
    held.filter(public_key=former).update(takes_over=None)
    wish_peer(assignment=assignment, public_key=public_key, wanted=True, takes_over=former)


def end_handovers(*, device_id: UUID) -> int:
    """Take a device's former keys off its servers: the new one is in use, or the grace is over. Returns how many. May be repeated."""
    with transaction.atomic(durable=True):
        device = VpnConfig.objects.filter(pk=device_id).first()
        if device is None:
            return 0
        lock_customer(device.user_id)
        ended = 0
        due = timezone.now() - HANDOVER_GRACE
        for peer in Peer.objects.filter(device_id=device_id, takes_over__isnull=False).order_by("server_id"):
            if peer.connection != Peer.Connection.ONLINE and peer.changed_at > due:
                continue
            lock_server(peer.server_id)
            Peer.objects.filter(pk=peer.pk).update(takes_over=None)
            former = Peer.objects.filter(
                server_id=peer.server_id, public_key=peer.takes_over, device_id=device_id, wanted=True
            )
            for old in former.select_related("assignment"):
                wish_peer(assignment=old.assignment, public_key=old.public_key, wanted=False)
                ended += 1
    return ended


def devices_with_open_handovers() -> list[UUID]:
    """Whose grace is over and whose former key is still there: what a lost job left undone."""
    due = Peer.objects.filter(takes_over__isnull=False, changed_at__lte=timezone.now() - HANDOVER_GRACE)
    return list(due.order_by("device_id").values_list("device_id", flat=True).distinct()[:1000])


def suspend_device(*, user: User, device_id: UUID, by: VpnConfig.SuspendedBy, staff: User | None = None) -> VpnConfig:
    """Take a device off every server; its addresses stay its own. It is off while its customer or staff (`by`) suspend it, or both.

    `staff` is who of them does it: that is in the audit log.

    Raises NotFound, or Conflict (`already_suspended`).
    """

    def suspend(now: frozenset[str]) -> frozenset[str]:
        if by in now:
            raise Conflict(_("This device is suspended already."), code="already_suspended")
        return now | {by}

    return _change_suspension(user, device_id, suspend, "device_suspended", staff)


def resume_device(*, user: User, device_id: UUID, by: VpnConfig.SuspendedBy, staff: User | None = None) -> VpnConfig:
    """Take back a suspension; with the last one the device gets its tunnels back, with the same addresses.

    Each takes back their own. Where only the customer has suspended it, staff may do so too, but never the other way round.
    Raises NotFound, or Conflict (`not_suspended`, `suspended_by_staff`).
    """

    def resume(now: frozenset[str]) -> frozenset[str]:
        if not now:
            raise Conflict(_("This device is not suspended."), code="not_suspended")
        if by in now:
            return now - {by}
        if by == VpnConfig.SuspendedBy.CUSTOMER:
            raise Conflict(_("Support has suspended this device. Write to support."), code="suspended_by_staff")
        return frozenset()

    return _change_suspension(user, device_id, resume, "device_resumed", staff)


_SUSPENDERS: dict[str, frozenset[str]] = {
    VpnConfig.SuspendedBy.NOBODY: frozenset(),
    VpnConfig.SuspendedBy.CUSTOMER: frozenset({VpnConfig.SuspendedBy.CUSTOMER}),
    VpnConfig.SuspendedBy.STAFF: frozenset({VpnConfig.SuspendedBy.STAFF}),
    VpnConfig.SuspendedBy.BOTH: frozenset({VpnConfig.SuspendedBy.CUSTOMER, VpnConfig.SuspendedBy.STAFF}),
}


def _change_suspension(
    user: User,
    device_id: UUID,
    change: Callable[[frozenset[str]], frozenset[str]],
    act: str,
    staff: User | None,
) -> VpnConfig:
    # The customer's lock closes the race with an admission, the device's that with its removal.
    with transaction.atomic(durable=True):
        lock_customer(user.pk)
        device = lock_device(user.pk, device_id)
        wanted = change(_SUSPENDERS[device.suspended_by])
        device.suspended_by = next(name for name, who in _SUSPENDERS.items() if who == wanted)
        device.save(update_fields=["suspended_by"])
        if staff is not None:
            record_act(act, actor=staff, person=user.pk, target=device)
        admit_customer(user.pk)
        device.refresh_from_db()
    return device


def check_expiry(expires_at: datetime | None) -> None:
    """Raises InvalidInput for a time that is over."""
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidInput(fields={"expires_at": [_("Choose a time that is still to come.")]})


def set_expiry(*, user: User, device_id: UUID, expires_at: datetime | None) -> VpnConfig:
    """Let a device end at a time, or never (None). Raises NotFound, or InvalidInput for a time that is over."""
    check_expiry(expires_at)
    # The customer's lock closes the race with an admission, the device's that with its removal.
    with transaction.atomic(durable=True):
        lock_customer(user.pk)
        device = lock_device(user.pk, device_id)
        device.expires_at = expires_at
        device.save(update_fields=["expires_at"])
        admit_customer(user.pk)
        if expires_at is not None:
            settle_later(user.pk, at=expires_at)
        device.refresh_from_db()
    return device


def people_with_expired_devices() -> list[UUID]:
    """Whose devices have expired and still have tunnels: what a lost job left undone."""
    due = VpnConfig.objects.live().filter(expires_at__lte=timezone.now()).exclude(blocked__in=_ENDED)
    return list(due.order_by("user_id").values_list("user_id", flat=True).distinct()[:1000])


# Reasons that come before expiry: nothing is left to do for these.
_ENDED = (VpnConfig.Blocked.EXPIRED, VpnConfig.Blocked.ACCOUNT, VpnConfig.Blocked.SUSPENDED)
