"""WireGuard through the `wg` tool: works with the kernel module and with any userspace implementation."""

from collections.abc import Collection, Sequence
from typing import Final

from vpn.agent.backends.base import BackendError, DesiredPeer, DeviceState, InterfaceGone, PeerState
from vpn.agent.tools import ToolError, run_tool

_ZERO_KEY: Final = "A" * 43 + "="
_NOTHING: Final = ("(none)", "off", "")


def parse_dump(text: str) -> DeviceState:
    """Return the interface described by `wg show <if> dump`; raises BackendError if a line is not as documented."""
    lines = text.splitlines()
    try:
        private_key, _, listen_port, _ = lines[0].split("\t")
        peers = {}
        for line in lines[1:]:
            key, preshared, _, allowed_ips, handshake, rx, tx, _ = line.split("\t")
            peers[key] = PeerState(
                key,
                () if allowed_ips in _NOTHING else tuple(sorted(allowed_ips.split(","))),
                None if preshared in _NOTHING else preshared,
                int(rx),
                int(tx),
                int(handshake),
            )
        return DeviceState(None if private_key in _NOTHING else private_key, int(listen_port), peers)
    except (IndexError, ValueError):
        raise BackendError("the output of wg show cannot be understood") from None


def render_addconf(peers: Sequence[DesiredPeer]) -> str:
    """Return the text for `wg addconf`, which adds or updates these peers and touches no other."""
    lines = []
    for peer in peers:
        # An all-zero preshared key means none; leaving the line out would keep an old one.
        lines += [
            "[Peer]",
            f"PublicKey = {peer.public_key}",
            f"PresharedKey = {peer.preshared_key or _ZERO_KEY}",
        ]
        # A peer without this line has no allowed IPs afterwards, and an empty one is not understood.
        if peer.allowed_ips:
            lines.append(f"AllowedIPs = {', '.join(peer.allowed_ips)}")
    return "\n".join(lines) + "\n"


class WgToolBackend:
    """A `Backend` over the `wg` tool. Keys that are secret go by standard input only."""

    def __init__(self, interface: str) -> None:
        self._interface = interface

    def read(self) -> DeviceState:
        """Return the whole interface."""
        return parse_dump(self._wg("show", self._interface, "dump"))

    def read_peers(self, public_keys: Collection[str]) -> dict[str, PeerState]:
        """Return the named peers; the tool can only list all of them."""
        peers = self.read().peers
        return {key: peers[key] for key in public_keys if key in peers}

    def configure(self, private_key: str, listen_port: int) -> None:
        """Set key and port."""
        port = str(listen_port)
        self._wg("set", self._interface, "listen-port", port, "private-key", "/dev/stdin", stdin=private_key + "\n")

    def upsert(self, peers: Sequence[DesiredPeer]) -> None:
        """Add or update peers."""
        if peers:
            self._wg("addconf", self._interface, "/dev/stdin", stdin=render_addconf(peers))

    def remove(self, public_keys: Sequence[str]) -> None:
        """Remove peers; public keys are no secret and may stand among the arguments."""
        if public_keys:
            arguments = [word for key in public_keys for word in ("peer", key, "remove")]
            self._wg("set", self._interface, *arguments)

    def _wg(self, *arguments: str, stdin: str = "") -> str:
        try:
            return run_tool(["wg", *arguments], stdin)
        except ToolError as error:
            if "No such device" in str(error) or "Unable to access interface" in str(error):
                raise InterfaceGone(str(error)) from error
            raise BackendError(str(error)) from error
