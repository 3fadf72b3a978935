"""In what runs differ: by their configs, by what their reports tell, in what they were made."""

from collections.abc import Collection, Sequence

from configs.difference import Settings, differences, flat, settings_of
from model.comparison.records import Model
from model.comparison.tables import epochs
from model.side_by_side.read import ComparedRun

TOLD_BEFORE = ("config_digest", "data_digest", "bfloat16", "mixed_words")  # of an environment


def trained_in(run: ComparedRun) -> Settings:
    """What a run was made in, by dotted key: what its trainings used, not what they could have."""
    told = flat(run.report.environment)
    precisions = {entry.precision for entry in run.report.models.values() if entry.precision}
    return {key: value for key, value in told.items() if key not in TOLD_BEFORE} | {
        "precision": ", ".join(sorted(precisions))
    }


def config_differences(runs: Sequence[ComparedRun]) -> list[Settings]:
    """By config.yaml, or as far as report.json tells."""
    settings = {
        run.label: flat(_asked(run)) if run.config is None else settings_of(run.config) for run in runs
    }
    return differences(settings, frozenset(run.label for run in runs if run.config is None))


def _asked(run: ComparedRun) -> Settings:
    """What report.json tells of a config."""
    told = run.report
    data: Settings = {"validation_images": told.data.validation}
    if told.data.name != "lines":  # made-up ones are so by data.source, and data.name says nothing of it
        data["name"] = told.data.name
    models = {name: {"architecture": entry.architecture} for name, entry in told.models.items()}
    return {"seeds": told.seeds, "data": data, "models": models}


def report_differences(runs: Sequence[ComparedRun]) -> list[Settings]:
    """By what every report.json tells of data and networks, in keys that no config has.

    Empty where all configs are known and differ: then they say why.
    """
    of_configs = config_differences(runs)
    if of_configs and all(run.config is not None for run in runs):
        return []
    found = differences({label: flat(told) for label, told in _came_to(runs).items()})
    known = {row["key"] for row in of_configs}
    return [row for row in found if row["key"] not in known]


def _came_to(runs: Sequence[ComparedRun]) -> dict[str, Settings]:
    """What became of the models of each run, and on how many pictures."""
    entries = [entry for run in runs for entry in run.report.models.values()]
    since = [key for key in ("precision", "layers") if all(getattr(entry, key) for entry in entries)]
    return {
        run.label: {
            "data": {"train": run.report.data.train, "test": run.report.data.test},
            "models": {name: _network(entry, since) for name, entry in run.report.models.items()},
        }
        for run in runs
    }


def _network(entry: Model, since: Collection[str]) -> Settings:
    """A network and its training; of what earlier versions have not told, the keys `since`."""
    told: Settings = {key: getattr(entry, key) for key in ("architecture", "parameters", "flops_per_image")}
    told["epochs"] = epochs(entry)
    if "precision" in since:
        told["precision"] = entry.precision
    if "layers" in since:
        told["layers"] = {
            row.layer: " ".join([row.type, *map(str, row.output_shape)]) for row in entry.layers
        }
    return told
