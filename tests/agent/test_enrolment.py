"""Becoming a node."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.fake_control import CREDENTIAL, TOKEN, FakeControl, send_error
from tests.agent.lies import Handler
from tests.agent.needs import require_tool
from tests.agent.processes import ROOT
from vpn.agent.control import ControlError, Refused
from vpn.agent.enrolment import ATTEMPTS, enrol
from vpn.agent.files import StateDirError
from vpn.agent.identity import load_identity, load_or_make_private_key, public_key_of
from vpn.wireguard.keys import derive_public_key


@pytest.fixture
def server() -> Iterator[FakeControl]:
    require_tool("wg")
    fake = FakeControl()
    yield fake
    fake.close()


def never(_seconds: float) -> None:
    raise AssertionError("nothing to wait for")


def test_the_key_is_made_here_and_only_its_public_half_leaves(server: FakeControl, tmp_path: Path) -> None:
    identity = enrol(server.url, TOKEN, tmp_path, "wg9", sleep=never)
    private_key = load_or_make_private_key(tmp_path)
    (sent,) = server.enrolments
    assert sent["public_key"] == derive_public_key(private_key) == public_key_of(private_key)
    assert private_key not in json.dumps(sent)
    assert sent.keys() == {"token", "public_key", "agent_version", "protocol_version"}
    assert identity == load_identity(tmp_path)
    assert identity.credential == CREDENTIAL
    assert CREDENTIAL not in repr(identity)


def test_a_lost_reply_is_repaired_with_the_same_token_and_key(server: FakeControl, tmp_path: Path) -> None:
    def sabotage(handler: Handler, name: str) -> bool:
        server.enrolments.append(handler.body)  # type: ignore[attr-defined]
        handler.close_connection = True
        return len(server.enrolments) < 3

    server.sabotage = sabotage
    waits: list[float] = []
    enrol(server.url, TOKEN, tmp_path, "wg9", sleep=waits.append)
    assert len(waits) == 2
    assert len({json.dumps(sent) for sent in server.enrolments}) == 1


def test_a_refusal_is_final_and_leaves_no_identity(server: FakeControl, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="invalid_enrolment_token"):
        enrol(server.url, "wrong", tmp_path, "wg9", sleep=never)
    with pytest.raises(StateDirError):
        load_identity(tmp_path)


def test_a_busy_control_plane_is_asked_again_but_not_for_ever(server: FakeControl, tmp_path: Path) -> None:
    def sabotage(handler: Handler, name: str) -> bool:
        send_error(handler, 503, "unavailable", Retry_After="2")
        return True

    server.sabotage = sabotage
    waits: list[float] = []
    with pytest.raises(ControlError):
        enrol(server.url, TOKEN, tmp_path, "wg9", sleep=waits.append)
    assert len(waits) == ATTEMPTS - 1
    assert min(waits) >= 2


def test_enrolling_again_keeps_the_key_but_not_for_another_interface(server: FakeControl, tmp_path: Path) -> None:
    enrol(server.url, TOKEN, tmp_path, "wg9", listen_port=4000)
    enrol(server.url, TOKEN, tmp_path, "wg9")
    assert len({sent["public_key"] for sent in server.enrolments}) == 1
    with pytest.raises(StateDirError):
        enrol(server.url, TOKEN, tmp_path, "wg8")


@pytest.mark.parametrize("way", ["environment", "file", "stdin"])
def test_the_token_comes_by_any_way_but_the_arguments(server: FakeControl, tmp_path: Path, way: str) -> None:
    arguments = ["enrol", "--control-url", server.url, "--state-dir", str(tmp_path / "s"), "--interface", "wg9"]
    (tmp_path / "token").write_text(TOKEN + "\n")
    done = subprocess.run(
        [sys.executable, "-m", "vpn.agent", *arguments, *(["--token-file", str(tmp_path / "token")] * (way == "file"))],
        cwd=ROOT,
        env={**os.environ, "NEXUSVPN_ENROLMENT_TOKEN": TOKEN if way == "environment" else ""},
        input=TOKEN + "\n" if way == "stdin" else "",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert TOKEN not in done.stdout + done.stderr
    assert CREDENTIAL not in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["", "wg 0", "../wg0", "-wg0", "a" * 16, 'wg0"', "0wg"])
def test_an_odd_interface_name_is_refused(tmp_path: Path, name: str) -> None:
    arguments = ["enrol", "--control-url", "http://127.0.0.1:9", "--state-dir", str(tmp_path), f"--interface={name}"]
    done = subprocess.run(
        [sys.executable, "-m", "vpn.agent", *arguments],
        cwd=ROOT,
        input="token\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "interface name" in done.stderr
