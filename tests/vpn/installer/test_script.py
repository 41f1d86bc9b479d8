"""What a machine fetches to become a node."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from tests.live.requirements import need_program
from vpn.installer.script import install_command, install_script
from vpn.services.nodes import enrolment_command

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    return Client()


def test_the_script_names_the_agent_that_is_served(browser: Client) -> None:
    script = browser.get("/node/install.sh")
    assert script.headers["Content-Type"] == "text/x-shellscript; charset=utf-8"
    (named,) = re.findall(r"^agent_sha256=([0-9a-f]{64})$", script.text, flags=re.MULTILINE)
    agent = browser.get(f"/node/agent.pyz?sha256={named}")
    assert hashlib.sha256(agent.content).hexdigest() == named
    assert agent.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert not re.search("@[A-Z0-9_]+@", script.text)


def test_who_expects_another_agent_gets_none(browser: Client) -> None:
    assert browser.get(f"/node/agent.pyz?sha256={'0' * 64}").status_code == 404
    plain = browser.get("/node/agent.pyz")
    assert (plain.status_code, plain.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize("path", ["/node/install.sh", "/node/agent.pyz"])
def test_what_is_known_already_is_not_sent_again_and_nothing_can_be_posted(browser: Client, path: str) -> None:
    first = browser.get(path)
    again = browser.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert browser.post(path).status_code == 405


def test_they_count_like_every_page(browser: Client) -> None:
    statuses = [browser.head("/node/install.sh").status_code for _ in range(101)]
    assert statuses.count(429) >= 1


def test_the_command_to_paste_has_the_token_in_the_environment_only(settings: Settings) -> None:
    settings.SITE_URL = "https://vpn.example.com"
    assert enrolment_command("nve_x") == (
        "curl --proto '=https' --tlsv1.2 -fsS https://vpn.example.com/node/install.sh | NEXUSVPN_ENROLMENT_TOKEN=nve_x sh"
    )
    settings.SITE_URL = "http://10.0.0.1:8000"
    assert (
        install_command("nve_x") == "curl -fsS http://10.0.0.1:8000/node/install.sh | NEXUSVPN_ENROLMENT_TOKEN=nve_x sh"
    )


def test_an_address_is_data_to_the_shell(settings: Settings) -> None:
    settings.SITE_URL = "https://vpn.example.com/'; touch /tmp/x; '"
    assert "site_url='https://vpn.example.com/'\"'\"'; touch /tmp/x; '\"'\"''\n" in install_script()


def test_the_shell_checker_has_nothing_to_say(tmp_path: Path) -> None:
    need_program("shellcheck")
    script = tmp_path / "install.sh"
    script.write_text(install_script())
    done = subprocess.run(["shellcheck", "-s", "sh", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_script_that_was_cut_short_runs_nothing(tmp_path: Path) -> None:
    """Its first act would be to ask who it is; here that leaves a trace, and the answer that it is nobody."""
    tools, trace = tmp_path / "bin", tmp_path / "trace"
    tools.mkdir()
    asking = tools / "id"
    asking.write_text(f"#!/bin/sh\necho x >>{trace}\necho 1000\n")
    asking.chmod(0o755)
    lines = install_script().splitlines(keepends=True)
    environment = {"PATH": f"{tools}:{os.environ['PATH']}"}

    def run(text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["sh"], input=text, env=environment, capture_output=True, text=True, check=False)

    # In the middle of each line, and at every character of the last.
    whole_text = "".join(lines)
    cuts = ["".join(lines[:number]) + line[: len(line) // 2] for number, line in enumerate(lines)]
    cuts += [whole_text[:-characters] for characters in range(2, len(lines[-1]))]
    for text in cuts:
        run(text)
        assert not trace.exists(), f"cut after {text[-40:]!r}"
    whole = run(whole_text)
    assert trace.exists()
    assert (whole.returncode, whole.stderr) == (1, "nexusvpn: run this as root\n")
