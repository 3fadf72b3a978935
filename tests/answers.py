"""The answers to the lab sheets, as they were recorded: `python -m tests.answers`.

It writes outputs/reference/lessons.md from lessons.json there, which `python -m tests.reference` makes.
"""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from configs.networks import Network
from configs.schema import Config, load
from model.experiment.layers import HEAD, alike
from model.networks.facts import summary
from model.report.tables import duration, table
from model.report.words import ends, in_points, percent, signed, span

ROOT = Path(__file__).parent.parent
SHEETS = sorted((ROOT / "configs" / "lessons").glob("*.yaml"))
REFERENCE = ROOT / "outputs" / "reference"
ANSWERS = REFERENCE / "lessons.md"
TRY = re.compile(r'^# {14}python train\.py (\S+) +(.+) --guess "\.\.\."$', re.MULTILINE)


def recorded() -> dict[str, dict[str, Any]]:
    """The figures of every sheet that was run, by the name of its run."""
    found: dict[str, dict[str, Any]] = json.loads((REFERENCE / "lessons.json").read_text(encoding="utf-8"))
    return found


def title(sheet: Path) -> str:
    """What a sheet is called."""
    [found] = re.findall(r"^# Lab sheet: (.+)$", sheet.read_text(encoding="utf-8"), re.MULTILINE)
    return f"{found[:1].upper()}{found[1:]}"


def asked(sheet: Path) -> str:
    """Its question, on one line."""
    [found] = re.findall(r"^# Question +(.+?)\n# Guess ", sheet.read_text(encoding="utf-8"), re.M | re.S)
    return " ".join(found.replace("\n#", " ").split())


def tried(sheet: Path) -> Config:
    """What is to be run after it, to try something else."""
    [(config, overrides)] = TRY.findall(sheet.read_text(encoding="utf-8"))
    return load(ROOT / config, shlex.split(overrides))


def told() -> str:
    """The whole of lessons.md: the sheets in the order of their files."""
    values = json.loads((REFERENCE / "report.json").read_text(encoding="utf-8"))["models"]["cnn"]["accuracy"][
        "values"
    ]
    apart = in_points(max(values) - min(values))
    parts = [
        "# What came out of the lab sheets",
        "The sheets in configs/lessons ask and do not tell; this is for whoever hands them out. Each was run "
        "once, by the command that stands with it. Intervals are 95 %, allowing for other test pictures, not "
        f"for another seed or machine: the {len(values)} trainings of the default network lie at most "
        f"{apart} points apart. Training is the processor time of one training.",
        "`python -m tests.answers` has made this of lessons.json.",
    ]
    figures = recorded()
    for sheet in SHEETS:
        if load(sheet).name in figures:
            parts += _sheet(sheet, figures[load(sheet).name])
    return "\n\n".join(parts) + "\n"


def _sheet(sheet: Path, found: dict[str, Any]) -> Iterator[str]:
    """One sheet: what it asks, and what came out; what follows for its Try without any training."""
    models, environment = found["models"], found["environment"]
    # What was recorded before there was a precision of each network has that of the machine.
    usual = "bfloat16" if environment.get("bfloat16") else "float32"
    precisions = " and ".join(sorted({entry.get("precision", usual) for entry in models.values()}))
    machine = f"{environment['processor']}, {environment['cores']} cores, {precisions}"
    version = f"TensorFlow {environment['versions']['tensorflow']}"
    yield f"## {title(sheet)}"
    yield f"> {asked(sheet)}"
    yield f"`python train.py {sheet.relative_to(ROOT).as_posix()}` ({machine}, {version})"
    rows = [["network", "parameters", "epochs", "training", "right, of the test pictures", "95 %"]]
    for name, entry in models.items():
        cost = [f"{entry['parameters']:,}", f"{entry['epochs']}", duration(entry["train_seconds"])]
        accuracy = entry["accuracy"]
        rows.append([name, *cost, percent(accuracy["mean"]), ends(accuracy["interval"])])
    yield table(rows)
    rows = [["difference", "points", "95 %"]]
    for pair in found["comparisons"]:
        points = signed(100 * pair["difference"])
        rows.append([f"{pair['candidate']} against {pair['baseline']}", points, span(pair["interval"])])
    if found["comparisons"]:
        yield table(rows)
    for name, entry in models.items():
        yield from _curve(name, entry.get("history", {"loss": []}))
    networks, changed = load(sheet).models, tried(sheet).models
    yield from _layers(networks)
    yield "Try, which was not run; so many parameters follow from its networks:"
    yield from _layers({name: network for name, network in changed.items() if networks.get(name) != network})


def _layers(networks: Mapping[str, Network]) -> Iterator[str]:
    """The layers of networks, and which of them has most of the parameters."""
    layers = {name: summary(network, 10) for name, network in networks.items()}
    for names, cells in alike(layers).items():
        rows = layers[names.partition(", ")[0]]
        most, total = max(rows, key=lambda row: row.parameters), sum(row.parameters for row in rows)
        yield f"{names}: most parameters in {most.layer}, {most.parameters:,} of {total:,}"
        yield table([HEAD, *cells])


def _curve(name: str, history: dict[str, list[float]]) -> Iterator[str]:
    """Loss and accuracy of every epoch, where there are several, and where validation loss is lowest."""
    epochs = len(history["loss"])
    if epochs < 2:
        return
    losses = history["val_loss"]
    lowest = min(losses)
    last = "" if losses[-1] == lowest else f"; after the last one it is {losses[-1]:.3f}"
    epoch = losses.index(lowest) + 1
    yield f"{name}: loss on validation pictures is lowest after epoch {epoch} ({lowest:.3f}){last}."
    rows = [["epoch", "loss, training", "loss, validation", "right, training", "right, validation"]]
    for place in range(epochs):
        loss = [f"{history[key][place]:.3f}" for key in ("loss", "val_loss")]
        right = [percent(history[key][place]) for key in ("accuracy", "val_accuracy")]
        rows.append([f"{place + 1}", *loss, *right])
    yield table(rows)


if __name__ == "__main__":
    ANSWERS.write_text(told(), encoding="utf-8")
