"""The report.json of a sweep, read again: what it says follows from its accuracies, or it is refused."""

from collections.abc import Iterator
from functools import cache

from pydantic import TypeAdapter, ValidationError

from configs.schema import shown
from model.comparison.contradictions import differing, straying, told_twice
from model.comparison.records import Rate
from model.run.folder import RunError, RunFolder, again
from model.run.readers import read_if_good
from model.sweep.choice import best_of, pareto
from model.sweep.records import Candidate, SweepReport


def is_sweep(folder: RunFolder) -> bool:
    """Whether a folder is that of a sweep, by its report or by its config."""
    if (read_if_good(folder.path / "report.json") or {}).get("kind") == "sweep":
        return True
    config = folder.known_config()
    return bool(config and config.sweep)


@cache
def _reader() -> TypeAdapter[SweepReport]:
    return TypeAdapter(SweepReport)


def read_sweep(sweep: RunFolder) -> SweepReport:
    """The report.json of a sweep: every key of it is known to be good, and to go with the others.

    Raises:
        RunError: it is missing, damaged, no report of a sweep, contradicts itself, or is not the one that
            this sweep made.
    """
    path, content = sweep.path / "report.json", sweep.report()
    if (manifest := sweep.manifest()) and manifest.state_of_file(path.name) == "changed":
        raise RunError(sweep.changed_in_words(manifest, path.name))
    try:
        report = _reader().validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"] if part != "[key]")
        given = "" if first["type"] == "missing" else f", found {shown(repr(first['input']), 40)}"
        problem = f"is no report of a sweep: {shown(key, 80)}: {first['msg']}{given}"
    else:
        found = next(_contradictions(report), "")
        if not found:
            return report
        problem = f"contradicts itself: {found}"
    raise RunError(f"{path} {problem}; delete it, then {again(sweep.path)}")


def _contradictions(report: SweepReport) -> Iterator[str]:
    """What in a report does not follow from the rest of it, each in a clause that begins with its key."""
    names = [one.name for one in report.settings]
    yield from told_twice("settings", names)
    for place, row in enumerate(report.settings):
        if row.values.keys() != set(report.keys):
            yield f"settings.{place}: expected a value for each of its keys, {shown(str(report.keys), 80)}"
    known = set(names)
    for place, one in enumerate(report.candidates):
        key = f"candidates.{place}"
        yield from _of_candidate(key, one, report.seeds)
        if not known.issuperset(one.settings) or not one.values.keys() <= set(report.keys):
            yield f"{key}: expected settings and keys that the sweep has"
    others = [*report.failed, *report.not_trained]
    if not known.issuperset(one.setting for one in others):
        yield "failed, not_trained: expected settings that the sweep has"
    yield from _of_choice(report)


def _of_candidate(key: str, one: Candidate, seeds: list[int]) -> Iterator[str]:
    yield from told_twice(f"{key}.seeds", [str(seed) for seed in one.seeds])
    if not set(one.same_answer) <= set(one.seeds) <= set(seeds):
        yield f"{key}.seeds: expected seeds of the sweep"
    rates: dict[str, Rate] = {"validation_accuracy": one.validation_accuracy, "accuracy": one.accuracy}
    for name, rate in rates.items():
        if len(rate.values) != len(one.seeds):
            yield f"{key}.{name}.values: expected one for each of {len(one.seeds)} seeds"
        mean = sum(rate.values) / len(rate.values)
        yield from differing(f"{key}.{name}.mean", rate.mean, mean, "values")
        yield from straying(f"{key}.{name}.interval", rate.interval, rate.mean)


def _of_choice(report: SweepReport) -> Iterator[str]:
    """Of what is chosen: by the means, as when it was."""
    places = {model: report.of_model(model) for model in report.models}
    best = {model: best_of(report.candidates, some) for model, some in places.items()}
    for model in {**best, **report.best}:
        if report.best.get(model) != best.get(model):
            yield f"best.{shown(model, 40)}: the means give {best.get(model)}, found {report.best.get(model)}"
    for model, some in report.together.items():
        if not set(some) <= set(places.get(model, [])) or best.get(model) not in some:
            yield f"together.{shown(model, 40)}: expected candidates of the model, and its best among them"
    if report.together.keys() != places.keys():
        yield "together: expected all models that have a candidate"
    if report.pareto != (front := pareto(report.candidates, range(len(report.candidates)))):
        yield f"pareto: the means give {shown(str(front), 40)}, found {shown(str(report.pareto), 40)}"
