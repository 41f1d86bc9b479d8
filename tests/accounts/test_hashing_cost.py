"""A try to sign in costs one password hash, whoever the account is: the time that it takes tells a stranger nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from argon2.low_level import Type, hash_secret_raw

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


def seconds_of_cpu(act: Callable[[], object]) -> float:
    before = time.thread_time()
    act()
    return time.thread_time() - before


@pytest.mark.parametrize("password", ["not this one", PASSWORD])
def test_a_sign_in_costs_at_most_70_ms_of_a_processor_on_which_the_bare_hash_costs_50(
    api: ApiClient, alice: User, password: str
) -> None:
    def sign_in(number: int) -> float:
        body = {"email": alice.email, "password": password}
        return seconds_of_cpu(lambda: api.post("auth/login", body, remote_addr=f"192.0.2.{number}"))

    def bare() -> float:
        """argon2id as OWASP asks for it, written out here so that dearer settings cannot make room for themselves."""
        return seconds_of_cpu(lambda: hash_secret_raw(b"x" * 20, b"salt" * 4, 1, 47104, 1, 32, Type.ID))

    # Pairs, of which the least is what it costs: a busy machine only adds, and to both. The limit on the account lets five through.
    pairs = [(sign_in(number), bare()) for number in range(5)]
    ours, hashing = (min(column) for column in zip(*pairs, strict=True))
    assert hashing * 0.9 < ours <= max(0.07, 1.4 * hashing), (ours, hashing)
