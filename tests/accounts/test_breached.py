"""Passwords from published lists are refused by a look into a file, whatever its size."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.breached import is_breached
from tests.api_client import ApiClient

BREACHED = [f"stolen sentence number {number}" for number in range(1000)]


def hashed(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


@pytest.fixture(params=["\r\n", "\n"], ids=["as published", "with the line ends of Unix"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A small one in the published format: ordered by hash, each with how often it was seen."""
    path = tmp_path / "pwned-passwords.txt"
    lines = sorted(f"{hashed(password)}:{number % 9999 + 1}" for number, password in enumerate(BREACHED))
    path.write_bytes(request.param.join(lines).encode() + request.param.encode())
    return path


def test_every_password_of_the_file_is_found_and_no_other(file: Path) -> None:
    assert all(is_breached(password, file) for password in BREACHED)
    assert not any(is_breached(f"another sentence number {number}", file) for number in range(1000))


def test_the_first_the_last_and_the_only_line_are_found(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_bytes(f"{hashed('only')}:1".encode())
    assert is_breached("only", path)
    assert not is_breached("other", path)
    path.write_bytes(b"")
    assert not is_breached("only", path)


@pytest.mark.django_db
def test_it_is_refused_wherever_a_password_is_set_and_named(api: ApiClient, settings: Settings, file: Path) -> None:
    body = {"email": "dora@example.com", "password": BREACHED[7]}
    settings.BREACHED_PASSWORDS_FILE = str(file)
    answer = api.post("auth/register", body)
    assert (answer.status, "stolen passwords" in answer.fields["password"][0]) == (400, True)
    settings.BREACHED_PASSWORDS_FILE = ""
    assert api.post("auth/register", body).status == 201


def test_a_file_that_is_not_there_refuses_to_start(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import nexusvpn.settings"],
        env={**os.environ, "BREACHED_PASSWORDS_FILE": str(tmp_path / "missing.txt")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "BREACHED_PASSWORDS_FILE names a file that is not there" in done.stderr
