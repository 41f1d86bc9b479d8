"""WireGuard keys: made like the tools make them, and checked before anything else sees them."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from vpn.wireguard.keys import (
    InvalidKey,
    derive_public_key,
    generate_key_pair,
    generate_preshared_key,
    validate_public_key,
)
from vpn.wireguard.public_keys import decode_key, encode_key

P = 2**255 - 19
SMALL_ORDER = [
    0,
    1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
    P - 1,
    P,
    P + 1,
]


def test_a_pair_belongs_together_and_no_two_are_equal() -> None:
    first, second = generate_key_pair(), generate_key_pair()
    assert derive_public_key(first.private_key) == first.public_key
    assert first != second
    assert generate_preshared_key() != generate_preshared_key()


def test_the_known_pair_of_rfc_7748() -> None:
    """Alice's keys of section 6.1."""
    private = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
    public = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
    assert decode_key(derive_public_key(encode_key(private))).hex() == public


def test_a_private_key_is_clamped() -> None:
    raw = decode_key(generate_key_pair().private_key)
    assert raw[0] & 7 == 0
    assert raw[31] & 192 == 64


def test_a_pair_does_not_show_its_private_key() -> None:
    pair = generate_key_pair()
    assert pair.private_key not in repr(pair)
    assert pair.private_key not in f"{pair}"


@given(st.binary(min_size=32, max_size=32))
def test_every_32_bytes_survive_the_way_to_text_and_back(raw: bytes) -> None:
    assert decode_key(encode_key(raw)) == raw


@given(st.binary(max_size=64).filter(lambda raw: len(raw) != 32))
def test_another_length_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidKey):
        decode_key(base64.b64encode(raw).decode())
    with pytest.raises(InvalidKey):
        encode_key(raw)


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key[:-1],
        lambda key: key + "\n",
        lambda key: " " + key,
        lambda key: key[:-2] + "B=",  # the same bytes to a lax decoder: the lowest bits are not zero
        lambda key: "-" + key[1:],
        lambda key: key[:43] + "A",
        lambda key: key[:20] + "\n" + key[21:],
        lambda key: key.encode(),
        lambda key: None,
    ],
)
def test_anything_but_canonical_base64_is_refused(change: object) -> None:
    with pytest.raises(InvalidKey):
        validate_public_key(change("A" * 42 + "E="))  # type: ignore[operator]


@pytest.mark.parametrize("number", SMALL_ORDER)
@pytest.mark.parametrize("high_bit", [0, 2**255])
def test_points_of_small_order_are_refused(number: int, high_bit: int) -> None:
    raw = (number | high_bit).to_bytes(32, "little")
    with pytest.raises(InvalidKey):
        validate_public_key(encode_key(raw))
    # The list itself is right: an exchange with such a point gives zero, which the library refuses.
    with pytest.raises(ValueError, match="shared key"):
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(raw))


def test_the_message_never_repeats_the_key() -> None:
    with pytest.raises(InvalidKey) as caught:
        validate_public_key("secret-text")
    assert "secret-text" not in str(caught.value)
