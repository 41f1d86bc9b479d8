from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from tests.api_client import ApiClient
from tests.factories.vpn import make_server, new_key
from tests.vpn.node_api.conftest import NodeClient
from vpn.models import NodeToken, Server
from vpn.services.nodes import accept_new_key, enrolment_command, issue_enrolment_token, revoke_credential

pytestmark = pytest.mark.django_db


def test_a_token_makes_a_node_that_comes_online_with_its_first_report(server: Server) -> None:
    node, key = NodeClient(server), new_key()
    answer = node.enrol(issue_enrolment_token(server), key)
    assert answer.data["interface"] == {
        "addresses": ["10.80.0.1/24", "fd80::1/64"],
        "listen_port": 51820,
        "mtu": 1420,
        "extra_ports": [],
        "speed_test_port": 8377,
    }
    server.refresh_from_db()
    assert (server.public_key, server.state) == (key, "enrolling")
    assert node.report().status == 200
    server.refresh_from_db()
    assert server.state == "online"


def test_only_hashes_are_stored(server: Server) -> None:
    token = issue_enrolment_token(server)
    node = NodeClient(server)
    node.enrol(token, new_key())
    stored = str(list(NodeToken.objects.values()))
    assert token not in stored
    assert node.token is not None
    assert node.token not in stored
    assert token in enrolment_command(token)


def test_a_repeat_after_a_lost_reply_gets_a_new_credential_and_ends_the_former(server: Server) -> None:
    token, key, node = issue_enrolment_token(server), new_key(), NodeClient(server)
    node.enrol(token, key)
    lost = node.token
    assert node.enrol(token, key).status == 201
    assert NodeClient(server, lost).report().code == "invalid_node_credential"
    assert node.report().status == 200


@pytest.mark.parametrize("case", ["unknown", "expired", "superseded", "another key", "credential"])
def test_a_bad_token_is_401(server: Server, case: str) -> None:
    token, key, node = issue_enrolment_token(server), new_key(), NodeClient(server)
    if case == "unknown":
        token = "nve_unknown"
    elif case == "expired":
        NodeToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif case == "superseded":
        issue_enrolment_token(server)
    else:
        node.enrol(token, key)
        if case == "credential":
            token = str(node.token)
        key = new_key()
    answer = node.enrol(token, key)
    assert (answer.status, answer.code) == (401, "invalid_enrolment_token")


def test_another_key_is_refused_until_staff_accepts_it(node: NodeClient, server: Server) -> None:
    key = new_key()
    refused = node.enrol(issue_enrolment_token(server), key)
    assert (refused.status, refused.code) == (409, "node_key_change_refused")
    assert node.report().status == 200
    server.refresh_from_db()
    accept_new_key(server, public_key=server.public_key, old_machine_is_settled=True)
    assert node.report().code == "invalid_node_credential"
    assert node.enrol(issue_enrolment_token(server), key).status == 201


def test_a_revoked_node_cannot_come_back_with_the_token_that_it_has_used(server: Server) -> None:
    token, key, node = issue_enrolment_token(server), new_key(), NodeClient(server)
    node.enrol(token, key)
    for revoke in (revoke_credential, partial(accept_new_key, public_key=key, old_machine_is_settled=True)):
        revoke(server)
        answer = node.enrol(token, key)
        assert (answer.status, answer.code) == (401, "invalid_enrolment_token")
    fresh = issue_enrolment_token(server)
    revoke_credential(server)
    assert node.enrol(fresh, key).status == 201


def test_a_key_of_another_server_is_refused(node: NodeClient, server: Server) -> None:
    other = make_server(server.location, public_key=None, state="enrolling")
    server.refresh_from_db()
    answer = NodeClient(other).enrol(issue_enrolment_token(other), str(server.public_key))
    assert (answer.status, answer.code) == (409, "node_key_change_refused")


def test_a_revoked_credential_is_dead_at_once(node: NodeClient, server: Server) -> None:
    revoke_credential(server)
    for answer in (node.report(), node.state(0), node.get("node/snapshot")):
        assert (answer.status, answer.code) == (401, "invalid_node_credential")


def test_people_are_no_nodes_and_nodes_no_people(node: NodeClient, alice_api: ApiClient) -> None:
    assert alice_api.get("node/snapshot").code == "invalid_node_credential"
    assert ApiClient(node.token).get("devices").code == "invalid_token"
    assert ApiClient(None).get("node/snapshot").status == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"public_key": "x"}, "public_key"),
        ({"token": 5}, "token"),
        ({"protocol_version": 0}, "protocol_version"),
        ({"agent_version": None}, "agent_version"),
    ],
)
def test_bad_input_is_400_and_named(server: Server, body: dict[str, object], field: str) -> None:
    good = {"token": "nve_x", "public_key": new_key(), "agent_version": "0.1.0", "protocol_version": 1}
    answer = NodeClient(server).post("node/enrol", {**good, **body})
    assert (answer.status, list(answer.fields)) == (400, [field])
