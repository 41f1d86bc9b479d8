"""How far somebody has come with their first device: derived from what there is, and stored nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from vpn.services.device_views import DeviceView
from vpn.services.usage import has_used_any

# States of a device that only waits for its owner to switch it on, or for its servers.
WAITING_STATES = ("never_used", "activating")
# What a node says of a key that has made a handshake.
USED_CONNECTIONS = ("online", "idle")


class Stage(StrEnum):
    """No device; none that was ever used; one was."""

    DEVICE = "device"
    CONNECT = "connect"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Welcome:
    """`device` is the newest one that waits for its first connection, at the stage of connecting."""

    stage: Stage
    device: DeviceView | None = None


def welcome_of(devices: Sequence[DeviceView]) -> Welcome:
    """`devices` are all live ones of a person, newest first. One query more, and only while none of them is known to be used."""
    if not devices:
        return Welcome(Stage.DEVICE)
    waiting = next((device for device in devices if device.state in WAITING_STATES), None)
    # A device that was suspended or moved begins again as one that was never heard of; what it has used tells.
    if waiting is None or any(map(has_connected, devices)) or has_used_any([device.id for device in devices]):
        return Welcome(Stage.DONE)
    return Welcome(Stage.CONNECT, waiting)


def has_connected(device: DeviceView) -> bool:
    """Whether a node has seen a handshake of its present key, also while another of its nodes is not heard."""
    return any(place.connection in USED_CONNECTIONS for place in device.places)
