"""What `data --pack` says it did, and the command that trains with it."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from configs.command_line import command
from configs.schema import Data
from configs.strict_yaml import plain_value
from configs.values import RUN_NAMES_TAKEN
from data.labelled import TEST_SHARE
from data.packing import Preparation
from data.splits import SMALLEST
from model.report.tables import wrapped
from model.report.words import counted

INDENT = 10
MOST_NAMED = 12  # classes
VALIDATION_SHARE = 10  # of small sets one training picture in ten is held out


def packed_block(done: Preparation, source: Path, folder: Path, shown: str) -> str:
    """All that was done, in lines like those of a training, and the training command.

    `source` is as it was given; `folder`, absolute, has the files, `shown` is what the user would type for
    it.
    """
    facts = {
        "packed": f"{shown}: {done.train:,} training and {done.test:,} test pictures",
        "from": f"{done.kind}, {source}: {'; '.join(_steps(done))}",
        "classes": _classes(done),
        "test": _test(done),
        "note": _light(done),
        "look": f"{shown}/first-pictures.png: lying on their side? {_hint('--transpose', done.transposed)} "
        f"Dark on light? {_hint('--invert', done.inverted)}",
    }
    lines = [wrapped(f"{key:<{INDENT}}{text}", indent=INDENT) for key, text in facts.items() if text]
    return "\n".join([*lines, f"{'train':<{INDENT}}{training_command(done, folder, shown)}"])


def training_command(done: Preparation, folder: Path, shown: str) -> str:
    """The command line that trains the default networks on it."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.name).strip(".-")[:64] or "own"
    taken = name.lower() in RUN_NAMES_TAKEN or re.sub("[^a-z]", "", name.lower()) == "fashionmnist"
    if taken or not isinstance(plain_value(name), str):  # 2024 would be read as a number
        name = f"own-{name}"[:64]
    where = shown if "/" in shown else f"./{shown}"
    plain = where if re.fullmatch(r"[\w./-]+", where) else json.dumps(where, ensure_ascii=False)
    words = [f"data.source={plain}", f"data.name={name}", f"name={name}"]
    default = Data.model_fields["validation_images"].default
    if done.train < 5 * default:
        held_out = min(default, max(SMALLEST, done.train // VALIDATION_SHARE))
        words.append(f"data.validation_images={held_out}")
    return command(*words)


def numbered_name(label: int, name: str) -> str:
    """A class by its label and its name, where they differ."""
    return name if name == str(label) else f"{label} {name}"


def _steps(done: Preparation) -> Sequence[str]:
    """How pictures became what they are."""
    small, large = (" x ".join(f"{side:,}" for side in size) for size in (done.smallest, done.largest))
    steps = [f"pictures of {small}" + ("" if small == large else f" to {large}") + " pixels"]
    steps += ["scaled to fit, what is not square padded with its background"] if done.scaled else []
    steps += done.notes
    steps += ["turned: rows and columns swapped"] if done.transposed else []
    steps += ["inverted"] if done.inverted else []
    steps += [f"{counted(done.left_alone, 'other file')} left alone"] if done.left_alone else []
    return steps


def _classes(done: Preparation) -> str:
    """Which they are, with their labels, and what labels were before."""
    named = [numbered_name(label, one.name) for label, one in enumerate(done.classes)]
    more = len(named) - MOST_NAMED
    listed = ", ".join(named if more <= 1 else [*named[:MOST_NAMED], f"{more} more (classes.txt)"])
    were = [one.was for one in done.classes]
    if not done.renumbered:
        return listed
    gaps = were != list(range(were[0], were[0] + len(were)))
    before = f"{len(were)} labels from {were[0]} to {were[-1]}" if gaps else f"{were[0]} to {were[-1]}"
    return f"{listed}; renumbered from {before}"


def _test(done: Preparation) -> str:
    """How the test came about, and whether it is apart from training."""
    drawn = "as the source has it"
    if done.test_seed is not None:
        share = f"about one picture in {TEST_SHARE} of each class"
        drawn = f"{share}, drawn with seed {done.test_seed}, equal pictures kept together"
    same = f"{done.duplicates:,} of {done.test:,}" if done.duplicates else "none"
    without = [one.name for one in done.classes if not one.test]
    count = counted(len(without), "class")
    lacking = f"; of {count} there is no test picture ({without[0]})" if without else ""
    return f"{drawn}; equal to a training picture: {same}{lacking}"


def _light(done: Preparation) -> str:
    if 2 * done.light <= done.train:
        return ""
    remedy = "pack without --invert" if done.inverted else "--invert makes them so"
    share = f"{done.light:,} of {done.train:,} training pictures"
    return f"{share} have a light border; expected light on dark: {remedy}"


def _hint(option: str, given: bool) -> str:
    return f"Pack without {option}." if given else f"{option}."
