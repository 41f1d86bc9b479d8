"""A try to sign in costs one password hash, whoever the account is: the time that it takes tells a stranger nothing."""

from __future__ import annotations

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
