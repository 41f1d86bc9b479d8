"""A node gets a new credential without a moment in which it has none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from nexusvpn.errors import Conflict
from tests.queries import recorded_queries
from tests.vpn.node_api.conftest import NodeClient
from vpn.models import NodeStatus, NodeToken, Server
from vpn.services.credentials import order_rotation
from vpn.services.nodes import issue_enrolment_token, revoke_credential

pytestmark = pytest.mark.django_db


def works(node: NodeClient, credential: str | None) -> bool:
    with using(node, credential):
        answer = node.get("node/snapshot")
    assert answer.status in (200, 401), answer.body
    return answer.status == 200


@contextmanager
def using(node: NodeClient, credential: str | None) -> Iterator[None]:
    former, node.token = node.token, credential
    yield
    node.token = former


def fetch(node: NodeClient) -> str:
    answer = node.post("node/credential")
    assert answer.status == 201, answer.body
    assert answer.headers["Cache-Control"] == "no-store"
    return str(answer.data["credential"])


def kinds() -> list[tuple[str, bool]]:
    """Kind and whether it works, of what the node has had since it enrolled."""
    rows = NodeToken.objects.exclude(kind="enrolment").order_by("id").values_list("kind", "revoked_at")
    return [(kind, revoked_at is None) for kind, revoked_at in rows]


def test_the_node_is_told_with_its_report_until_it_uses_the_new_one(node: NodeClient, server: Server) -> None:
    assert node.report().data["rotate_credential"] is False
    order_rotation(server)
    assert node.report().data["rotate_credential"] is True
    with using(node, fetch(node)):
        assert node.report().data["rotate_credential"] is False


def test_both_work_until_the_new_one_is_used_and_then_the_former_is_dead(node: NodeClient, server: Server) -> None:
    order_rotation(server)
    former, new = node.token, fetch(node)
    assert works(node, former)
    assert kinds() == [("credential", True), ("next", True)]
    assert works(node, new)
    assert kinds() == [("credential", False), ("credential", True)]
    assert not works(node, former)
    assert works(node, new)


def test_after_a_lost_answer_it_is_fetched_again(node: NodeClient, server: Server) -> None:
    order_rotation(server)
    lost, new = fetch(node), fetch(node)
    assert not works(node, lost)
    assert works(node, node.token)
    assert works(node, new)


def test_without_an_order_there_is_none(node: NodeClient, server: Server) -> None:
    answer = node.post("node/credential")
    assert (answer.status, answer.code) == (409, "no_rotation_ordered")
    order_rotation(server)
    with using(node, fetch(node)):
        assert node.report().status == 200
        assert node.post("node/credential").code == "no_rotation_ordered"


def test_only_its_hash_is_stored(node: NodeClient, server: Server) -> None:
    order_rotation(server)
    new = fetch(node)
    assert new.startswith("nvn_")
    assert not NodeToken.objects.filter(token_hash__contains=new[4:]).exists()


@pytest.mark.parametrize("how", ["revoked", "enrolled"])
def test_a_revocation_or_a_new_enrolment_ends_the_next_one_and_the_order(
    node: NodeClient, server: Server, how: str
) -> None:
    order_rotation(server)
    new = fetch(node)
    server.refresh_from_db()
    if how == "revoked":
        revoke_credential(server)
    else:
        assert NodeClient(server).enrol(issue_enrolment_token(server), str(server.public_key)).status == 201
    assert not works(node, new)
    server.refresh_from_db()
    assert server.rotate_credential is False


def test_where_there_is_no_credential_nothing_can_be_ordered(server: Server) -> None:
    with pytest.raises(Conflict) as refused:
        order_rotation(server)
    assert refused.value.code == "no_credential"


def test_a_node_is_known_by_one_query(node: NodeClient) -> None:
    with recorded_queries() as statements:
        node.get("node/state?after=0&epoch=x")
    assert [("vpn_nodetoken" in statement) for statement in statements] == [True, False]


def test_a_node_that_was_thought_to_be_lost_is_there_with_any_request(node: NodeClient) -> None:
    for path in ("node/snapshot", "node/state?after=0&epoch=x"):
        NodeStatus.objects.update(lost_at="2026-01-01T00:00:00Z")
        node.get(path)
        assert NodeStatus.objects.get().lost_at is None
