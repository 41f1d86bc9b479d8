"""What the control plane wants, read from its answers with nothing taken on trust."""

import ipaddress
import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from vpn.agent.backends.base import DesiredPeer
from vpn.wireguard.public_keys import InvalidKey, decode_key
from vpn.wireguard.state_hash import state_hash

_PLAIN_IPV4_HOST = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)/32")

# Begins the reason why a peer is not as ordered when the order cannot be read: only another order mends that.
MALFORMED = "malformed order: "


class BadAnswer(ValueError):
    """An answer does not have the promised shape; nothing of it may be applied."""


class InterfaceSettings(NamedTuple):
    """Addresses in CIDR form, UDP port, MTU in bytes, further UDP ports that lead to the first one.

    `speed_test_port` is a TCP port, 0 for no speed test.
    """

    addresses: tuple[str, ...]
    listen_port: int
    mtu: int
    extra_ports: tuple[int, ...] = ()
    speed_test_port: int = 0


class Snapshot(NamedTuple):
    """Everything that a node should have at revision `to` of `epoch`.

    `removed` are the keys that were ordered off the node and whose removal it has not confirmed. `takes_over` maps
    some of the peers to those in whose place they come.
    """

    epoch: str
    to: int
    allow_mass_removal: bool
    interface: InterfaceSettings | None
    peers: dict[str, DesiredPeer]
    removed: frozenset[str] = frozenset()
    takes_over: Mapping[str, str] = MappingProxyType({})


class Changes(NamedTuple):
    """The ops after the last revision, last op per key: `None` means remove. `notes` are (code, detail).

    `takes_over` maps some of the upserted peers to those in whose place they come, `malformed` tells of others why
    their last op cannot be read.
    """

    epoch: str
    to: int
    more: bool
    hung: bool
    peers: dict[str, DesiredPeer | None]
    notes: list[tuple[str, str]]
    takes_over: Mapping[str, str] = MappingProxyType({})
    malformed: Mapping[str, str] = MappingProxyType({})


def check_answers(data: Mapping[str, Any], **asked: object) -> None:
    """Raise BadAnswer where an answer names something else than what was asked: it is an older one, or somebody else's.

    What it does not name it was not asked to, by an older control plane.
    """
    for name, value in asked.items():
        if data.get(name, value) != value:
            raise BadAnswer(f"the answer is about another {name}")


def parse_peer(value: Any) -> DesiredPeer:
    """Return one peer; raises BadAnswer.

    The allowed IPs come out canonical, as WireGuard itself writes them.
    """
    try:
        public_key, cidrs, preshared = value["public_key"], value["allowed_ips"], value.get("preshared_key")
        decode_key(public_key)
        if preshared is not None:
            decode_key(preshared)
        if not isinstance(cidrs, list) or not cidrs:
            raise BadAnswer("a peer without allowed IPs")
        return DesiredPeer(public_key, tuple(sorted(map(_canonical_cidr, cidrs))), preshared)
    except (InvalidKey, KeyError, TypeError, AttributeError) as error:
        raise BadAnswer("a malformed peer") from error


def parse_interface(value: Any) -> InterfaceSettings:
    """Return interface settings; raises BadAnswer."""
    try:
        addresses = tuple(str(ipaddress.ip_interface(text)) for text in value["addresses"])
        port, mtu = value["listen_port"], value["mtu"]
        extra_ports, speed_test_port = value.get("extra_ports", []), value.get("speed_test_port", 0)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadAnswer("malformed interface settings") from error
    if not addresses or not _is_number(port, 1, 65535) or not _is_number(mtu, 576, 65535):
        raise BadAnswer("malformed interface settings")
    if not isinstance(extra_ports, list) or not all(_is_number(extra, 1, 65535) for extra in extra_ports):
        raise BadAnswer("malformed extra ports")
    if not _is_number(speed_test_port, 0, 65535):
        raise BadAnswer("a malformed speed test port")
    return InterfaceSettings(addresses, port, mtu, tuple(sorted(set(extra_ports))), speed_test_port)


def parse_snapshot(data: dict[str, Any]) -> Snapshot:
    """Return a snapshot that is complete, of the promised length and of the promised hash; else raise BadAnswer."""
    rows = data.get("peers")
    if data.get("complete") is not True or not isinstance(rows, list):
        raise BadAnswer("the snapshot is not complete")
    if data.get("count") != len(rows):
        raise BadAnswer("the snapshot's count does not fit")
    peers = {peer.public_key: peer for peer in map(parse_peer, rows)}
    if len(peers) != len(rows):
        raise BadAnswer("the snapshot names a peer twice")
    raw = ((row["public_key"], row["allowed_ips"], row.get("preshared_key")) for row in rows)
    if data.get("sha256") != state_hash(raw):
        raise BadAnswer("the snapshot's hash does not fit")
    interface = data.get("interface")
    return Snapshot(
        epoch=_text(data, "epoch"),
        to=_revision(data, "to"),
        allow_mass_removal=data.get("allow_mass_removal") is True,
        interface=None if interface is None else parse_interface(interface),
        peers=peers,
        removed=_parse_removed(data.get("removed", []), peers),
        takes_over={row["public_key"]: old for row in rows if (old := _parse_predecessor(row)) is not None},
    )


