from __future__ import annotations

from nexusvpn.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated
from nexusvpn.languages import lazy as _


class DeviceLimitReached(Conflict):
    code = "device_limit_reached"
    message = _("Your plan has no room for another device. Remove one first.")


class DeviceNameTaken(Conflict):
    code = "device_name_taken"
    message = _("You have a device with this name already.")


class PublicKeyInUse(Conflict):
    code = "public_key_in_use"
    message = _("This public key is in use already. Make a new key pair.")


class InvalidPublicKey(InvalidInput):
    code = "invalid_public_key"
    message = _("A WireGuard public key is 32 bytes in base64: 44 characters, the last one “=”.")


class UnknownLocation(InvalidInput):
    code = "unknown_location"
    message = _("This location does not exist.")


class PremiumLocation(NotAllowed):
    code = "premium_location"
    message = _("This location belongs to a plan with premium locations.")


class LocationUnavailable(Conflict):
    code = "location_unavailable"
    message = _("No server of this location takes new devices now. Choose another one or try again later.")


class LocationFull(Conflict):
    code = "location_full"
    message = _("This location has no address left. Choose another one.")


class DeviceSuspended(Conflict):
    code = "device_suspended"
    message = _("This device is suspended and cannot be placed anywhere now.")


class PortNotOffered(Conflict):
    code = "port_not_offered"
    message = _("The server does not listen on this port.")


class SplitTooLarge(InvalidInput):
    code = "split_too_large"
    message = _("The split names more networks than a client can take. Name fewer or larger ones.")


class SplitNeedsAddress(Conflict):
    code = "split_needs_address"
    message = _(
        "This server has a host name, and with a split that may hold its address the kill switch would cut it off."
    )


class InvalidEnrolmentToken(NotAuthenticated):
    code = "invalid_enrolment_token"
    message = _("The enrolment token is wrong, used or expired.")


class InvalidNodeCredential(NotAuthenticated):
    code = "invalid_node_credential"
    message = _("The node credential is unknown or revoked.")


class NodeKeyChangeRefused(Conflict):
    code = "node_key_change_refused"
    message = _("This server is enrolled with another WireGuard key; staff must accept the change.")


class ResyncRequired(Conflict):
    code = "resync_required"
    message = _("Take a snapshot.")
