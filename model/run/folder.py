"""The run folder: where each file stands, and reading it with errors that help. No TensorFlow.

outputs/<name>/
  manifest.json  config.yaml  environment.json  report.json  report.md  report.html  figures/*.png
  <model>/seed-<n>/    model.keras  history.csv  predictions.npz  metrics.json  robustness.npz/.json
                       (trained elsewhere: original.keras, and no history.csv)
  <model>/inspection/  filters.npz  passports.json  ...  inside-figures.json  why-figures.json  *.png

What each file holds: outputs/README.md.
"""

import os
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from configs.asked import Shard
from configs.command_line import command, into
from configs.schema import Config, ConfigError
from configs.strict_yaml import shown
from data.lease import Lease
from data.storage import remove_temporary, write_atomically
from model.run.at_work import claimed, holders
from model.run.checkpoints import remove_checkpoints
from model.run.identity import identity_without_manifest, trainings_in
from model.run.made_with import Configs, configs_of
from model.run.manifest import Manifest, read_manifest
from model.run.readers import is_look, is_metrics, read_columns, read_if_good, read_json, read_predictions
from model.run.sweeps import no_run

T = TypeVar("T")
RECORDS = {"inspection": "inside-figures.json", "attribution": "why-figures.json"}  # by kind, their records
ORIGINAL = "original.keras"  # a copy of the file that a network trained elsewhere was taken from
MISPLACED = "in another's place"  # so ends what is said of a file that belongs elsewhere in the run


class RunError(Exception):
    """A run folder that is missing, damaged or not what was asked for."""


def must_have(known: Collection[object], one: object, what: str, told: str) -> None:
    """Refuse a model or a seed (`what`) that a run does not have.

    Args:
        known: those that it has.
        one: what was asked for.
        what: which of both it is.
        told: what was asked for, as the user gave it.

    Raises:
        ConfigError: it is not among them.
    """
    if one not in known:
        there = ", ".join(map(str, known))
        raise ConfigError(f"{told}: the run has no such {what}; expected one of {there}.")


