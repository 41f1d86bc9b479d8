"""The socket's text protocol: what is written is what was meant, and every answer is read whole or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpn.agent.backends.base import BackendError, DesiredPeer, DeviceState, InterfaceGone, PeerState
from vpn.agent.backends.uapi import UapiBackend, parse_device, render_remove, render_upsert, to_base64, to_hex
from vpn.wireguard.public_keys import encode_key

KEYS = st.binary(min_size=32, max_size=32).filter(any).map(encode_key)
CIDRS = st.lists(
    st.one_of(
        st.integers(0, 2**32 - 1).map(lambda n: f"{n >> 24}.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}/32"),
        st.integers(1, 0xFFFF).map(lambda n: f"fd00::{n:x}/128"),
    ),
    max_size=4,
    unique=True,
).map(lambda cidrs: tuple(sorted(cidrs)))
COUNTS = st.integers(0, 2**63 - 1)
PEERS = st.builds(PeerState, KEYS, CIDRS, st.none() | KEYS, COUNTS, COUNTS, st.integers(0, 2**33))
DEVICES = st.builds(
    DeviceState,
    st.none() | KEYS,
    st.integers(0, 65535),
    st.lists(PEERS, max_size=5, unique_by=lambda peer: peer.public_key).map(lambda ps: {p.public_key: p for p in ps}),
)


def answer(device: DeviceState) -> str:
    """Write an answer to `get=1` as wireguard-go does, with the lines that the agent has no use for."""
    lines = [f"private_key={to_hex(device.private_key)}"] if device.private_key else []
    lines += [f"listen_port={device.listen_port}"] if device.listen_port else []
    for peer in device.peers.values():
        lines.append(f"public_key={to_hex(peer.public_key)}")
        lines.append(f"preshared_key={to_hex(peer.preshared_key) if peer.preshared_key else '0' * 64}")
        lines += ["protocol_version=1", "endpoint=[2001:db8::1]:5", f"last_handshake_time_sec={peer.handshake}"]
        lines += ["last_handshake_time_nsec=5", f"tx_bytes={peer.tx}", f"rx_bytes={peer.rx}"]
        lines += ["persistent_keepalive_interval=0", "something_new=public_key"]
        lines += [f"allowed_ip={cidr}" for cidr in reversed(peer.allowed_ips)]
    return "".join(f"{line}\n" for line in [*lines, "errno=0"]) + "\n"


@given(DEVICES)
def test_an_interface_is_read_as_it_is(device: DeviceState) -> None:
    assert parse_device(answer(device)) == device


@given(DEVICES, st.data())
def test_an_answer_that_is_cut_anywhere_is_no_answer(device: DeviceState, data: st.DataObject) -> None:
    text = answer(device)
    cut = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(BackendError):
        parse_device(text[:cut])


def test_an_error_of_the_socket_is_an_error() -> None:
    with pytest.raises(BackendError, match="errno=-22"):
        parse_device("errno=-22\n\n")


def test_a_socket_that_nobody_listens_on_means_that_the_interface_is_gone() -> None:
    with pytest.raises(InterfaceGone):
        UapiBackend("nexus-none").read()


@given(KEYS)
def test_keys_survive_the_change_of_notation(key: str) -> None:
    assert to_base64(to_hex(key)) == key


def test_requests_touch_single_peers_and_clear_a_preshared_key() -> None:
    key, secret = encode_key(b"\x01" * 32), encode_key(b"\x02" * 32)
    text = render_upsert([DesiredPeer(key, ("10.0.0.1/32",), None), DesiredPeer(secret, (), key)])
    assert text == (
        f"set=1\npublic_key={'01' * 32}\npreshared_key={'00' * 32}\nreplace_allowed_ips=true\n"
        f"allowed_ip=10.0.0.1/32\npublic_key={'02' * 32}\npreshared_key={'01' * 32}\n"
        "replace_allowed_ips=true\n\n"
    )
    assert render_remove([key]) == f"set=1\npublic_key={'01' * 32}\nremove=true\n\n"
    assert "replace_peers" not in text
    assert "persistent_keepalive" not in text
