"""One of several processes, on as many machines as there are, that share the trainings of a run or a sweep.

They need no lock between them: which trainings are a shard's own follows from the config. It leaves looks and
report, and the record of the run, to the command that joins them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from configs.asked import Shard
from configs.schema import Config, recheck
from data.lease import Lease
from data.splits import Splits
from data.storage import locked, remove_temporary, write_json
from model.comparison.tables import failure_line
from model.experiment import progress
from model.experiment.adoption import taken_up
from model.experiment.elsewhere import as_found
from model.experiment.opening import as_it_began, describe, load_data, put_aside, resolved, settled
from model.experiment.parts import Task, must_be_free
from model.experiment.results import data_facts
from model.experiment.seeds import add_seeds
from model.experiment.unrecorded import Unrecorded
from model.experiment.work import do
from model.report.tables import wrapped
from model.run.find import smaller_config
from model.run.folder import RunError, RunFolder, going_on
from model.sweep.trainings import Place, left_of, runs_in, trainings_of


def run_shard(
    config: Config,
    outputs: Path,
    console: Console,
    shard: Shard,
    debug: bool = False,
    path: Path | None = None,
) -> int:
    """Make the trainings of one shard, as far as they are not there: in the folder of the whole run or sweep.

    Returns and raises as `run_experiment`; RunError also while a process is at work on the whole of it, or a
    shard of another number of shards.
    """
    config = resolved(config, path)
    splits = load_data(config.data)
    config, identity, run, known = settled(config, splits, outputs, True, path)
    with locked(outputs / ".lock"):  # the first of several shards adds what is new, the others find it there
        if known and (smaller := smaller_config(run, config, splits.digest)):
            recheck(config)
            with run.held():
                notes = _grown(run, smaller, config, identity)
            progress.say(console, "\n".join(f"note      {note}" for note in notes))
    with run.held("wait for it", shard) as lease:
        if edited := run.edited_in_words():
            raise RunError(edited)
        if known and (made := run.known_config()):  # its name and what it has found stay
            config = as_found(config.model_copy(update={"name": made.name}), made)
        splits = as_it_began(run, config, splits)
        progress.say(console, progress.header(config, data_facts(config, splits), run.path))
        if told := _beside_other_data(RunFolder(outputs / config.name), run, identity):
            progress.say(console, f"note      {told}")
        return _complete(config, splits, run, shard, console, lease, debug)


class Share(Unrecorded):
    """Those trainings of a run that are a shard's own; others are at work beside it."""

    reports = False

    def open(self) -> None:
        """Have the folder say what it is, if it does not, and remove what one that was killed left in it."""
        if told := self.run.linked_in_words():
            raise RunError(told)
        if not (self.run.path / "config.yaml").exists():
            describe(self.run, self.config, self.identity)
        if edited := self.run.edited_in_words():
            raise RunError(edited)
        if self.label and (who := self.run.at_work()):
            raise RunError(f"{who} is at work in {self.run.path}; wait for it")
        for task in self.tasks:  # others may be writing beside it
            remove_temporary(self.run.seed_folder(task.model, task.seed))

    def record_environment(self) -> None:
        """Write with what the run is computed, unless that is known: by its record, or by another shard."""
        there = self.run.environment() or {}
        if "arithmetic" not in there and self.run.manifest() is None:
            computed = self.identity | self.environment | {"arithmetic": asdict(self.plan.arithmetic)}
            write_json(self.run.path / "environment.json", computed)


def _complete(
    config: Config,
    splits: Splits,
    run: RunFolder,
    shard: Shard,
    console: Console,
    lease: Lease,
    debug: bool,
) -> int:
    """Do what is left of a shard, and tell how it stands; returned is 4 if something of it is not there."""
    runs = runs_in(run, config)
    trainings = to_be_trained(runs)
    shares = _shares(shard.own(trainings), runs, splits)
    own = [[Place(shares[name], task) for name, task in places] for places in shard.own(trainings)]
    # What was recorded and is damaged since is made good by what joins them, too.
    left = left_of(places for places in own if not any(map(_is_recorded, places)))
    of_them = f", {num_left} left" if (num_left := sum(map(len, left.values()))) < len(own) else ""
    told = f"{shard.place} of {shard.number}: {len(own)} of {len(trainings)} trainings{of_them}"
    progress.say(console, f"shard     {told}")
    for share in (share for share in shares.values() if share in left):
        must_be_free(share.run, share.manifest, left[share])
        share.open()
    if left:
        do(left, console, debug, lease)
    num_there = sum(any(map(_is_there, places)) for places in own)
    lines = [f"failed   {failure_line(failure)}" for work in left for failure in work.failed]
    lines.append(f"Shard {shard}: {num_there} of {len(own)} training{'s' * (len(own) != 1)} done.")
    progress.say(console, "\n" + "\n".join(wrapped(line, indent=9) for line in lines))
    joined = f"When no shard is at work any more, this joins them and reports:\n{going_on(run.path)}"
    progress.say(console, joined)
    return 4 if num_there < len(own) else 0


def to_be_trained(runs: Mapping[str, tuple[Config, RunFolder]]) -> list[list[tuple[str, Task]]]:
    """All trainings but those of networks from elsewhere: what joins the shards takes these in."""
    elsewhere = {model for config, _ in runs.values() for model in config.elsewhere}
    return [places for places in trainings_of(runs) if places[0][1].model not in elsewhere]


def _shares(
    trainings: Sequence[Sequence[tuple[str, Task]]],
    runs: Mapping[str, tuple[Config, RunFolder]],
    splits: Splits,
) -> dict[str, Share]:
    """Of each run that has some of these trainings a share of these alone."""
    tasks: dict[str, list[Task]] = {}
    for name, task in (place for places in trainings for place in places):
        tasks.setdefault(name, []).append(task)
    return {name: Share(runs[name][0], splits, runs[name][1], its, name) for name, its in tasks.items()}


def _is_recorded(place: Place) -> bool:
    return place.task.name in place.work.manifest.parts


def _is_there(place: Place) -> bool:
    return place.work.run.metrics(place.task.model, place.task.seed) is not None


def _grown(run: RunFolder, made: Config, config: Config, identity: dict[str, str]) -> list[str]:
    """Make a run, or a sweep, that of a larger config; what to say of that."""
    if config.sweep is None:
        return [note for note in add_seeds(run, made, config, identity, None) if note]
    aside = put_aside(run, config)
    taken_up(run, config, describe(run, config, identity), None)
    return [f"seeds or settings are added to {progress.short_path(run.path)}", *filter(None, [aside])]


def _beside_other_data(named: RunFolder, run: RunFolder, identity: Mapping[str, str]) -> str:
    """What to say where the run of this name has the same config and other data; empty if it has not."""
    there = named.identity()
    if there == identity or there.get("config_digest") != identity["config_digest"]:
        return ""
    return (
        f"{named.path} has this config and other data (digest {there.get('data_digest', '')[:12]}; here "
        f"{identity['data_digest'][:12]}): what is trained here goes to {run.path}, and is not joined with it"
    )