def parse_changes(data: dict[str, Any]) -> Changes:
    """Return the changes of an answer to `GET state`; raises BadAnswer.

    An op with an unknown name or a malformed peer is left out and noted, so that one bad op never stops the
    others; where its key can be read, the peer is named as `malformed`.
    """
    ops = data.get("ops")
    if not isinstance(ops, list):
        raise BadAnswer("no list of ops")
    peers: dict[str, DesiredPeer | None] = {}
    takes_over: dict[str, str] = {}
    notes: list[tuple[str, str]] = []
    malformed: dict[str, str] = {}
    for op in ops:
        name = op.get("op") if isinstance(op, dict) else None
        try:
            if name == "upsert":
                _take_upsert(op, peers, takes_over)
            elif name == "remove":
                key = _checked_key(op.get("public_key"))
                _take_op(key, None, peers, takes_over)
            else:
                notes.append(("unknown_op", str(name)[:64]))
        except BadAnswer as error:
            reason = f"rev {op.get('rev')!r:.20}: {error}"
            readable = _readable_key(op)
            if readable is None:
                notes.append(("apply_failed", reason))
            else:
                malformed[readable] = f"{MALFORMED}{reason}"
        else:
            if name in ("upsert", "remove"):
                malformed.pop(op["public_key"], None)
    more, hung = data.get("more") is True, data.get("hung") is True
    return Changes(_text(data, "epoch"), _revision(data, "to"), more, hung, peers, notes, takes_over, malformed)


def _take_upsert(op: dict[str, Any], peers: dict[str, DesiredPeer | None], takes_over: dict[str, str]) -> None:
    peer, predecessor = parse_peer(op), _parse_predecessor(op)
    _take_op(peer.public_key, peer, peers, takes_over)
    if predecessor is not None:
        if peers.get(predecessor) is not None:
            # Ordered in the same answer and never there: its own predecessor is the one in use.
            del peers[predecessor]
            predecessor = takes_over.pop(predecessor, predecessor)
        takes_over[peer.public_key] = predecessor


def _take_op(
    key: str, peer: DesiredPeer | None, peers: dict[str, DesiredPeer | None], takes_over: dict[str, str]
) -> None:
    """Put the last op of a key in place of a former one, at the end."""
    peers.pop(key, None)
    takes_over.pop(key, None)
    peers[key] = peer


def _parse_removed(keys: Any, wanted: Collection[str]) -> frozenset[str]:
    if not isinstance(keys, list):
        raise BadAnswer("the removed keys are not a list")
    removed = frozenset(map(_checked_key, keys))
    if not removed.isdisjoint(wanted):
        raise BadAnswer("the snapshot wants and removes the same peer")
    return removed


def _parse_predecessor(value: dict[str, Any]) -> str | None:
    """Return whom a peer takes over from, if from anybody; raises BadAnswer."""
    predecessor = value.get("takes_over")
    if predecessor is None:
        return None
    if predecessor == value["public_key"]:
        raise BadAnswer("a peer that takes over from itself")
    return _checked_key(predecessor)


def _readable_key(op: dict[str, Any]) -> str | None:
    """Return the key of an op that is malformed elsewhere."""
    try:
        return _checked_key(op.get("public_key"))
    except BadAnswer:
        return None


def _checked_key(key: Any) -> str:
    try:
        decode_key(key)
    except InvalidKey:
        raise BadAnswer("a malformed key") from None
    return str(key)


def _canonical_cidr(text: Any) -> str:
    if not isinstance(text, str):
        raise BadAnswer("an allowed IP is not a text")
    # Nearly every address is a plain IPv4 host; the general way takes ten times as long.
    if _PLAIN_IPV4_HOST.fullmatch(text):
        return text
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise BadAnswer("an allowed IP is malformed") from None


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise BadAnswer(f"{name} is missing")
    return value


def _revision(data: dict[str, Any], name: str) -> int:
    value = data.get(name)
    if not _is_number(value, 0, 2**63 - 1):
        raise BadAnswer(f"{name} is not a revision")
    return int(value)  # type: ignore[arg-type]


def _is_number(value: object, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high
