"""PostgreSQL's own load generator, from the embedded server's programs or the PATH."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from nexusvpn.local import places
from nexusvpn.local.places import LocalServiceError


def find_pgbench() -> str | None:
    """The program, or None where neither the wheel nor the machine has it."""
    try:
        embedded = places.postgres_programs(places.make_data_folder()) / "pgbench"
    except LocalServiceError:
        return shutil.which("pgbench")
    return str(embedded) if embedded.exists() else shutil.which("pgbench")


def transactions_per_second(program: str, database_url: str, script: Path, clients: int, seconds: float) -> float:
    """Run `script` with prepared statements for whole seconds; raises RuntimeError when it fails."""
    command = [program, "--no-vacuum", "--protocol=prepared", f"--client={clients}", "--jobs=2"]
    command += [f"--time={max(1, round(seconds))}", f"--file={script}", database_url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)
    found = re.search(r"^tps = ([0-9.]+)", done.stdout, flags=re.MULTILINE)
    if done.returncode != 0 or found is None:
        raise RuntimeError(f"pgbench failed: {done.stderr[-500:]}")
    return float(found[1])
