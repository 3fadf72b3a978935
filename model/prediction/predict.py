"""The verb `predict`: prepare pictures, have the networks of a run answer them, tell, draw and write it."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from configs.schema import Config
from data.found_pictures import STANDARD_INPUT, handed_over, named_pictures
from data.idx import DataError
from data.likeness import LIKENESS, Likeness, read_likeness
from data.own_pictures import OwnPicture, read_own
from data.packing import PREPARATION, Preparation
from data.pictures import BadPicture
from data.splits import CLASSES_HERE
from data.storage import json_bytes, read_value, write_atomically, write_json
from model.comparison.elsewhere import order_in_words
from model.experiment.progress import BAR_WIDTH, say, short_path
from model.experiment.report import Report, read_report
from model.prediction.figure import picture_of
from model.prediction.job import Answered, answer_pictures
from model.prediction.records import (
    Predicted,
    Predictions,
    Unlikeness,
    drawn_json,
    predictions_json,
    unlikeness_of,
)
from model.prediction.text import bad_in_words, predictions_block, without_likeness
from model.report.drawing import drawn, missing_pictures, not_drawn
from model.run.arithmetic import here
from model.run.folder import RunError, RunFolder, must_have
from model.run.jobs import Done, Failed, Job, Reported
from model.run.workers import Workers

DRAWN = 12  # pictures that are drawn and explained, the first ones
LONGEST_NAME = 60  # characters of a file's name
FOLDER, PREDICTIONS = "predictions", "predictions.json"  # in the outputs folder, and in each run's there
NOT_KNOWN = (
    "Pictures are prepared as Fashion-MNIST's were; how the data of this run were made is not known here."
)


def predict(
    run: RunFolder,
    given: Sequence[str],
    outputs: Path,
    console: Console,
    model: str | None = None,
    as_json: bool = False,
    debug: bool = False,
) -> int:
    """Say what the networks of a run make of pictures, and why.

    `predictions/RUN/predictions.json` in `outputs` has all that is known; NAME.png there shows it of the
    first twelve, and NAME.json has the numbers of that. The data set need not be there.

    Args:
        run: the run.
        given: files, folders, `-` for standard input.
        outputs: where `predictions` stands.
        console: where progress and result are shown.
        model: which model is asked; None: all.
        as_json: print predictions.json in place of the result.
        debug: leave TensorFlow's chatter on screen.

    Returns:
        The exit code: 0; 3 if a picture could not be read, else 4 if something of the run could not be used
        or a picture not be drawn. What can be done is done; the problems stand on stderr.

    Raises:
        ConfigError: the run has no such model.
        DataError: not one picture can be read; nothing is written then.
        RunError: it is no run, or not one of its networks can be used; likewise.
    """
    config, report = run.config(), read_report(run)
    classes = report.data.classes
    CLASSES_HERE[:] = classes
    if model is not None:
        must_have(config.models, model, "model", f"--model {model}")
    models = list(config.models) if model is None else [model]
    likeness, pack, faults = _kept(run)
    columns = (TextColumn("{task.description}"), BarColumn(BAR_WIDTH), TaskProgressColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as display:
        own, bad = _read(given, pack, display)
        images = np.stack([one.pixels for one in own.values()])
        answered = _ask(run, config, models, images, len(classes), display, faults, debug)
    pictures = _records(own, unlikeness_of(likeness, images), answered)
    remarks = _remarks(report, list(answered), pack)
    told = Predictions(str(run.path), list(config.models), classes, pictures, bad, faults, remarks)
    folder = outputs / FOLDER / run.path.resolve().name
    figures, missing = _write(told, folder)
    if as_json:
        print((folder / PREDICTIONS).read_text(encoding="utf-8"), end="")
    else:
        say(console, predictions_block(told, short_path(folder), figures))
        if likeness is None and not (run.path / LIKENESS).exists():
            say(console, without_likeness(short_path(run.path)))
    problems = [*(bad_in_words(*one) for one in bad.items()), *faults, *missing]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 3 if bad else 4 if problems else 0


def _kept(run: RunFolder) -> tuple[Likeness | None, Preparation | None, list[str]]:
    """What tells of the data in a run, as far as it is there, and what of that can't be used."""
    likeness, pack, faults = None, None, []
    path = run.path / LIKENESS
    if path.exists():
        try:
            run.vouch_for(path)
            likeness = run.read(path, read_likeness)
        except RunError as error:
            faults.append(f"{error}. Until then nothing tells what is unlike the data.")
    path = run.path / PREPARATION
    if path.exists():
        run.vouch_for(path)
        pack = run.read(path, lambda path: TypeAdapter(Preparation).validate_python(read_value(path)))
    return likeness, pack, faults


