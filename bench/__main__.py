"""`python -m bench [names…] [--quick]`: measure, print the table, keep the figures in bench/results/."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.context import Bench, prepared
from bench.results import FOLDER, Result, machine_facts, table, write
from nexusvpn.local.processes import interruptible


def benchmarks() -> dict[str, Callable[[Bench], list[Result]]]:
    """Every benchmark by its id. Imported here, since models can be imported only when Django is set up."""
    from bench import admin_lists, creating, depth, fleet, inbox, indexes, ingest, live, mixed, pages, queries, snapshot

    return {
        "P1": pages.run_p1,
        "P2": pages.run_p2,
        "P3": pages.run_p3,
        "P5": queries.run_p5,
        "P6": ingest.run_p6,
        "P8": creating.run_p8,
        "P9": creating.run_p9,
        "P9b": creating.run_p9b,
        "P10": depth.run_p10,
        "P14": live.run_p14,
        "P16": indexes.run_p16,
        "P17": snapshot.run_p17,
        "P18": mixed.run_p18,
        "P19": fleet.run_p19,
        "P20": inbox.run_p20,
        "P21": admin_lists.run_p21,
    }


NAMES = ("P1", "P2", "P3", "P5", "P6", "P8", "P9", "P9b", "P10", "P14", "P16", "P17", "P18", "P19", "P20", "P21")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"which: {', '.join(NAMES)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="smaller and shorter: shows that it works, proves less")
    parser.add_argument("--results", type=Path, default=FOLDER, help="where the JSON files go")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.names) - set(NAMES)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    results: list[Result] = []
    with interruptible(), prepared(quick=chosen.quick) as bench:
        facts = machine_facts(bench.postgresql_version())
        every = benchmarks()
        for name in chosen.names or NAMES:
            started = time.monotonic()
            bench.empty_tables()
            found = every[name](bench)
            for result in found:
                print(f"{result.id}: {result.measure}\n    {result.how}", flush=True)
            print(f"    ({time.monotonic() - started:.1f} s)", flush=True)
            results += found
    write(results, facts, chosen.quick, chosen.results)
    print(f"\n{table(results)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