@dataclass(frozen=True)
class RunFolder:
    """One run on disk. What reads raises RunError with the file, what is wrong, and what to do."""

    path: Path

    @property
    def figures(self) -> Path:
        """Where the figures of the comparison stand."""
        return self.path / "figures"

    def seed_folder(self, model: str, seed: int) -> Path:
        """Where one training's model, history, predictions and metrics stand."""
        return self.path / model / f"seed-{seed}"

    def inspection_folder(self, model: str) -> Path:
        """Where the filters and maps of a model's first seed stand."""
        return self.path / model / "inspection"

    def manifest(self) -> Manifest | None:
        """What the run vouches for; None where it was made before there was such a record, or lost it."""
        return read_manifest(self.path)

    def config(self) -> Config:
        """The config that the run was made with, also where config.yaml was edited since, or lost.

        What decides no number of a training may be edited in it, and is as config.yaml says. A sweep is no
        run: which of its runs to take is in the message.
        """
        self._must_be_a_run()
        found = self._configs()
        if (known := found.made or found.there) and known.sweep:
            raise RunError(no_run(self.path, known))
        if found.there is not None and not found.fault:
            return found.there
        if found.made is not None:
            return found.made
        if found.fault:
            raise RunError(self.edited_in_words())
        remedy = f"`{command()}` makes a run that has all"
        if self.identity():
            remedy = "the command that made it writes one, if the folder is called as it was then"
        raise RunError(f"{self.path} holds no config.yaml, so nothing tells what it was made with; {remedy}")

    def known_config(self) -> Config | None:
        """The config that is on record, else the one that is there; None where both are lost.

        It has the name of the run as it was made; its folder may be called otherwise.
        """
        found = self._configs()
        return found.made or found.there

    def edited(self) -> str:
        """What keeps config.yaml from being that of the run, in a clause; empty if nothing does."""
        return self._configs().fault

    def edited_in_words(self) -> str:
        """The same with what to do, in a sentence without its end."""
        there, made, fault = self._configs()
        if not fault:
            return ""
        commit = (self.environment() or {}).get("git_commit")
        version = f" (git commit {shown(commit)})" if isinstance(commit, str) else ""
        remedy = f"put it back as it was, or open it with the version that made it{version}"
        if made is not None and made.sweep:
            remedy = f"to keep this sweep: move it aside, then `{going_on(self.path)}` writes its own again"
        elif made is not None:
            inspect = command("inspect", self.path)
            remedy = f"to keep this run: move it aside, then `{inspect}` writes the one of the run again"
        if there is not None:  # first, for it is gone from here when the run has its own again
            remedy = f"to train the one that is there: `{going_on(self.path)}`; {remedy}"
        return f"{fault}; {remedy}"

    def lost_config(self) -> Config | None:
        """The config that the run was made with, where config.yaml is gone; None where there is no run.

        Raises:
            RunError: there is one, and nothing says what it was made with.
        """
        if os.path.lexists(self.path / "config.yaml") or not self.identity():
            return None
        known = self.known_config()
        return known if known and known.sweep else self.config()

    def _configs(self) -> Configs:
        """What is known of the run's config."""
        manifest = self.manifest()
        identity = manifest.identity if manifest else self.identity()
        return configs_of(self.path, manifest, identity.get("config_digest"))

    def identity(self, asked: Config | None = None) -> dict[str, str]:
        """The digests of config and data that the run was made with; empty where nothing tells them.

        Without a manifest most of its records decide, environment.json among as many; `asked` is a config
        that it may be of.
        """
        manifest = self.manifest()
        return manifest.identity if manifest else identity_without_manifest(self.path, asked)

    def report(self) -> dict[str, Any]:
        """The content of report.json."""
        self._must_be_a_run()
        return self.read(self.path / "report.json", read_json)

    def environment(self) -> dict[str, Any] | None:
        """What the run began in: by its record, environment.json, or a training of its own; else None."""
        if manifest := self.manifest():
            return manifest.environment
        if there := read_if_good(self.path / "environment.json"):
            return there | self.identity()  # it may have been put there from another run
        own = (metrics.get("environment") for metrics in trainings_in(self.path).values())
        return next((one | self.identity() for one in own if isinstance(one, dict)), None)

    def metrics(self, model: str, seed: int) -> dict[str, Any] | None:
        """The metrics of a finished training, or None: they are written last."""
        metrics = read_if_good(self.seed_folder(model, seed) / "metrics.json") or {}
        return metrics if is_metrics(metrics) else None

    def look(self, model: str, kind: str) -> dict[str, Any] | None:
        """What a look into a model has drawn (its record, written last), or None."""
        record = read_if_good(self.inspection_folder(model) / RECORDS[kind])
        return record if record is not None and is_look(record) else None

    def history(self, model: str, seed: int) -> dict[str, np.ndarray]:
        """The columns of history.csv by name."""
        return self.read(self.seed_folder(model, seed) / "history.csv", read_columns)

    def predictions(self, model: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities float32 (num_test, num_classes) and labels uint8 (num_test,)."""
        return self.read(self.seed_folder(model, seed) / "predictions.npz", read_predictions)

    def at_work(self) -> str:
        """Who is at work in the folder; empty if nobody."""
        return "; ".join(holder.who for holder in holders(self.path).values())

    @contextmanager
    def held(self, remedy: str = "wait for it", shard: Shard | None = None) -> Iterator[Lease]:
        """Keep other processes out of the folder, and tidy up what one that was killed left.

        A `shard` keeps them out of its own share alone, and leaves the rest as it is. RunError says who is at
        work in it, with the `remedy`.
        """
        with ExitStack() as stack:
            try:
                lease = stack.enter_context(claimed(self.path, shard))
            except BlockingIOError as error:
                raise RunError(f"{error} is at work in {self.path}; {remedy}") from None
            if shard is None:
                self.tidy()
            yield lease

    def linked_in_words(self) -> str:
        """Which folder of the run is a link to another one, with what to do; empty if none is."""
        folders = (Path(above, name) for above, names, _ in os.walk(self.path) for name in names)
        link = next((path for path in folders if path.is_symlink()), None)
        return f"{link} is a link to another folder: put a folder of its own in its place" if link else ""

    def tidy(self) -> None:
        """Remove what a killed process left: files half-written, checkpoints of trainings that are done.

        Raises:
            RunError: a folder of the run is a link, through which a run would be written elsewhere.
        """
        if told := self.linked_in_words():
            raise RunError(told)
        remove_temporary(self.path)
        manifest = self.manifest()
        begun = manifest.unfinished if manifest else {}  # they may be trained for the second time
        for folder in (metrics.parent for metrics in self.path.glob("*/seed-*/metrics.json")):
            if f"{folder.parent.name} {folder.name.replace('-', ' ')}" not in begun:
                remove_checkpoints(folder)

    def clear(
        self, spared: Sequence[Path] = (), begin: Callable[["RunFolder"], object] = lambda folder: None
    ) -> None:
        """Remove the run, but for files in it; whoever looks finds it whole, or as it begins, or not at all.

        `begin` writes what the folder is known by from then on. What a link leads to stays.
        """
        old, new = (self.path.with_name(f".{self.path.name}.{age}") for age in ("old", "new"))
        for path in (old, new):
            shutil.rmtree(path, ignore_errors=True)  # of one that was killed
        for path in spared:
            write_atomically(new / path.relative_to(self.path), path)
        begin(RunFolder(new))  # before it is in place: one that says nothing would be a folder of nobody's
        if self.path.is_symlink():
            self.path.unlink()
        else:
            self.path.rename(old)
        if new.exists():
            new.rename(self.path)
        if old.exists():
            shutil.rmtree(old)

    def must_still_be_there(self) -> None:
        """Raise RunError if what the run is known by is gone: writing would bring back a part of a run."""
        if not (self.path / "config.yaml").exists():
            raise RunError(
                f"{self.path}, or config.yaml in it, was deleted or moved meanwhile; if it is moved back, "
                "the same command goes on"
            )

    def vouch_for(self, path: Path, manifest: Manifest | None = None) -> None:
        """Raise RunError where a file is there and nothing tells that this run has made it.

        It is another than the record says, or of a training that was begun and is not recorded. `manifest` is
        that record, where it was read already.
        """
        manifest, name = manifest or self.manifest(), path.relative_to(self.path).as_posix()
        if manifest is None or not os.access(path, os.R_OK):
            return
        state = manifest.state_of_file(name)
        if state == "changed":
            raise RunError(self.changed_in_words(manifest, name))
        model, _, seed = name.rpartition("/")[0].partition("/seed-")
        if state == "waiting" and f"{model} seed {seed}" in manifest.unfinished:
            raise RunError(f"{path} is of a training that was not finished; {again(self.path)}")

    def changed_in_words(self, manifest: Manifest, file: str) -> str:
        """What is wrong with a file that is not as it was made, with what to do."""
        told = what_stands_there(manifest, file)
        return f"{told}; {'put it back' if told.endswith(MISPLACED) else again(self.path)}"

    def _must_be_a_run(self) -> None:
        if not self.path.is_dir():
            raise RunError(f"{self.path} is no folder; expected a run folder such as outputs/dense-vs-cnn")

    def read(self, path: Path, read: Callable[[Path], T]) -> T:
        """What a reader makes of a file, whatever is wrong with it in a sentence that names it."""
        try:
            return read(path)
        except FileNotFoundError:
            raise RunError(f"{path} is missing; {again(self.path)}") from None
        except PermissionError:
            raise RunError(f"{path} can't be read; make it readable") from None
        except Exception as error:  # a damaged file fails in as many ways as there are readers
            raise RunError(f"{path} can't be read ({error}); delete it, then {again(self.path)}") from None


def put_back(outputs: Path) -> None:
    """Give each run its folder again that `clear` had moved away when its process was killed."""
    for old in outputs.glob(".*.old"):
        path = old.with_name(old.name.removeprefix(".").removesuffix(".old"))
        new = path.with_name(f".{path.name}.new")
        if new.exists() and not os.path.lexists(path):  # else what is old was to be removed
            old.rename(path)
            shutil.rmtree(new)


def what_stands_there(manifest: Manifest, file: str) -> str:
    """What is in the place of a file that a run made, in a clause."""
    path, other = manifest.folder / file, manifest.misplaced(file)
    if other:
        return f"{path} is {manifest.folder / other}, {MISPLACED}"
    return f"{path} is not the one that this run made"


def again(run: Path) -> str:
    """The command that makes good what a run lacks, in a clause."""
    folder = RunFolder(run)
    config = run / "config.yaml"
    _, made, fault = folder._configs()
    if made is None and not config.exists():
        return "get the whole folder of that run: this one has no config.yaml to make it from"
    move = f"move {config} aside" if made else f"put back {config}"
    first = f"{move}, which is not that of the run, then " if fault else ""
    return f"{first}`{going_on(run)}` makes only what is missing or damaged"


def going_on(run: Path, *words: str) -> str:
    """The command that goes on with a run, wherever its folder is and whatever it is called now.

    It may be told more words, as KEY=VALUE.
    """
    run = run if run.name.strip(".") else run.resolve()
    return command(run / "config.yaml", *words, *into(run.parent))
