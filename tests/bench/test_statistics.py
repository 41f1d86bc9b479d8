"""The figures that the benchmarks say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.results import Result, table, write
from bench.stats import median, paired_ratio, percentile


def test_a_percentile_is_the_nearest_rank() -> None:
    values = [float(n) for n in range(1, 101)]
    assert percentile(values, 99) == 99
    assert percentile(values, 50) == 50
    assert percentile([7.0], 99) == 7
    assert percentile([3.0, 1.0, 2.0], 100) == 3


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 50)


def test_a_ratio_is_taken_within_each_pair() -> None:
    # The machine was ten times slower during the third pair, for both: that changes no ratio.
    assert paired_ratio([50, 52, 5], [100, 104, 10]) == 0.5
    assert median([1.0, 9.0, 2.0]) == 2


def test_both_halves_of_a_pair_must_be_there() -> None:
    with pytest.raises(ValueError, match="zip"):
        paired_ratio([1, 2], [1])


def _result(id_: str, met: bool | None) -> Result:
    return Result(id_, "something", "something else", "≥ 1", 2.0, "2", met, "how", {"rows": 20}, {"a": [1, 2]})


def test_the_table_says_what_was_met() -> None:
    lines = table([_result("P1", True), _result("P2", False), _result("P3", None)]).splitlines()
    assert lines[0].split() == ["id", "measure", "against", "goal", "measured", "met"]
    assert [line.split()[-1] for line in lines[2:]] == ["yes", "NO", "–"]


def test_lines_of_one_id_share_a_file(tmp_path: Path) -> None:
    write([_result("P2", True), _result("P2", False), _result("P3", True)], {"cores": 2}, True, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["P2.json", "P3.json"]
    content = json.loads((tmp_path / "P2.json").read_text())
    assert [line["met"] for line in content["lines"]] == [True, False]
    assert content["machine"] == {"cores": 2}
    assert content["quick"] is True
