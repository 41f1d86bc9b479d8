"""Who gets what from each endpoint is written down in `access.txt`; whoever changes it changes that file, and sees it.

To write it anew: `ACCESS_TABLE=write make test` (or this file alone), then read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.architecture.access import ROLES, access_table, make_world

TABLE = Path(__file__).with_name("access.txt")
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def written() -> list[list[str]]:
    return [line.split(" | ") for line in TABLE.read_text().splitlines()]


def test_everybody_gets_what_is_written_down() -> None:
    found = list(access_table(make_world()))
    if os.environ.get("ACCESS_TABLE") == "write":
        TABLE.write_text("\n".join(found) + "\n")
    expected = TABLE.read_text().splitlines()
    missing, unwritten = set(expected) - set(found), set(found) - set(expected)
    assert not missing | unwritten, f"written, not so: {sorted(missing)}; so, not written: {sorted(unwritten)}"


def column(role: str, written: list[list[str]]) -> dict[str, int]:
    place = 1 + ROLES.index(role)
    return {line[0]: int(line[place]) for line in written[1:]}


def test_what_is_written_down_keeps_strangers_out(written: list[list[str]]) -> None:
    """The rules that the table must obey whatever is added to it."""
    owner, anonymous = column("owner", written), column("anonymous", written)
    for endpoint, status in column("other", written).items():
        # What is shown to whoever asks is nobody's.
        # A location is nobody's either: everybody has favourites of their own among them.
        if "locations/{id}" in endpoint:
            continue
        if "{id}" in endpoint and owner[endpoint] != 401 and anonymous[endpoint] == 401:
            assert status == 404, f"{endpoint}: another person's object answers {status}"
    for endpoint, status in column("suspended", written).items():
        assert status in (401, anonymous[endpoint]), f"{endpoint} answers a suspended account {status}"
    for endpoint, status in column("node", written).items():
        if not endpoint.split()[1].startswith("node/"):
            assert status in (401, anonymous[endpoint]), f"{endpoint} answers a node {status}"
    for endpoint, status in owner.items():
        if endpoint.split()[1].startswith("node/") and "enrol" not in endpoint:
            assert status == 401, f"{endpoint} answers a customer {status}"
