"""The embedded PostgreSQL: made from nothing, shared by processes, ended by the last one, and robust when killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from nexusvpn.local import places
from nexusvpn.local.places import LocalServiceError
from nexusvpn.local.postgres import Cluster
from tests.local.conftest import CheckoutMaker
from tests.local.users import UserProcess, fetch


def test_a_cluster_is_made_from_nothing_and_stopped_at_the_end(cluster: Cluster) -> None:
    with UserProcess(cluster.checkout) as user:
        url = user.url()
        assert url == cluster.url
        assert fetch(url, "SELECT current_database() || ' ' || current_user") == "nexusvpn nexusvpn"
        assert fetch(url, "SELECT lower('ÄÖÜ')") == "äöü"
        user.end()
    assert cluster.server_process() is None
    assert not cluster.accepts_connections()
    assert not cluster.socket_folder.exists()


def test_the_last_user_stops_the_server_and_not_an_earlier_one(cluster: Cluster) -> None:
    with UserProcess(cluster.checkout) as first, UserProcess(cluster.checkout) as second:
        first.url()
        server = cluster.server_process()
        second.url()
        assert cluster.server_process() == server
        first.end()
        assert fetch(cluster.url, "SELECT 1") == 1
        second.end()
    assert cluster.server_process() is None


def test_many_first_users_at_once_share_one_server(cluster: Cluster) -> None:
    users = [UserProcess(cluster.checkout) for _ in range(6)]
    try:
        urls = {user.url() for user in users}
        assert urls == {cluster.url}
        assert fetch(cluster.url, "SELECT count(*) FROM pg_database WHERE datname = 'nexusvpn'") == 1
        for user in users:
            user.end()
    finally:
        for user in users:
            user.kill()
    assert cluster.server_process() is None


def test_a_killed_user_leaves_the_server_to_the_next_one(cluster: Cluster) -> None:
    with UserProcess(cluster.checkout) as killed:
        killed.url()
        killed.kill()
    server = cluster.server_process()
    assert server is not None
    with UserProcess(cluster.checkout) as user:
        user.url()
        assert cluster.server_process() == server
        user.end()
    assert cluster.server_process() is None


def test_a_killed_server_comes_back_with_what_was_committed(cluster: Cluster) -> None:
    with UserProcess(cluster.checkout, durable=True) as first:
        fetch(first.url(), "CREATE TABLE kept AS SELECT 7 AS number")
        server = cluster.server_process()
        assert server is not None
        os.kill(server, signal.SIGKILL)
        with UserProcess(cluster.checkout, durable=True) as second:
            assert fetch(second.url(), "SELECT number FROM kept") == 7
            assert cluster.server_process() != server


def test_a_number_that_went_to_another_program_does_not_stop_the_start(cluster: Cluster) -> None:
    with UserProcess(cluster.checkout) as user:
        user.url()
        user.end()
    options = places.server_user().process_options()
    stranger = subprocess.Popen(["sleep", "60"], **options)  # type: ignore[call-overload]
    try:
        (cluster.data / "postmaster.pid").write_text(f"{stranger.pid}\n")
        assert cluster.server_process() is None
        with UserProcess(cluster.checkout) as user:
            assert fetch(user.url(), "SELECT 1") == 1
    finally:
        stranger.kill()
        stranger.wait()


def test_a_first_start_that_was_killed_half_way_is_begun_again(cluster: Cluster) -> None:
    partial = cluster.data.with_name("t.partial")
    partial.mkdir(parents=True)
    (partial / "PG_VERSION").write_text("18\n")
    with UserProcess(cluster.checkout) as user:
        assert fetch(user.url(), "SELECT 1") == 1
    assert not partial.exists()


def test_a_long_path_to_the_checkout_is_no_obstacle(make_checkout: CheckoutMaker) -> None:
    checkout = make_checkout("/".join(["a-folder-with-quite-a-long-name"] * 6), 0o755)
    with UserProcess(checkout) as user:
        assert fetch(user.url(), "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_a_checkout_that_the_servers_user_cannot_reach_keeps_its_data_elsewhere(make_checkout: CheckoutMaker) -> None:
    checkout = make_checkout("home/checkout", 0o700)
    cluster = Cluster("t", False, checkout)
    assert cluster.data.is_relative_to("/var/lib")
    with UserProcess(checkout) as user:
        assert fetch(user.url(), "SELECT 1") == 1
    assert not (checkout / ".data").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_programs_that_the_servers_user_cannot_reach_are_copied(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "_open_to_all", lambda path: False)
    programs = places.postgres_programs(checkout)
    assert programs.is_relative_to(checkout)
    user = places.server_user()
    command = [str(programs / "initdb"), "--version"]
    answer = subprocess.run(command, capture_output=True, cwd="/", **user.process_options())  # type: ignore[call-overload]
    assert b"PostgreSQL" in answer.stdout, answer.stderr


def test_a_socket_folder_of_somebody_else_is_refused(cluster: Cluster) -> None:
    cluster.folder.mkdir()
    cluster.socket_folder.mkdir(mode=0o755)
    cluster.socket_folder.chmod(0o777)
    with pytest.raises(LocalServiceError, match="belongs to another user"):
        cluster.start()


def test_a_version_that_is_no_longer_installed_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalServiceError, match="made by PostgreSQL 9"):
        places.postgres_programs(tmp_path, "9")


def test_the_name_of_a_cluster_can_be_part_of_a_path(checkout: Path) -> None:
    with pytest.raises(ValueError, match="lower-case letters"):
        Cluster("../main", False, checkout)


def test_the_second_start_takes_less_than_two_seconds(cluster: Cluster) -> None:
    with UserProcess(cluster.checkout) as user:
        user.url()
        user.end()
    begin = time.monotonic()
    cluster.start()
    assert time.monotonic() - begin < 2
