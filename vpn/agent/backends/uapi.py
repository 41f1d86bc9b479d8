"""The userspace API of wireguard-go (https://www.wireguard.com/xplatform/): a text protocol on a Unix socket."""

import errno
import socket
from binascii import a2b_base64, b2a_base64
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from vpn.agent.backends.base import BackendError, DesiredPeer, DeviceState, InterfaceGone, PeerState

SOCKET_DIR: Final = Path("/var/run/wireguard")
SOCKET_TIMEOUT_S: Final = 30.0
_ZERO_KEY: Final = "0" * 64
_READ_BYTES: Final = 1 << 20


def socket_path(interface: str) -> Path:
    """Return where wireguard-go listens for this interface."""
    return SOCKET_DIR / f"{interface}.sock"


def socket_answers(interface: str) -> bool:
    """Tell whether a userspace implementation listens for this interface; a socket left by a dead one does not."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1.0)
            connection.connect(str(socket_path(interface)))
            return True
    except OSError:
        return False


def to_hex(key: str) -> str:
    """Return a base64 key in lower-case hex."""
    return a2b_base64(key).hex()


def to_base64(key: str) -> str:
    """Return a hex key in base64."""
    return b2a_base64(bytes.fromhex(key), newline=False).decode("ascii")


def parse_device(text: str) -> DeviceState:
    """Return the interface described by the answer to `get=1`; raises BackendError for a failed or cut answer."""
    check_answer(text)
    head, *blocks = ("\n" + text).split("\npublic_key=")
    private_key: str | None = None
    listen_port = 0
    for line in head.split("\n"):
        name, _, value = line.partition("=")
        if name == "private_key" and value != _ZERO_KEY:
            private_key = to_base64(value)
        elif name == "listen_port":
            listen_port = int(value)
    peers = {}
    for block in blocks:
        peer = _parse_peer(block)
        peers[peer.public_key] = peer
    return DeviceState(private_key, listen_port, peers)


def check_answer(text: str) -> None:
    """Raise BackendError unless the text is a whole answer that reports success."""
    if not text.endswith("\n\n"):
        raise BackendError("the WireGuard socket closed in the middle of an answer")
    if not text.endswith("errno=0\n\n"):
        code = text.rstrip("\n").rpartition("errno=")[2]
        raise BackendError(f"the WireGuard socket answered errno={code[:8]}")


def render_upsert(peers: Sequence[DesiredPeer]) -> str:
    """Return the request that adds or updates these peers and touches no other."""
    lines = ["set=1"]
    for peer in peers:
        lines.append(f"public_key={to_hex(peer.public_key)}")
        # A zero key is how the protocol says "no preshared key"; leaving the line out would keep an old one.
        lines.append(f"preshared_key={to_hex(peer.preshared_key) if peer.preshared_key else _ZERO_KEY}")
        lines.append("replace_allowed_ips=true")
        lines.extend([f"allowed_ip={cidr}" for cidr in peer.allowed_ips])
    return "\n".join(lines) + "\n\n"


def render_remove(public_keys: Sequence[str]) -> str:
    """Return the request that removes these peers and touches no other."""
    return "set=1\n" + "".join([f"public_key={to_hex(key)}\nremove=true\n" for key in public_keys]) + "\n"


class UapiBackend:
    """A `Backend` over the socket of wireguard-go. A connection lasts for one request."""

    def __init__(self, interface: str) -> None:
        self._path = str(socket_path(interface))

    def read(self) -> DeviceState:
        """Return the whole interface; 10,000 peers are about 4 MB of text."""
        return parse_device(self._ask("get=1\n\n"))

    def read_peers(self, public_keys: Collection[str]) -> dict[str, PeerState]:
        """Return the named peers. The protocol has no filter, but only their blocks are parsed."""
        text = self._ask("get=1\n\n")
        check_answer(text)
        peers = {}
        for key in public_keys:
            start = text.find(f"public_key={to_hex(key)}\n")
            if start < 0:
                continue
            end = text.find("\npublic_key=", start)
            peers[key] = _parse_peer(text[start + len("public_key=") : end if end > 0 else len(text)])
        return peers

    def configure(self, private_key: str, listen_port: int) -> None:
        """Set key and port."""
        check_answer(self._ask(f"set=1\nprivate_key={to_hex(private_key)}\nlisten_port={listen_port}\n\n"))

    def upsert(self, peers: Sequence[DesiredPeer]) -> None:
        """Add or update peers."""
        if peers:
            check_answer(self._ask(render_upsert(peers)))

    def remove(self, public_keys: Sequence[str]) -> None:
        """Remove peers."""
        if public_keys:
            check_answer(self._ask(render_remove(public_keys)))

    def _ask(self, request: str) -> str:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(SOCKET_TIMEOUT_S)
                connection.connect(self._path)
                connection.sendall(request.encode("ascii"))
                return _read_answer(connection)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ECONNREFUSED):
                raise InterfaceGone("nobody listens on the WireGuard socket") from error
            raise BackendError(f"the WireGuard socket failed: {type(error).__name__}") from error


def _read_answer(connection: socket.socket) -> str:
    chunks: list[bytes] = []
    tail = b""
    while not tail.endswith(b"\n\n"):
        chunk = connection.recv(_READ_BYTES)
        if not chunk:
            break
        chunks.append(chunk)
        tail = (tail + chunk)[-2:]
    return b"".join(chunks).decode("ascii")


def _parse_peer(block: str) -> PeerState:
    """Return the peer of one block: its key in hex on the first line, then `name=value` lines in any order."""
    key, _, rest = block.partition("\n")
    preshared = None
    rx = tx = handshake = 0
    allowed_ips = []
    for line in rest.split("\n"):
        name, _, value = line.partition("=")
        if name == "allowed_ip":
            allowed_ips.append(value)
        elif name == "rx_bytes":
            rx = int(value)
        elif name == "tx_bytes":
            tx = int(value)
        elif name == "last_handshake_time_sec":
            handshake = int(value)
        elif name == "preshared_key" and value != _ZERO_KEY:
            preshared = to_base64(value)
    allowed_ips.sort()
    return PeerState(to_base64(key), tuple(allowed_ips), preshared, rx, tx, handshake)
