"""The API as its clients see it: JSON in, envelope out, checked on every answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    headers: Any

    @property
    def data(self) -> Any:
        return self.body["data"]

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])

    @property
    def fields(self) -> dict[str, list[str]]:
        fields: dict[str, list[str]] = self.body["error"]["fields"]
        return fields


class ApiClient:
    def __init__(self, token: str | None, *, raise_exceptions: bool = True) -> None:
        self.token = token
        self._client = Client(raise_request_exception=raise_exceptions)

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Call `/api/v1/<path>`; a `body` of bytes is sent as it is, anything else as JSON."""
        answer = self._answer(method, path, body, headers)
        envelope = json.loads(answer.content)
        assert envelope["status_code"] == answer.status_code
        assert envelope["request_id"] == answer.headers["X-Request-ID"]
        expected = {"status_code", "message", "data", "request_id", "timestamp"}
        if answer.status_code >= 400:
            expected.add("error")
            assert envelope["data"] is None
        assert set(envelope) == expected
        return Answer(answer.status_code, envelope, answer.headers)

    def status_of(self, method: str, path: str, body: Any = None) -> int:
        """The status alone, also of what answers with a file."""
        return int(self._answer(method, path, body, {}).status_code)

    def _answer(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        meta: dict[str, Any] = {"REMOTE_ADDR": headers.pop("remote_addr", "192.0.2.1")}
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        kind = headers.pop("content_type", "application/json")
        return self._client.generic(method, f"/api/v1/{path}", content, kind, headers=headers, **meta)

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.request("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Answer:
        return self.request("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.request("DELETE", path, **headers)
