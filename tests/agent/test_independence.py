"""The agent runs on a node that has Python and nothing else."""

import subprocess
import sys

from tests.agent.processes import ROOT

PROGRAM = """
import importlib, pkgutil, sys
import vpn.agent
names = [m.name for m in pkgutil.walk_packages(vpn.agent.__path__, "vpn.agent.") if not m.name.endswith("__main__")]
for name in names:
    importlib.import_module(name)
roots = {name.split(".")[0] for name in sys.modules}
print(sorted(roots - set(sys.stdlib_module_names) - {"vpn", "__main__", "_distutils_hack"}))
"""


def test_it_imports_the_standard_library_alone() -> None:
    # -S leaves the site-packages out altogether, and with them Django and cryptography.
    command = [sys.executable, "-S", "-c", PROGRAM]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_is_there() -> None:
    command = [sys.executable, "-S", "-m", "vpn.agent", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in ("enrol", "run", "teardown", "status"):
        assert name in done.stdout
