"""The output of `wg show dump` and the input of `wg addconf`."""

import pytest

from vpn.agent.backends.base import BackendError, DesiredPeer, PeerState
from vpn.agent.backends.wgtool import parse_dump, render_addconf
from vpn.wireguard.public_keys import encode_key

KEY, OTHER = encode_key(b"\x01" * 32), encode_key(b"\x02" * 32)


def test_a_dump_is_read_as_it_is() -> None:
    device = parse_dump(
        f"{OTHER}\t{KEY}\t51820\toff\n"
        f"{KEY}\t(none)\t192.0.2.1:5\tfd00::2/128,10.0.0.2/32\t1700000000\t11\t22\t25\n"
        f"{OTHER}\t{KEY}\t(none)\t(none)\t0\t0\t0\toff\n"
    )
    assert device.private_key == OTHER
    assert device.listen_port == 51820
    assert device.peers[KEY] == PeerState(KEY, ("10.0.0.2/32", "fd00::2/128"), None, 11, 22, 1700000000)
    assert device.peers[OTHER] == PeerState(OTHER, (), KEY, 0, 0, 0)


@pytest.mark.parametrize("text", ["", "nonsense", f"{OTHER}\t{KEY}\t51820\toff\n{KEY}\t(none)\n"])
def test_a_dump_that_is_cut_is_refused_whole(text: str) -> None:
    with pytest.raises(BackendError):
        parse_dump(text)


def test_an_absent_preshared_key_is_cleared_and_not_left_out() -> None:
    zero = "A" * 43 + "="
    assert render_addconf([DesiredPeer(KEY, ("10.0.0.2/32", "fd00::2/128"), None)]) == (
        f"[Peer]\nPublicKey = {KEY}\nPresharedKey = {zero}\nAllowedIPs = 10.0.0.2/32, fd00::2/128\n"
    )
