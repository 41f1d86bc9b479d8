"""The configuration that a customer's client needs."""

from __future__ import annotations

from uuid import UUID

from accounts.models import User
from vpn.errors import LocationUnavailable
from vpn.services.places import place_for
from vpn.wireguard.config import ClientConfig, ClientInterface, ServerPeer, render_client_config


def client_config(*, user: User, device_id: UUID, private_key: str | None = None) -> str:
    """The wg-quick file of one of the person's devices; without the private key a placeholder line stands in its place.

    Raises NotFound, and whatever `place_for` does.
    """
    place = place_for(user=user, device_id=device_id)
    server = place.server
    if server.public_key is None:
        # Its node is being enrolled anew; a file without the server's key would connect to nothing.
        raise LocationUnavailable
    return render_client_config(
        ClientConfig(
            interface=ClientInterface(
                private_key=private_key,
                addresses=(f"{place.ipv4}/32", f"{place.ipv6}/128"),
                dns=tuple(server.dns),
                mtu=server.mtu,
            ),
            peer=ServerPeer(
                public_key=server.public_key,
                endpoint_host=server.public_endpoint,
                endpoint_port=server.port,
                preshared_key=place.preshared_key,
            ),
        )
    )
