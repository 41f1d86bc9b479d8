"""The agent's memory survives being killed, and never comes back half."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agent.processes import ROOT
from vpn.agent.backends.base import DesiredPeer
from vpn.agent.counters import BookChanges, CounterRecord, Row
from vpn.agent.files import StateDirError, StateDirLock, prepare_state_dir, read_json, write_json
from vpn.agent.handover import Handover
from vpn.agent.store import STORE_NAME, Store

ALICE = DesiredPeer("alice", ("10.0.0.1/32", "fd00::1/128"), "secret")
BOB = DesiredPeer("bob", ("10.0.0.2/32",), None)


def test_everything_comes_back(tmp_path: Path) -> None:
    store = Store(tmp_path)
    record, final = CounterRecord("alice", 2**63 - 1, 1, 2, 3, 4), Row("bob", 5, 6, 7, "idle")
    with store.transaction(durable=True):
        store.put_peers([ALICE])
        store.put_peers([BOB], held=True)
        store.put_removals(["carol", "dave"])
        store.put_handovers([Handover("new", "old", 12.5), Handover("other", "former", 1.0)])
        store.put_failures({"carol": "full", "dave": "odd"})
        store.put(epoch="e", cursor=7)
        store.write_counters(BookChanges([record], [], [final]))
    store.close()
    store = Store(tmp_path)
    assert store.load_peers() == ({"alice": ALICE, "bob": BOB}, {"bob"})
    assert store.load_removals() == {"carol", "dave"}
    assert store.load_failures() == {"carol": "full", "dave": "odd"}
    assert store.load_handovers()["new"] == ("new", "old", 12.5)
    assert store.load_counters() == [record]
    assert store.load_finals() == [final]
    assert (store.get("epoch"), store.get_int("cursor"), store.get_int("none")) == ("e", 7, 0)
    with store.transaction():
        store.drop_peers(["alice"])
        store.drop_removals(["carol"])
        store.drop_failures(["dave"])
        store.drop_handovers(["new"])
        store.drop_finals([final])
        store.write_counters(BookChanges([], ["alice"], []))
    assert store.load_peers()[0].keys() == {"bob"}
    assert store.load_removals() == {"dave"}
    assert store.load_failures() == {"carol": "full"}
    assert store.load_handovers().keys() == {"other"}
    assert not store.load_counters()
    assert not store.load_finals()
    store.close()


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def write_and_fail() -> None:
        with store.transaction():
            store.put_peers([ALICE])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert store.load_peers() == ({}, set())
    store.close()


def test_killed_in_the_middle_of_writing_the_former_state_is_there(tmp_path: Path) -> None:
    """A process writes pairs of rows for ever and is killed; rows are only ever there in pairs."""
    program = (
        "import sys; from pathlib import Path; from vpn.agent.store import Store\n"
        "from vpn.agent.backends.base import DesiredPeer as P\n"
        "store = Store(Path(sys.argv[1])); print(flush=True); n = 0\n"
        "while True:\n"
        "    n += 1\n"
        "    with store.transaction(durable=n % 10 == 0):\n"
        "        store.put_peers([P(f'a{n}', ('10.0.0.1/32',), None)]); store.put_peers([P(f'b{n}', ('x',), None)])\n"
        "        store.put(cursor=n)\n"
    )
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.15)
            os.kill(process.pid, signal.SIGKILL)
        store = Store(tmp_path)
        peers, _ = store.load_peers()
        last = store.get_int("cursor")
        assert last > 0
        assert {f"a{last}", f"b{last}"} <= peers.keys()
        assert f"a{last + 1}" not in peers
        assert len(peers) % 2 == 0
        with store.transaction():
            store.drop_peers(peers)
        store.close()


@pytest.mark.parametrize("damage", [b"this is not a database" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_file_is_set_aside_and_the_agent_starts_afresh(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / STORE_NAME).write_bytes(damage)
    store = Store(tmp_path)
    assert store.load_peers() == ({}, set())
    store.close()
    assert (tmp_path / f"{STORE_NAME}.damaged").read_bytes() == damage


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    state = tmp_path / "state"
    prepare_state_dir(state)
    store = Store(state)
    with store.transaction():
        store.put_peers([ALICE])
    write_json(state / "x.json", {"a": 1})
    assert state.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in state.iterdir()} == {0o600}
    store.close()


def test_reading_only_changes_nothing(tmp_path: Path) -> None:
    Store(tmp_path).close()
    store = Store(tmp_path, read_only=True)
    assert store.load_peers() == ({}, set())
    with pytest.raises(sqlite3.OperationalError), store.transaction():
        store.put(a=1)
    store.close()


def test_a_file_is_replaced_in_one_step_and_damage_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    assert read_json(path) is None
    write_json(path, {"a": 1})
    write_json(path, {"a": 2})
    assert read_json(path) == {"a": 2}
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.json"]
    for damage in ("{", "[]"):
        path.write_text(damage)
        with pytest.raises(StateDirError):
            read_json(path)


def test_two_agents_cannot_share_a_directory(tmp_path: Path) -> None:
    with StateDirLock(tmp_path), pytest.raises(StateDirError), StateDirLock(tmp_path):
        pass
    with StateDirLock(tmp_path):
        pass
