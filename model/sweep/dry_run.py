"""What a command would train, where, and for how long: told without writing anything. No TensorFlow."""

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

from rich.console import Console

from configs.asked import Shard
from configs.schema import Config
from model.experiment import progress
from model.experiment.opening import as_it_began, load_data, may_be_begun, place_of, resolved
from model.experiment.parts import Task
from model.experiment.results import data_facts
from model.experiment.seeds import added_in_words
from model.experiment.unrecorded import Unrecorded
from model.experiment.work import Work, crew, forecast_of
from model.report.tables import shortened, wrapped
from model.run.checkpoints import newest_epoch
from model.run.environment import num_cores
from model.run.find import smaller_config
from model.run.folder import RunFolder
from model.sweep.trainings import Place, left_of, runs_in, same_trainings

MOST_ROWS = 100  # trainings that are told one by one
LONGEST_NAME = 48  # columns
HEAD = ("parameters", "time", "memory", "")
TYPICAL = (
    "Times are of one core of a typical machine, memory is what a training takes at least. A run measures "
    "its machine before it begins, and says anew how long it will take. Nothing was written."
)


def foresee(
    config: Config,
    outputs: Path,
    console: Console,
    fresh: bool,
    path: Path | None,
    shard: Shard | None = None,
) -> int:
    """Tell what the same command without `--dry-run` would do; no worker is started, nothing is written.

    Of a `shard` its own trainings are told alone. Returns 0, and raises as `run_experiment`.
    """
    config = resolved(config, path)
    splits = load_data(config.data)
    config, _, run, known = place_of(config, splits, outputs, not fresh, path)
    if not known:
        may_be_begun(config, splits)
    elif not fresh:
        splits = as_it_began(run, config, splits)
    begin = progress.header(config, data_facts(config, splits), run.path)
    folder = "" if run.path.name != config.name else f"\nfolder    {progress.short_path(run.path)}"
    smaller = smaller_config(run, config, splits.digest) if known and not fresh else None
    note = f"\nnote      {added_in_words(run, smaller, config)}" if smaller and not config.sweep else ""
    progress.say(console, f"{begin}{folder}{note}\n")
    there = RunFolder(run.path.with_name(f".{run.path.name}.none")) if fresh else run  # where nothing is
    runs = runs_in(there, config)
    works = [Unrecorded(its, splits, place, label=name) for name, (its, place) in runs.items()]
    progress.say(console, "\n".join(_foreseen(works, shard)))
    return 0


def _foreseen(works: Sequence[Work], shard: Shard | None) -> list[str]:
    """Lines that tell of each training, and of all that is left together."""
    trainings = same_trainings(works)
    if shard:
        elsewhere = {model for work in works for model in work.config.elsewhere}
        trainings = [places for places in trainings if places[0].task.model not in elsewhere]
        if not shard.own(trainings):
            return ["", f"Shard {shard} has nothing to train: {len(trainings)} trainings for {shard.number}."]
        trainings = shard.own(trainings)
    left = left_of(trainings)
    rows = [("", *HEAD), *(_row(places, left) for places in trainings)]
    if len(works) == 1 and not shard:  # a run has looks, too
        left = {work: tasks for work in works if (tasks := work.plan.left())}
    widths = [max(map(len, column)) for column in zip(*rows[: MOST_ROWS + 1], strict=True)]
    lines = []
    for name, *cells, state in islice(rows, MOST_ROWS + 1):
        numbers = [f"{cell:>{width}}" for cell, width in zip(cells, widths[1:-1], strict=True)]
        lines.append("  ".join([f"{name:<{widths[0]}}", *numbers, state]).rstrip())
    if (more := len(trainings) - MOST_ROWS) > 0:
        lines.append(f"and {more:,} more")
    return [*lines, "", *map(wrapped, [_together(len(trainings), left), TYPICAL])]


def _row(places: Sequence[Place], left: Mapping[Work, Sequence[Task]]) -> tuple[str, ...]:
    """A training: its name, parameters, seconds, bytes, and how far it is."""
    chosen = next((place for place in places if place.task in left.get(place.work, ())), None)
    work, task = (chosen or places[0]).work, places[0].task
    job = work.job(task)
    parameters = sum(fact.parameters for fact in work.plan.facts(task.model))
    state = "left" if chosen else "done"
    if chosen and (epoch := newest_epoch(work.run.seed_folder(task.model, task.seed))):
        state = f"begun: goes on after epoch {epoch}"
    called, memory = shortened(job.shown or job.name, LONGEST_NAME), work.plan.memory(task)
    return (called, f"{parameters:,}", progress.duration(job.cost), _gigabytes(memory), state)


def _together(number: int, left: Mapping[Work, Sequence[Task]]) -> str:
    """How much of so many trainings is done, and what the rest takes together."""
    rest = [task for tasks in left.values() for task in tasks]
    num_left = sum(task.kind == "training" for task in rest)
    counts = f"{number:,} training{'s' * (number != 1)}, {number - num_left:,} done"
    if not rest:
        return f"{counts}. Nothing is left to be trained or looked into."
    workers, side_by_side = crew(left)
    needs = sorted((work.plan.memory(task) for work, tasks in left.items() for task in tasks), reverse=True)
    looks = f" and {len(rest) - num_left} looks" if len(rest) > num_left else ""
    jobs = {work.job(task): (work, task) for work, tasks in left.items() for task in tasks}
    cores, seconds = num_cores(), forecast_of(jobs, workers, side_by_side).total
    return (
        f"{counts}, {num_left:,} left{looks}: about {progress.duration(seconds)} with {workers} "
        f"worker{'s' * (workers > 1)} on {cores} core{'s' * (cores > 1)}, and up to "
        f"{_gigabytes(sum(needs[:workers]))} of memory."
    )


def _gigabytes(num_bytes: float) -> str:
    return f"{num_bytes / 1e9:.1f} GB"
