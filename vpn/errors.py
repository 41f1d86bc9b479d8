from __future__ import annotations

from nexusvpn.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated


class DeviceLimitReached(Conflict):
    code = "device_limit_reached"
    message = "Your plan has no room for another device. Remove one first."


class DeviceNameTaken(Conflict):
    code = "device_name_taken"
    message = "You have a device with this name already."


class PublicKeyInUse(Conflict):
    code = "public_key_in_use"
    message = "This public key is in use already. Make a new key pair."


class InvalidPublicKey(InvalidInput):
    code = "invalid_public_key"
    message = "A WireGuard public key is 32 bytes in base64: 44 characters, the last one “=”."


class UnknownLocation(InvalidInput):
    code = "unknown_location"
    message = "This location does not exist."


class PremiumLocation(NotAllowed):
    code = "premium_location"
    message = "This location belongs to a plan with premium locations."


class LocationUnavailable(Conflict):
    code = "location_unavailable"
    message = "No server of this location is online. Choose another one or try again later."


class LocationFull(Conflict):
    code = "location_full"
    message = "This location has no address left. Choose another one."


class DeviceSuspended(Conflict):
    code = "device_suspended"
    message = "This device is suspended and cannot be placed anywhere now."


class PortNotOffered(Conflict):
    code = "port_not_offered"
    message = "The server does not listen on this port."


class SplitTooLarge(InvalidInput):
    code = "split_too_large"
    message = "The split names more networks than a client can take. Name fewer or larger ones."


class SplitNeedsAddress(Conflict):
    code = "split_needs_address"
    message = (
        "This server has a host name, and with a split that may hold its address the kill switch would cut it off."
    )


class InvalidEnrolmentToken(NotAuthenticated):
    code = "invalid_enrolment_token"
    message = "The enrolment token is wrong, used or expired."


class InvalidNodeCredential(NotAuthenticated):
    code = "invalid_node_credential"
    message = "The node credential is unknown or revoked."


class NodeKeyChangeRefused(Conflict):
    code = "node_key_change_refused"
    message = "This server is enrolled with another WireGuard key; staff must accept the change."


class ResyncRequired(Conflict):
    code = "resync_required"
    message = "Take a snapshot."
