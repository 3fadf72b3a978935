"""The verb `export`: what is asked for, each in a folder of its own that is there whole or not at all."""

import os
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from configs.schema import Config, ConfigError
from data.storage import whole_folder, write_json
from model.comparison.elsewhere import order_in_words
from model.experiment.opening import config_and_data
from model.experiment.progress import say, short_path
from model.experiment.report import read_report, reasons_before
from model.export.contents import draw_pictures_again, write_tables, write_tables_of_sweep
from model.export.formats import FORMATS, SNIPPET
from model.export.network import export_network
from model.run.arithmetic import here
from model.run.environment import describe_environment
from model.run.folder import RunError, RunFolder, again, must_have
from model.run.jobs import Done, Failed, Job
from model.run.workers import Workers
from model.sweep.report import is_sweep

NAMES = (*FORMATS, "csv", "svg")
THREADS = 1  # of an operation, in Keras as in the other runtimes
ABOUT = "export.json"  # beside a network: what it is, and what was measured


def export_run(
    run: RunFolder,
    forms: Sequence[str],
    outputs: Path,
    console: Console,
    model: str | None = None,
    seed: int | None = None,
    debug: bool = False,
) -> int:
    """Export a run, which is only read, in one or several forms of `NAMES`, into `exports/RUN/` in `outputs`.

    Of a sweep there is csv.

    `model` and `seed` say which network; else it is every model's, of the first seed. `debug`: leave
    TensorFlow's chatter and tracebacks on screen.

    Returns the exit code: 0, or 4 if anything of it could not be made; that is said, and the rest is there.

    Raises:
        ConfigError: there is no such form, model or seed.
        RunError: the folder is no run, or its data have changed since.
        DataError: its data can't be had.
    """
    forms, target, failed = list(dict.fromkeys(forms)), outputs / "exports" / run.path.resolve().name, False
    if forms == ["csv"] and model is None and seed is None and is_sweep(run):
        faults = _filled(target / "csv", partial(write_tables_of_sweep, run), console)
        for fault in faults:
            say(console, fault)
        return 4 if faults else 0
    _must_make_sense(run.config(), forms, model, seed)
    for fault in _faults(run, forms, target, console, model, seed, debug):
        say(console, fault)  # at once: what comes later may end the command
        failed = True
    return 4 if failed else 0


def _faults(
    run: RunFolder,
    forms: Sequence[str],
    target: Path,
    console: Console,
    model: str | None,
    seed: int | None,
    debug: bool,
) -> Iterator[str]:
    """Export all that is asked for; yielded is what could not be made, as it is met."""
    networks = [form for form in forms if form in FORMATS]
    yield from (_missing(form) for form in networks if FORMATS[form].missing)
    if "csv" in forms:
        yield from _filled(target / "csv", partial(write_tables, run), console)
    if set(forms) == {"csv"}:  # which needs no pictures
        return
    config, splits = config_and_data(run)
    if "svg" in forms:
        yield from _filled(target / "svg", partial(draw_pictures_again, run, splits), console)
    networks = [form for form in networks if not FORMATS[form].missing]
    if networks:
        seed = config.seeds[0] if seed is None else seed
        with Workers(1, THREADS, splits, debug, onednn=here().onednn) as workers:
            export = _Networks(run, config, workers, target, console)
            for form in networks:
                for one in [model] if model is not None else config.models:
                    yield from export.export(form, one, seed)


def _must_make_sense(config: Config, forms: Sequence[str], model: str | None, seed: int | None) -> None:
    """Raise ConfigError for what a run does not have, or a form is not of."""
    for form in forms:
        if form not in NAMES:
            raise ConfigError(f"--format {form}: expected one of {', '.join(NAMES)}.")
    if model is not None:
        must_have(config.models, model, "model", f"--model {model}")
    if seed is not None:
        must_have(config.seeds, seed, "seed", f"--seed {seed}")
    for option, value in (("--model", model), ("--seed", seed)):
        if value is not None and not set(forms) & set(FORMATS):
            tell = "tells" if len(forms) == 1 else "tell"
            raise ConfigError(
                f"{option} {value}: {' and '.join(forms)} {tell} of the whole run; leave it out."
            )


