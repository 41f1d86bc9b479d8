"""schemathesis throws thousands of good and bad requests at a running service: no 5xx, and no answer that the schema does not know."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories.vpn import new_key
from tests.live.conftest import StackMaker

pytestmark = pytest.mark.live
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def real_ids(kind: str, pk: str) -> str:
    """Configuration that sends the operations on one object to one that is there."""
    return f'[[operations]]\ninclude-path-regex = "/{kind}/\\\\{{id"\nparameters = {{ "path.id" = "{pk}" }}\n'


def test_no_answer_breaks_the_schema(make_stack: StackMaker, tmp_path: Path) -> None:
    stack = make_stack(
        settings={"DJANGO_SETTINGS_MODULE": "tests.live.settings_without_limits", "DEVICE_ACK_WAIT_MS": "0"}
    )
    stack.manage("create_demo_data")
    stack.put_in_service("demo-1", new_key())
    token = stack.new_customer("s@example.com")
    ids = {}
    for kind, body in (
        ("devices", {"name": "Laptop", "location": "demo-1", "public_key": new_key()}),
        ("tickets", {"subject": "Hello there", "message": "A message that is long enough"}),
    ):
        made = stack.api("POST", kind, body, token)
        assert made.status == 201, made.body
        ids[kind] = made.data["id"]
    (tmp_path / "schemathesis.toml").write_text("".join(real_ids(kind, ids[kind]) for kind in ids))
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{stack.url}/api/schema",
        *("--header", f"Authorization: Bearer {token}"),
        *("--checks", CHECKS),
        *("--max-examples", "40"),
        # Its own sign-out would end the run.
        *("--exclude-path-regex", "auth/(logout|sessions/)"),
        # Nor may it remove the device that the other operations ask for; removal has tests of its own.
        *("--exclude-method", "DELETE"),
        *("--phases", "examples,coverage,fuzzing"),
        *("--seed", "20260131"),
        "--no-color",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=400, check=False)
    print(done.stdout[-1500:])
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
