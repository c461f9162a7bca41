"""`python -m benchmarks [p1 p2 p3 p4 p4b p7 p8]`: measure, print a line for each figure, write benchmarks/results.jsonl."""

from __future__ import annotations

import datetime as dt
import importlib
import json
import os
import platform
import signal
import sys
from pathlib import Path

from benchmarks.measure import GENERATOR

WORKLOADS = {
    "p1": "p1_public_page",
    "p2": "p2_registration",
    "p3": "p3_certificates",
    "p4": "p4_names",
    "p4b": "p4_attendance",
    "p7": "p7_programme_file",
    "p8": "p8_first_start",
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in WORKLOADS]
    if unknown:
        print(f"There is no workload {', '.join(unknown)}. Known: {', '.join(WORKLOADS)}.", file=sys.stderr)
        return 2
    machine = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
    }
    print(f"{machine['cores']} cores, Python {machine['python']}, {machine['at']}, load from {GENERATOR}", flush=True)
    missed = 0
    # A run of some workloads leaves what the others found.
    file = Path(__file__).parent / "results.jsonl"
    rows = {row["workload"]: row for row in map(json.loads, file.read_text().splitlines())} if file.exists() else {}
    for name in names or WORKLOADS:
        for result in importlib.import_module(f"benchmarks.{WORKLOADS[name]}").run():
            print(result.line(), flush=True)
            rows[result.workload] = {**machine, **result.row()}
            file.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows.values()))
            missed += result.reached is False
    print(f"{missed} not reached" if missed else "all reached")
    return 0


def stop(*_unused: object) -> None:
    raise SystemExit(143)  # unwinds, so that the servers of this run end too


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    raise SystemExit(main(sys.argv[1:]))
