"""Measurements that a test suite is too short for, as one table: `python -m tests.benchmark [PART ...]`.

What is compared takes turns, each in processes of its own; shown are medians, spreads and their ratios.
The baselines have none of the variables that the program sets for itself.

A kind of machine that README.md tells of has a record, written where nothing else is at work, and README.md
has what the last command prints:

    python -m tests.benchmark --json outputs/reference/benchmark/avx2.json
    python -m tests.benchmark --readme
"""

import argparse
import datetime
import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from model.run.environment import describe_environment
from tests.benchmark.effort import QUICK, Effort
from tests.benchmark.goal import goal
from tests.benchmark.machine import machine
from tests.benchmark.programs import course, forecasts, memory, start, why
from tests.benchmark.table import in_short, markdown, read, recorded, times
from tests.benchmark.trainings import ablation, fit, ways

PARTS = {part.__name__: part for part in (course, forecasts, why, fit, ways, goal, ablation, start, memory)}


def measure(names: list[str], quick: bool, rounds: int | None, path: Path | None) -> None:
    """Measure some parts, write them into a record if there is to be one, and show it as a table."""
    record: dict[str, Any] = {"machine": machine(), "quick": quick, "parts": {}}
    if path is not None and path.exists():
        found = read(path)
        if {**found, "parts": {}} != record:
            raise SystemExit(f"{path} is of another machine, of other versions or quick: give another file.")
        record = found
    effort = QUICK if quick else Effort()
    if rounds is not None:
        effort = replace(effort, rounds=rounds, filter_rounds=rounds, runs=rounds, long_runs=rounds)
    for name in names:
        print(f"{name}: {PARTS[name].__doc__}", file=sys.stderr)
        record["parts"][name] = {
            "date": datetime.date.today().isoformat(),
            "command": shlex.join(["python", "-m", "tests.benchmark", *sys.argv[1:]]),
            "git_commit": describe_environment(threads_per_job=1)["git_commit"],
            "rows": PARTS[name](effort),
        }
        record["parts"] = {part: record["parts"][part] for part in PARTS if part in record["parts"]}
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(markdown(record))


def main() -> None:
    """Measure, or print what is recorded as README.md shows it."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmark", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    told = "\n".join(f"{name}: {part.__doc__}" for name, part in PARTS.items())
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"default: all of these\n{told}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="add what is measured to this record")
    parser.add_argument("--rounds", type=int, help="of trainings, runs and ablations")
    parser.add_argument("--quick", action="store_true", help="try the tool: too little to measure anything")
    parser.add_argument("--readme", action="store_true", help="print the tables of the records in README.md")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; expected any of {', '.join(PARTS)}")
    if arguments.readme:
        print("\n\n".join(filter(None, (times(recorded()), in_short(recorded())))))
    else:
        measure(arguments.parts or list(PARTS), arguments.quick, arguments.rounds, arguments.json)


if __name__ == "__main__":
    main()
