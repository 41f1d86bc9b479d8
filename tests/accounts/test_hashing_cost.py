"""A try to sign in costs one password hash, whoever the account is: the time that it takes tells a stranger nothing."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from accounts.hashers import BoundedArgon2Hasher
from accounts.models import User
from tests.api_client import ApiClient
from tests.factories.accounts import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Fills with one entry for each hash that is computed."""
    computed: list[str] = []
    encode, verify = BoundedArgon2Hasher.encode, BoundedArgon2Hasher.verify

    def counted_encode(self: BoundedArgon2Hasher, password: str, salt: str) -> str:
        computed.append("encode")
        return str(encode(self, password, salt))

    def counted_verify(self: BoundedArgon2Hasher, password: str, encoded: str) -> bool:
        computed.append("verify")
        return verify(self, password, encoded)

    monkeypatch.setattr(BoundedArgon2Hasher, "encode", counted_encode)
    monkeypatch.setattr(BoundedArgon2Hasher, "verify", counted_verify)
    return computed


@pytest.mark.parametrize("password", ["not this one", PASSWORD])
@pytest.mark.parametrize("account", ["active", "suspended", "unknown", "without a password"])
def test_every_try_costs_one_hash(api: ApiClient, alice: User, hashes: list[str], account: str, password: str) -> None:
    if account == "suspended":
        User.objects.update(is_active=False)
    elif account == "without a password":
        alice.set_unusable_password()
        alice.save()
    email = "nobody@example.com" if account == "unknown" else alice.email
    api.post("auth/login", {"email": email, "password": password})
    assert len(hashes) == 1


@pytest.mark.parametrize("password", ["not this one", PASSWORD])
def test_a_sign_in_costs_at_most_70_ms_of_a_processor_that_takes_385_for_djangos_own_hash(
    api: ApiClient, alice: User, password: str
) -> None:
    def cost(number: int) -> float:
        before = time.thread_time()
        api.post("auth/login", {"email": alice.email, "password": password}, remote_addr=f"192.0.2.{number}")
        return time.thread_time() - before

    def default() -> float:
        before = time.thread_time()
        PBKDF2PasswordHasher().encode(password, "some salt")
        return time.thread_time() - before

    # Pairs, of which the least is what it costs: a busy machine only adds. The limit on the account lets five through.
    pairs = [(cost(number), default()) for number in range(5)]
    ours, djangos = (min(column) for column in zip(*pairs, strict=True))
    # That it was hashed at all: OWASP's parameters cannot be had for less.
    assert 0.01 < ours <= max(0.07, 70 / 385 * djangos)
