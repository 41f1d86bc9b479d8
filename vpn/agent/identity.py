"""Who this node is to the control plane, and its own WireGuard key."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from vpn.agent.desired import InterfaceSettings
from vpn.agent.files import StateDirError, read_json, write_json, write_private
from vpn.agent.tools import run_tool
from vpn.wireguard.public_keys import decode_key

IDENTITY_NAME: Final = "identity.json"
PRIVATE_KEY_NAME: Final = "private.key"
DEFAULT_REPORT_INTERVAL_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Identity:
    """What enrolment gave, and the options chosen then. `listen_port` overrides the control plane's port."""

    control_url: str
    poll_url: str
    node_id: str
    credential: str
    interface: str
    addresses: tuple[str, ...]
    port: int
    mtu: int
    report_interval_s: float = DEFAULT_REPORT_INTERVAL_S
    listen_port: int | None = None
    backend: str = "auto"
    extra_ports: tuple[int, ...] = ()
    speed_test_port: int = 0

    def __repr__(self) -> str:
        """Leave the credential out, so that it cannot reach a log by accident."""
        return f"Identity(node_id={self.node_id!r}, interface={self.interface!r})"

    @property
    def settings(self) -> InterfaceSettings:
        """Return the interface's settings with the port override applied."""
        port = self.listen_port or self.port
        extra_ports = tuple(extra for extra in self.extra_ports if extra != port)
        return InterfaceSettings(self.addresses, port, self.mtu, extra_ports, self.speed_test_port)

    def with_settings(self, settings: InterfaceSettings) -> "Identity":
        """Return the same node with the control plane's new interface settings."""
        return replace(
            self,
            addresses=settings.addresses,
            port=settings.listen_port,
            mtu=settings.mtu,
            extra_ports=settings.extra_ports,
            speed_test_port=settings.speed_test_port,
        )

    def with_credential(self, credential: str) -> "Identity":
        """Return the same node with another credential."""
        return replace(self, credential=credential)

    def save(self, state_dir: Path) -> None:
        """Write it to the state directory (0600: it holds the credential)."""
        write_json(state_dir / IDENTITY_NAME, asdict(self))


def load_identity(state_dir: Path) -> Identity:
    """Return the enrolled node; raises StateDirError if there is none."""
    values: dict[str, Any] | None = read_json(state_dir / IDENTITY_NAME)
    if values is None:
        raise StateDirError(f"{state_dir} holds no enrolled node; run `enrol` first")
    try:
        lists = {name: tuple(values.get(name, ())) for name in ("addresses", "extra_ports")}
        return Identity(**{**values, **lists})
    except (KeyError, TypeError) as error:
        raise StateDirError(f"{state_dir / IDENTITY_NAME} is damaged") from error


def load_or_make_private_key(state_dir: Path) -> str:
    """Return the node's private key, made with `wg genkey` at first. It never leaves the state directory."""
    path = state_dir / PRIVATE_KEY_NAME
    if not path.exists():
        write_private(path, run_tool(["wg", "genkey"]))
    try:
        key = path.read_text(encoding="ascii").strip()
        decode_key(key)
    except (OSError, ValueError) as error:
        raise StateDirError(f"{path} is damaged") from error
    return key


def public_key_of(private_key: str) -> str:
    """Return the public key; the private one goes to `wg pubkey` by standard input."""
    return run_tool(["wg", "pubkey"], private_key + "\n").strip()
