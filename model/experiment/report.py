"""The whole of report.json: a run makes it, and whoever reads the file gets the same again."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from configs.command_line import command, into
from configs.schema import shown
from configs.values import Count, Words
from data.splits import DataFacts
from model.comparison.contradictions import contradictions as of_outcome
from model.comparison.records import NOT_TRAINED, Failure, Mistake, Outcome, ScoredSettings, as_json
from model.comparison.values import SeedNumber, Share
from model.report.figure import NotDrawn
from model.robustness.contradictions import contradictions as of_robustness
from model.robustness.records import Robustness
from model.run.environment import Environment
from model.run.find import REFERENCE
from model.run.folder import RunError, RunFolder, again
from model.run.readers import read_if_good

MOST_FAULTS = 1000  # of which pydantic makes a list, so that a file full of them takes little memory


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What a report is of."""

    name: Words
    config_digest: Words
    seeds: list[SeedNumber]
    data: DataFacts


@dataclass(frozen=True, kw_only=True)
class Training:
    """One training, by its model and seed; `elsewhere`: done there, and its network is to be taken in."""

    model: Words
    seed: SeedNumber
    elsewhere: Annotated[bool, Field(strict=True)] | None = None


@dataclass(frozen=True, kw_only=True)
class Report(ScoredSettings, Outcome, Heading):
    """The whole of report.json, in its order: each part is handed to those who tell of it.

    `without_duplicates`: where test pictures are also training pictures, each model's accuracy on the others;
    None where no other is left. `not_trained`: what is not done yet, and has not failed. `guess`: what was
    guessed before there was a result.
    """

    without_duplicates: dict[str, Share | None] = field(default_factory=dict)
    robustness: Annotated[Robustness | None, BeforeValidator(lambda given: given or None)] = None
    mistakes: list[Mistake] = field(default_factory=list)
    not_trained: list[Training] = field(default_factory=list)
    guess: Words | None = None
    environment: Environment
    not_drawn: list[NotDrawn] = field(default_factory=list)
    classes_by_number: list[Count] = field(default_factory=list)  # in pictures: no font has their names

    @property
    def guessed(self) -> str:
        """What was guessed, word for word; empty where nothing was."""
        return "" if self.guess is None else f"You guessed: {self.guess}"

    def as_json(self) -> dict[str, Any]:
        """As it stands in the file; where nothing was perturbed, `robustness` is there and empty."""
        return as_json(self) | {"robustness": as_json(self.robustness) if self.robustness else {}}


@cache
def _reader() -> SchemaValidator:
    """It stops at the first fault of a list: there may be millions."""
    schema = TypeAdapter(Report).core_schema
    _stop_early(schema)
    return SchemaValidator(schema)


def _stop_early(schema: Any) -> None:
    """As `pydantic.FailFast` does of one list, of all of a schema."""
    if isinstance(schema, dict) and schema.get("type") == "list":
        schema["fail_fast"] = True
    for part in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(part, dict | list | tuple):
            _stop_early(part)


def read_report(run: RunFolder) -> Report:
    """The report.json of a run: every key of it is known to be good, and to go with the others.

    Raises:
        RunError: it is missing, damaged, no report, contradicts itself, or is not the one that this run made.
    """
    path, content = run.path / "report.json", run.report()
    if (manifest := run.manifest()) and manifest.state_of_file(path.name) == "changed":
        raise RunError(run.changed_in_words(manifest, path.name))
    try:
        return report_of(content)
    except ValueError as error:
        raise RunError(f"{path} {error}; delete it, then {again(run.path)}") from None


def report_of(content: dict[str, Any]) -> Report:
    """What a report.json holds, checked as `read_report` tells.

    Raises:
        ValueError: in a clause that goes on from the name of what holds it.
    """
    if content.get("kind") == "sweep":
        raise ValueError("is the report of a sweep, which is no run")
    try:
        report: Report = _reader().validate_python(content)
    except ValidationError as error:
        if error.error_count() > MOST_FAULTS:
            raise ValueError(f"is no report of a run: {error.error_count():,} faults in it") from None
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"] if part != "[key]")
        given = "" if first["type"] == "missing" else f", found {shown(repr(first['input']), 40)}"
        raise ValueError(f"is no report of a run: {shown(key, 80)}: {first['msg']}{given}") from None
    for problem in _contradictions(report):
        raise ValueError(f"contradicts itself: {problem}")
    return report


def newest_run(outputs: Path) -> RunFolder:
    """The run whose report was written last, of those that tell of any result or failure.

    Hidden folders are no runs.
    """
    reports = [path for path in outputs.glob("[!.]*/report.json") if path.parent.name != REFERENCE]
    for path in sorted(reports, key=lambda path: path.stat().st_mtime, reverse=True):
        if _tells(read_if_good(path)):
            return RunFolder(path.parent)
    raise RunError(f"no finished run in {outputs}; `{command(*into(outputs))}` makes one")


def _tells(report: dict[str, Any] | None) -> bool:
    """Whether there is anything in a report; what can't be read is for its reader to name."""
    if report is None or report.get("models") or report.get("candidates"):
        return True
    failed = report.get("failed")
    return not isinstance(failed, list) or any(
        not isinstance(one, dict) or one.get("reason") != NOT_TRAINED for one in failed
    )


def reasons_before(run: RunFolder) -> dict[tuple[str, int], str]:
    """Why trainings failed, by model and seed, as an earlier report.json says, which may be odd."""
    told = (read_if_good(run.path / "report.json") or {}).get("failed")
    with suppress(ValidationError):
        reasons = reasons_of(TypeAdapter(list[Failure]).validate_python(told))
        return {training: reason for training, reason in reasons.items() if reason != NOT_TRAINED}
    return {}


def reasons_of(failed: Sequence[Failure]) -> dict[tuple[str, int], str]:
    """Why trainings failed, by model and seed."""
    return {(one.model, one.seed): one.reason for one in failed if one.is_training}


def _contradictions(report: Report) -> Iterator[str]:
    """What in a report does not follow from the rest of it; nothing of what a run has written."""
    yield from of_outcome(report, report.data, report.seeds)
    if report.robustness:
        yield from of_robustness(report.robustness, report.models, report.data.test)
    for name in report.without_duplicates:
        if name not in report.models:
            yield f"without_duplicates: {shown(repr(name), 40)} is none of its models"
    for place, one in enumerate(report.mistakes):
        known = one.model in report.models and one.seed in report.models[one.model].seeds
        labels = {one.label, one.predicted}
        if not known or one.index >= report.data.test or max(labels) >= len(report.data.classes):
            yield f"mistakes.{place}: expected a test picture, classes and a training that the report has"
        if len(labels) == 1:
            yield f"mistakes.{place}: expected an answer that is wrong"
