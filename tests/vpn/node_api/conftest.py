from __future__ import annotations

from typing import Any

import pytest

from tests.api_client import Answer, ApiClient
from tests.factories.vpn import make_location, make_server, new_key
from vpn.models import Server
from vpn.services.nodes import issue_enrolment_token


class NodeClient(ApiClient):
    """What an agent sends."""

    def __init__(self, server: Server, credential: str | None = None) -> None:
        super().__init__(credential)
        self.server = server
        self.report_id = 0

    def enrol(self, token: str, public_key: str) -> Answer:
        body = {"token": token, "public_key": public_key, "agent_version": "0.1.0", "protocol_version": 1}
        answer = self.post("node/enrol", body)
        if answer.status == 201:
            self.token = answer.data["credential"]
        return answer

    def report(self, **changes: Any) -> Answer:
        self.report_id += 1
        self.server.refresh_from_db()
        body = {
            "report_id": self.report_id,
            "epoch": str(self.server.epoch),
            "applied_rev": self.server.revision,
            "interface_epoch": "boot:1",
            "state_hash": None,
            "agent_version": "0.1.0",
            "protocol_version": 1,
            "peers": [],
            "load": {},
            "notes": [],
            **changes,
        }
        return self.post("node/report", body)

    def state(self, after: int, epoch: str | None = None, wait: object = 0) -> Answer:
        self.server.refresh_from_db()
        return self.get(f"node/state?epoch={epoch or self.server.epoch}&after={after}&wait={wait}")


@pytest.fixture
def server(db: None) -> Server:
    return make_server(make_location("ams"), public_key=None, state="enrolling")


@pytest.fixture
def node(server: Server) -> NodeClient:
    client = NodeClient(server)
    assert client.enrol(issue_enrolment_token(server), new_key()).status == 201
    assert client.report().status == 200
    server.refresh_from_db()
    return client
