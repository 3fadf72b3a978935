"""Figures of finished runs in small, for outputs/reference: `python -m tests.reference FILE RUN [RUN ...]`.

outputs/reference/lessons.json, why.json and small.json were made with it; other runs in them stay:

    python -m tests.reference outputs/reference/lessons.json outputs/lesson-*
    python -m tests.reference outputs/reference/why.json outputs/why
    python -m tests.reference outputs/reference/small.json outputs/small
"""

import argparse
import csv
import json
from pathlib import Path
from typing import Any

OF_A_MODEL = ("parameters", "flops_per_image", "epochs", "train_seconds")
OF_ACCURACY = ("mean", "std", "interval", "values")
OF_A_COMPARISON = ("baseline", "candidate", "difference", "interval", "over")
OF_AN_EPOCH = ("loss", "accuracy", "val_loss", "val_accuracy")
ENVIRONMENT = ("versions", "processor", "cores")


def in_small(run: Path) -> tuple[str, dict[str, Any]]:
    """What a run is called, and what tests, configs and README need of it; curves are of the first seed."""
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    models = {
        name: {key: entry[key] for key in (*OF_A_MODEL, "precision")}
        | {"accuracy": {key: entry["accuracy"][key] for key in OF_ACCURACY}}
        | {"history": _history(run / name / f"seed-{entry['seeds'][0]}")}
        for name, entry in report["models"].items()
    }
    return report["name"], {
        "config_digest": report["config_digest"],
        "seeds": report["seeds"],
        "models": models,
        "comparisons": [{key: pair[key] for key in OF_A_COMPARISON} for pair in report["comparisons"]],
        "why": report["why"],
        "failed": report["failed"],
        "environment": {key: report["environment"].get(key) for key in ENVIRONMENT},
    }


def _history(training: Path) -> dict[str, list[float]]:
    """What became of loss and accuracy, epoch by epoch."""
    with (training / "history.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {key: [round(float(row[key]), 6) for row in rows] for key in OF_AN_EPOCH}


def main() -> None:
    """Write the figures of some runs into one file, by name."""
    parser = argparse.ArgumentParser(prog="python -m tests.reference", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    arguments = parser.parse_args()
    before = json.loads(arguments.file.read_text(encoding="utf-8")) if arguments.file.exists() else {}
    figures = before | dict(map(in_small, arguments.runs))
    arguments.file.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
