"""A node that fetches its next credential twice at once, as after a lost answer."""

from __future__ import annotations

from types import SimpleNamespace
from unittest import mock

import pytest

from tests.concurrency.crowd import crowd
from tests.factories.vpn import make_location, make_server
from vpn.models import NodeToken, Server
from vpn.services import credentials
from vpn.services.credentials import authenticate_node, issue_next_credential, order_rotation
from vpn.services.nodes import CREDENTIAL_PREFIX, hash_token

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 20


def ordered() -> Server:
    server = make_server(make_location("ams"))
    NodeToken.objects.create(server=server, kind="credential", token_hash=hash_token(CREDENTIAL_PREFIX + "first"))
    order_rotation(server)
    return server


def test_without_the_servers_lock_some_fail() -> None:
    server = ordered()
    unlocked = SimpleNamespace(rotate_credential=True)
    with mock.patch.object(credentials, "lock_server", return_value=unlocked):
        outcomes = [crowd(8, lambda n: issue_next_credential(server_id=server.pk)) for _ in range(ROUNDS)]
    assert any(outcome != {"ok": 8} for outcome in outcomes), "the negative control never lost the race"


def test_each_gets_one_and_the_last_one_works() -> None:
    server = ordered()
    for _ in range(ROUNDS):
        given: list[str] = []
        outcomes = crowd(8, lambda n, given=given: given.append(issue_next_credential(server_id=server.pk)))  # type: ignore[misc]
        assert outcomes == {"ok": 8}
        live = NodeToken.objects.get(kind="next", revoked_at=None)
        assert live.token_hash in {hash_token(credential) for credential in given}


def test_eight_first_uses_at_once_all_succeed_and_leave_one_credential() -> None:
    server = ordered()
    for _ in range(ROUNDS):
        order_rotation(server)
        new = issue_next_credential(server_id=server.pk)
        known: list[object] = []
        assert crowd(8, lambda n, known=known, new=new: known.append(authenticate_node(new))) == {"ok": 8}  # type: ignore[misc]
        assert known == [server.pk] * 8
        assert NodeToken.objects.get(kind="credential", revoked_at=None).token_hash == hash_token(new)
        assert not NodeToken.objects.filter(kind="next").exists()
