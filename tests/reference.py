"""Figures of finished runs in small, for outputs/reference: `python -m tests.reference FILE RUN [RUN ...]`.

outputs/reference/lessons.json and why.json were made with it:

    python -m tests.reference outputs/reference/lessons.json outputs/lesson-*
    python -m tests.reference outputs/reference/why.json outputs/why
"""

import argparse
import json
from pathlib import Path
from typing import Any

OF_A_MODEL = ("parameters", "flops_per_image", "epochs", "train_seconds")
OF_ACCURACY = ("mean", "std", "interval", "values")
OF_A_COMPARISON = ("baseline", "candidate", "difference", "interval", "over")
ENVIRONMENT = ("versions", "processor", "cores", "bfloat16")


def in_small(report: dict[str, Any]) -> dict[str, Any]:
    """What tests, configs and README need of a report.json."""
    models = {
        name: {key: entry[key] for key in OF_A_MODEL}
        | {"accuracy": {key: entry["accuracy"][key] for key in OF_ACCURACY}}
        for name, entry in report["models"].items()
    }
    return {
        "config_digest": report["config_digest"],
        "seeds": report["seeds"],
        "models": models,
        "comparisons": [{key: pair[key] for key in OF_A_COMPARISON} for pair in report["comparisons"]],
        "why": report["why"],
        "failed": report["failed"],
        "environment": {key: report["environment"].get(key) for key in ENVIRONMENT},
    }


def main() -> None:
    """Write the figures of some runs into one file, by name."""
    parser = argparse.ArgumentParser(prog="python -m tests.reference", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    arguments = parser.parse_args()
    reports = [json.loads((run / "report.json").read_text(encoding="utf-8")) for run in arguments.runs]
    figures = {report["name"]: in_small(report) for report in reports}
    arguments.file.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