def _read(
    given: Sequence[str], pack: Preparation | None, display: Progress
) -> tuple[dict[str, OwnPicture], dict[str, str]]:
    """The pictures by name, prepared, and why others could not be read."""
    names, bad = named_pictures(given)
    own: dict[str, OwnPicture] = {}
    for name in display.track(names, description="reading"):
        try:
            source = handed_over(sys.stdin.buffer) if name == STANDARD_INPUT else Path(name)
            one = read_own(source, pack)
        except BadPicture as error:
            bad[name] = str(error)
        else:
            own[name] = one if len(own) < DRAWN else replace(one, stages=())
    if not own:
        raise DataError("\n".join(bad_in_words(*one) for one in bad.items()))
    return own, bad


def _ask(
    run: RunFolder,
    config: Config,
    models: Sequence[str],
    images: np.ndarray,
    num_classes: int,
    display: Progress,
    faults: list[str],
    debug: bool,
) -> dict[str, Answered]:
    """What each model answers, by a process that loads TensorFlow; what can't be used joins the faults."""
    answered: dict[str, Answered] = {}
    with Workers(1, config.launch.threads_per_job, None, debug, onednn=here().onednn) as workers:
        tasks = {}
        for model in models:
            saved = {seed: run.seed_folder(model, seed) / "model.keras" for seed in config.seeds}
            asked: dict[str, Any] = {
                "network": config.models[model],
                "saved": saved,
                "num_classes": num_classes,
            }
            asked |= {"pictures": images, "explained": DRAWN}
            workers.submit(Job(model, answer_pictures, asked, tries=1))
            tasks[model] = display.add_task(f"asking {model}", total=1.0)
        for event in workers.events():
            name = event.job.name
            if isinstance(event, Reported):
                display.update(tasks[name], completed=event.value)
            elif isinstance(event, Done):
                display.update(tasks[name], completed=1.0)
                answered[name] = event.value
                faults += event.value.faults
            elif isinstance(event, Failed):
                faults.append(f"{name}: {event.reason}")
    if not answered:
        raise RunError("\n".join(faults))
    return {model: answered[model] for model in models if model in answered}


def _records(
    own: Mapping[str, OwnPicture],
    unlikeness: Sequence[Unlikeness | None],
    answered: Mapping[str, Answered],
) -> list[Predicted]:
    """What is known of each picture; why it is answered so, of those that are drawn."""
    return [
        Predicted(
            name,
            one,
            unlikeness[place],
            {model: given.answers[place] for model, given in answered.items()},
            {model: given.why[place] for model, given in answered.items()} if place < DRAWN else {},
        )
        for place, (name, one) in enumerate(own.items())
    ]


def _remarks(report: Report, models: Sequence[str], pack: Preparation | None) -> list[str]:
    """What is to be known of the answers of these models."""
    found = {model: report.models[model].elsewhere for model in models if model in report.models}
    told = [order_in_words(model, one, report.data) for model, one in found.items() if one]
    if pack is None and not report.data.is_fashion:
        told.append(NOT_KNOWN)
    return [sentence for sentence in told if sentence]


def _write(told: Predictions, folder: Path) -> tuple[list[str], list[str]]:
    """Draw the first pictures and write all -> the files of those drawn, and which could not be.

    Files of earlier calls stay, but for those of pictures that have the same name.
    """
    figures, names = [], _file_names([one.name for one in told.pictures[:DRAWN]])
    for name, picture in zip(names, told.pictures, strict=False):
        (folder / f"{name}.png").unlink(missing_ok=True)  # of an earlier call
        write_json(folder / f"{name}.json", drawn_json(picture, told.classes))
        figures.append(drawn(picture_of, picture, told, path=folder / f"{name}.png"))
    lacking = not_drawn(figures, folder)
    lost = {one.file for one in lacking}
    there = [None if f"{name}.png" in lost else f"{name}.png" for name in names]
    write_atomically(folder / PREDICTIONS, json_bytes(predictions_json(told, there)))
    return [file for file in there if file], missing_pictures(lacking)


def _file_names(pictures: Sequence[str]) -> list[str]:
    """A name for the files of each picture, made of its own; predictions.json is taken."""
    names = [Path(PREDICTIONS).stem]
    for picture in pictures:
        stem = "standard-input" if picture == STANDARD_INPUT else Path(picture).stem
        plain = re.sub(r"[^A-Za-z0-9._-]+", "_", stem)[:LONGEST_NAME].strip(".-_") or "picture"
        numbered = (plain if number == 1 else f"{plain}-{number}" for number in range(1, len(pictures) + 3))
        taken = {name.lower() for name in names}  # of many disks Shirt.png and shirt.png are one file
        names.append(next(name for name in numbered if name.lower() not in taken))
    return names[1:]
