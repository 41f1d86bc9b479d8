"""Chromium that does not hear of the machine's networks.

It ends whatever it is loading when an address appears or goes (ERR_NETWORK_CHANGED), and tests beside this one make and
remove networks. It hears of them by netlink; without that it takes the network for one that stays.
"""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pyseccomp
from playwright.sync_api import Browser, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[str]:
    """The program to start: one file, as Playwright and Lighthouse want it."""
    with TemporaryDirectory() as folder:
        starter = Path(folder) / "chromium"
        starter.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(__file__)} "$@"\n')
        starter.chmod(0o755)
        yield str(starter)


@contextmanager
def launched() -> Iterator[Browser]:
    with sync_playwright() as playwright, chromium() as program:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


def become_chromium() -> None:
    refuse = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    is_netlink = pyseccomp.Arg(0, pyseccomp.EQ, socket.AF_NETLINK)
    refuse.add_rule(pyseccomp.ERRNO(errno.EAFNOSUPPORT), "socket", is_netlink)
    refuse.load()
    program = shutil.which("chromium")
    assert program
    os.execv(program, [program, *sys.argv[1:]])


if __name__ == "__main__":
    become_chromium()
