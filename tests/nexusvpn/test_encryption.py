from __future__ import annotations

import base64
import os

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from nexusvpn import env
from nexusvpn.encryption import UnreadableSecret, decrypt, encrypt, is_current

OLD, NEW = os.urandom(32), os.urandom(32)


@pytest.fixture(autouse=True)
def _one_key(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]


def test_what_was_encrypted_is_read_again_and_never_looks_the_same() -> None:
    first, second = encrypt(b"secret", "table:1"), encrypt(b"secret", "table:1")
    assert first != second
    assert b"secret" not in first
    assert decrypt(first, "table:1") == decrypt(second, "table:1") == b"secret"


def test_a_value_that_was_moved_to_another_row_is_refused() -> None:
    with pytest.raises(UnreadableSecret):
        decrypt(encrypt(b"secret", "table:1"), "table:2")


@pytest.mark.parametrize("index", [0, 5, 20, -1])
def test_a_changed_byte_is_noticed(index: int) -> None:
    stored = bytearray(encrypt(b"secret", "table:1"))
    stored[index] ^= 1
    with pytest.raises(UnreadableSecret) as refused:
        decrypt(bytes(stored), "table:1")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("stored", [b"", b"abc"])
def test_rubbish_is_refused(stored: bytes) -> None:
    with pytest.raises(UnreadableSecret):
        decrypt(stored, "table:1")


def test_a_new_key_in_front_encrypts_and_the_old_one_still_opens(settings: Settings) -> None:
    before = encrypt(b"secret", "table:1")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert decrypt(before, "table:1") == b"secret"
    assert (is_current(before), is_current(encrypt(b"secret", "table:1"))) == (False, True)
    settings.ENCRYPTION_KEYS = [NEW]
    with pytest.raises(UnreadableSecret):
        decrypt(before, "table:1")


def test_keys_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYS", f"{base64.b64encode(NEW).decode()}, {base64.b64encode(OLD).decode()}")
    assert env.keys("KEYS") == [NEW, OLD]
    for wrong in ("short", base64.b64encode(b"x" * 31).decode(), "§" * 44):
        monkeypatch.setenv("KEYS", wrong)
        with pytest.raises(ImproperlyConfigured, match="KEYS"):
            env.keys("KEYS")
