"""Names of configuration files: what wg-quick takes, what nftables takes, and no two alike."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agent.needs import require_root_networking
from vpn.wireguard.file_names import config_file_name, unique_file_names

CASES = json.loads((Path(__file__).parents[2] / "frontend" / "file-name-cases.json").read_text())
VALID = re.compile(r"[a-z0-9_.-]{1,15}\.conf")


@pytest.mark.parametrize(("device", "file"), CASES)
def test_the_server_names_files_as_the_script_does(device: str, file: str) -> None:
    assert config_file_name(device) == file


@pytest.mark.parametrize("file", [file for _, file in CASES])
def test_the_table_that_wg_quick_names_after_the_file_is_one_for_nftables(file: str) -> None:
    require_root_networking()
    command = f"add table ip wg-quick-{file.removesuffix('.conf')}\n"
    done = subprocess.run(["nft", "-c", "-f", "-"], input=command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_wg_quick_takes_but_its_table_cannot_be_named_after_is_not_used() -> None:
    """The reason for the rule: should nftables learn these signs, names may have them again."""
    require_root_networking()
    for sign in "=+":
        command = f"add table ip wg-quick-a{sign}b\n"
        done = subprocess.run(["nft", "-c", "-f", "-"], input=command, capture_output=True, text=True, check=False)
        assert done.returncode != 0
        assert sign not in config_file_name(f"a{sign}b")


@given(st.lists(st.text(max_size=40), unique=True, max_size=40))
def test_many_names_are_all_valid_and_all_different(names: list[str]) -> None:
    chosen = unique_file_names(names)
    assert list(chosen) == names
    assert len(set(chosen.values())) == len(names)
    assert all(VALID.fullmatch(file) for file in chosen.values())


def test_names_that_would_be_alike_end_in_numbers() -> None:
    names = [
        "frankfurt-am-main-1",
        "frankfurt-am-main-2",
        "Frankfurt am Main",
        *(f"same{'!' * n}" for n in range(1, 12)),
    ]
    chosen = unique_file_names(names)
    assert list(chosen.values())[:3] == ["frankfurt-am-ma.conf", "frankfurt-am-2.conf", "frankfurt-am-3.conf"]
    assert list(chosen.values())[-1] == "same-11.conf"
    assert unique_file_names(["ams", "zrh"]) == {"ams": "ams.conf", "zrh": "zrh.conf"}
