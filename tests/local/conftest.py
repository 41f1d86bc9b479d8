"""Checkouts with clusters of their own, and nothing left of them afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nexusvpn.local.postgres import Cluster

CheckoutMaker = Callable[[str, int], Path]


@pytest.fixture
def make_checkout() -> Iterator[CheckoutMaker]:
    """Makes an empty checkout below /tmp: `make_checkout(relative path, mode of its first folder)`."""
    # Not in pytest's own folder, which no other user can reach.
    top = Path(tempfile.mkdtemp(prefix="nexusvpn-test-", dir="/tmp"))
    made: list[Path] = []

    def make(path: str, mode: int) -> Path:
        checkout = top / path
        checkout.mkdir(parents=True)
        top.chmod(mode)
        made.append(checkout)
        return checkout

    yield make
    for checkout in made:
        cluster = Cluster("t", False, checkout)
        cluster.stop()
        shutil.rmtree(cluster.socket_folder, ignore_errors=True)
        shutil.rmtree(cluster.folder, ignore_errors=True)
    shutil.rmtree(top)


@pytest.fixture
def checkout(make_checkout: CheckoutMaker) -> Path:
    return make_checkout("checkout", 0o755)


@pytest.fixture
def cluster(checkout: Path) -> Cluster:
    return Cluster("t", False, checkout)
