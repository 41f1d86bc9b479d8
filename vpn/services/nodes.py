"""Enrolment of nodes, and the end of their credentials."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from nexusvpn.audit import record_act
from nexusvpn.errors import Conflict
from vpn.errors import InvalidEnrolmentToken, InvalidPublicKey, NodeKeyChangeRefused
from vpn.installer.script import install_command
from vpn.locks import lock_server
from vpn.models import NodeStatus, NodeToken, Peer, Server
from vpn.services.desired_state import interface_of
from vpn.services.removals import note_removals
from vpn.services.stops import put_under_stops
from vpn.wireguard.public_keys import InvalidKey, validate_public_key

ENROLMENT_LIFETIME = timedelta(hours=1)
CREDENTIAL_PREFIX = "nvn_"
ENROLMENT_PREFIX = "nve_"


def hash_token(token: str) -> str:
    """SHA-256, hexadecimal; the tokens have 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def issue_enrolment_token(server: Server, *, by: User | None = None) -> str:
    """A one-time token with which a node may become this server within an hour; earlier ones end. Shown once.

    Raises Conflict (`server_state`) for a server that is out of service for good.
    """
    token = ENROLMENT_PREFIX + secrets.token_urlsafe(32)
    now = timezone.now()
    # The server's lock makes two issues at once leave one valid token.
    with transaction.atomic():
        if lock_server(server.pk).state == Server.State.DECOMMISSIONED:
            raise Conflict(_("This server is out of service for good. Bring it back first."), code="server_state")
        NodeToken.objects.filter(server=server, kind=NodeToken.Kind.ENROLMENT, revoked_at=None).update(revoked_at=now)
        NodeToken.objects.create(
            server=server,
            kind=NodeToken.Kind.ENROLMENT,
            token_hash=hash_token(token),
            expires_at=now + ENROLMENT_LIFETIME,
        )
        record_act("enrolment_token_issued", actor=by, target=server)
    return token


def accept_new_key(
    server: Server, *, public_key: str | None, old_machine_is_settled: bool, by: User | None = None
) -> None:
    """Staff accepts that the next enrolment brings another WireGuard key; customers need a new configuration then.

    `public_key` is the one that staff have seen. Raises Conflict (`another_server_key`) where the server has another one by now, or none.
    Unless staff say that the old machine is settled (the same one, wiped or off for good), removals that it has not confirmed stay
    unconfirmed whatever the new one reports. A drain ends with it, and its date: the server goes back into service with its node's first
    report.
    """
    # The server's lock closes the race with an enrolment, which brings a key that nobody has given up.
    with transaction.atomic():
        held = lock_server(server.pk).public_key
        if held is None or held != public_key:
            raise Conflict(
                _("The key of this server has changed meanwhile. Look whether a new one is still needed."),
                code="another_server_key",
            )
        if not old_machine_is_settled:
            Peer.objects.filter(server=server, wanted=False).update(revision=-F("pk"))
        Server.objects.filter(pk=server.pk).update(public_key=None, state=Server.State.ENROLLING, drain_until=None)
        record_act("new_server_key_accepted", actor=by, target=server)
        revoke_credential(server, by=by)


def settle_old_machine(server: Server, *, by: User | None = None) -> int:
    """Staff's word that no former machine of the server holds a key any more; returns how many removals that confirms.

    Raises Conflict (`nothing_left_behind`).
    """
    # The server's lock closes the race with a wish for one of the keys.
    with transaction.atomic(durable=True):
        lock_server(server.pk)
        left = Peer.objects.filter(left_behind(), server=server)
        devices = list(left.values_list("device_id", flat=True))
        if not devices:
            raise Conflict(_("No removal of a former machine is unconfirmed."), code="nothing_left_behind")
        left.delete()
        note_removals(devices)
        record_act("old_machine_settled", actor=by, target=server)
    return len(devices)


def left_behind() -> Q:
    """Removals that only a former machine of the server could confirm."""
    return Q(wanted=False, revision__lt=0)


def revoke_credential(server: Server, *, by: User | None = None) -> None:
    """The node's credential, and a next one, end at its next request; its tunnels go on until it is told otherwise.

    With them ends the enrolment token that the node has used, with which it could fetch another credential within the hour.
    """
    with transaction.atomic():
        # The lock closes the race with a new credential that is just being fetched or used for the first time.
        lock_server(server.pk)
        known = NodeToken.objects.filter(server=server, revoked_at=None)
        known.exclude(kind=NodeToken.Kind.ENROLMENT, used_by_key="").update(revoked_at=timezone.now())
        Server.objects.filter(pk=server.pk, rotate_credential=True).update(rotate_credential=False)
        record_act("node_credential_revoked", actor=by, target=server)


def enrol_node(*, token: str, public_key: str) -> dict[str, Any]:
    """Make the bearer of an enrolment token the node of its server; returns the answer of `POST node/enrol`.

    The same token with the same key may come again until it expires (a lost reply): it gets a new credential and the former one ends.
    Raises InvalidPublicKey, InvalidEnrolmentToken or NodeKeyChangeRefused.
    """
    try:
        validate_public_key(public_key)
    except InvalidKey:
        raise InvalidPublicKey(fields={"public_key": [InvalidPublicKey.message]}) from None
    try:
        # The server's lock closes the race of two nodes with one token.
        with transaction.atomic(durable=True):
            return _enrol(hash_token(token), public_key)
    except IntegrityError as error:
        if "server_public_key_unique" in str(error):
            raise NodeKeyChangeRefused("Another server has this WireGuard key.") from None
        raise


def _enrol(token_hash: str, public_key: str) -> dict[str, Any]:
    known = NodeToken.objects.filter(token_hash=token_hash, kind=NodeToken.Kind.ENROLMENT).first()
    if known is None:
        raise InvalidEnrolmentToken
    server = lock_server(known.server_id)
    # Read again under the lock: another enrolment may just have used it.
    known.refresh_from_db()
    expired = known.expires_at is None or known.expires_at < timezone.now()
    if expired or known.revoked_at is not None or known.used_by_key not in ("", public_key):
        raise InvalidEnrolmentToken
    if server.state == Server.State.DECOMMISSIONED:
        raise InvalidEnrolmentToken
    if server.public_key not in (None, public_key):
        raise NodeKeyChangeRefused
    known.used_by_key = public_key
    known.save(update_fields=["used_by_key"])
    server.public_key = public_key
    # A new epoch: whatever the node remembers of an earlier life, it begins with a snapshot.
    server.epoch = uuid4()
    # What it gets now is new enough.
    server.rotate_credential = False
    server.save(update_fields=["public_key", "epoch", "rotate_credential"])
    put_under_stops(server)
    NodeStatus.objects.get_or_create(server=server)
    return {
        "node_id": server.pk,
        "credential": _new_credential(server),
        "poll_url": settings.NODE_POLL_URL,
        "report_interval_s": settings.NODE_REPORT_INTERVAL_S,
        "interface": interface_of(server),
    }


def _new_credential(server: Server) -> str:
    former = NodeToken.objects.filter(server=server, revoked_at=None).exclude(kind=NodeToken.Kind.ENROLMENT)
    former.update(revoked_at=timezone.now())
    credential = CREDENTIAL_PREFIX + secrets.token_urlsafe(32)
    NodeToken.objects.create(server=server, kind=NodeToken.Kind.CREDENTIAL, token_hash=hash_token(credential))
    return credential


def enrolment_command(token: str) -> str:
    """The one command to paste on the machine that is to become the node; it installs the agent and enrols it."""
    return install_command(token)
