"""A try to sign in costs one password hash, whoever the account is: the time that it takes tells a stranger nothing."""

from __future__ import annotations

import time

import pytest

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
def test_a_sign_in_costs_at_most_70_ms_of_a_processor(api: ApiClient, alice: User, password: str) -> None:
    def cost(number: int) -> float:
        before = time.thread_time()
        api.post("auth/login", {"email": alice.email, "password": password}, remote_addr=f"192.0.2.{number}")
        return time.thread_time() - before

    # The limit on the account lets five of these through.
    costs = sorted(cost(number) for number in range(5))
    # That it was hashed at all: OWASP's parameters cannot be had for less.
    assert 0.01 < costs[2] <= 0.07