def _missing(form: str) -> str:
    """What a form lacks here, and how to get it."""
    packages, extra = FORMATS[form].missing, FORMATS[form].extra
    verb, them = ("is", "it") if len(packages) == 1 else ("are", "them")
    install = f'`python -m pip install -e ".[{extra}]"`'
    return (
        f"{form}: {' and '.join(packages)} {verb} not installed; {install} installs {them} where there is a "
        "package for this platform. The other formats do without."
    )


def _filled(place: Path, fill: Callable[[Path], list[str]], console: Console) -> list[str]:
    """Make a folder by filling it; returned is what could not be made, of it or at all."""
    try:
        with _new_folder(place) as folder:
            faults = fill(folder)
    except RunError as error:
        return [f"{place.name}: {error}"]
    number = sum(path.is_file() for path in place.rglob("*"))
    say(console, f"Look   {short_path(place)}: {number:,} file{'s' * (number != 1)}")
    return faults


@dataclass(frozen=True)
class _Networks:
    """The networks of a run, exported one by one by the same worker into folders of `target`."""

    run: RunFolder
    config: Config
    workers: Workers
    target: Path
    console: Console

    def export(self, form: str, model: str, seed: int) -> list[str]:
        """Export one network; returned is why that was not possible."""
        place = self.target / f"{model}-seed-{seed}-{form}"
        about: dict[str, Any] = {"run": self.run.path.resolve().name}
        about |= {"model": model, "seed": seed, "format": form}
        try:
            saved = self._saved(model, seed)
            with _new_folder(place) as folder:
                job = {"saved": saved, "network": self.config.models[model], "name": model, "form": form}
                about |= self._done(Job(place.name, export_network, job | {"folder": folder}, tries=1))
                about["order"] = self._order(model)
                write_json(folder / ABOUT, about | {"environment": describe_environment(THREADS)})
        except RunError as error:
            return [f"{form} of {model}, seed {seed}: {error}"]
        say(self.console, _told(place, about))
        return []

    def _saved(self, model: str, seed: int) -> Path:
        saved = self.run.seed_folder(model, seed) / "model.keras"
        if saved.exists():
            return saved
        reason = reasons_before(self.run).get((model, seed))
        failed = "it could not be taken in" if model in self.config.elsewhere else "its training failed"
        why = f"{failed}: {reason}" if reason else f"{saved} is missing"
        trained = [one for one in self.config.seeds if one != seed and self.run.metrics(model, one)]
        hint = f"--seed {trained[0]} can be exported; " if trained else ""
        raise RunError(f"{why}; {hint}{again(self.run.path)}")

    def _order(self, model: str) -> str:
        """That its answers seem to stand for other classes than are written beside it; empty if not."""
        with suppress(RunError):  # there is no report yet, or none of use
            report = read_report(self.run)
            if model in report.models and (found := report.models[model].elsewhere):
                return order_in_words(model, found, report.data)
        return ""

    def _done(self, job: Job) -> dict[str, Any]:
        """What a job returns."""
        self.workers.submit(job)
        [event] = self.workers.events()
        if isinstance(event, Done):
            returned: dict[str, Any] = event.value
            return returned
        raise RunError(event.reason if isinstance(event, Failed) else "it was not begun")


def _told(place: Path, about: dict[str, Any]) -> str:
    """What is said of a network that was exported."""
    largest = f"{about['largest_difference']:.1e}".replace("-", "−")
    apart = f"about {largest} apart at most" if about["largest_difference"] else "equal"
    ties = f" but for {about['ties']:,} between two classes as likely" if about["ties"] else ""
    seconds = about["predict_one_seconds"]
    order = [f"       {about['order']}"] if about["order"] else []
    return "\n".join(
        [
            f"Look   {short_path(place / about['file'])}",
            f"       {about['bytes'] / 1e6:.2f} MB; a picture that comes alone takes {1000 * seconds:.2f} ms",
            f"       {about['compared']:,} test pictures: answers as by Keras{ties}, probabilities {apart}",
            *order,
            f"Next   {shlex.join(['python', short_path(place / SNIPPET), 'PICTURE'])}",
        ]
    )


@contextmanager
def _new_folder(path: Path) -> Iterator[Path]:
    """A folder that takes its name when it is whole; RunError where something has that name."""
    if os.path.lexists(path):
        raise RunError(f"{short_path(path)} is there already; move it away, or take another --outputs")
    with whole_folder(path) as beside:
        yield beside
