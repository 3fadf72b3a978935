"""What the runs and sweeps beside one have scored on the same test pictures. No TensorFlow."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from configs.digests import digest
from configs.schema import Config, ConfigError
from configs.sweep import settings_of
from model.comparison.verdict import Scored, scored_of
from model.run.folder import RunError, RunFolder
from model.run.identity import trainings_in


def neighbours(run: RunFolder, data_digest: str, itself: bool = True) -> list[Scored]:
    """What the runs in this outputs folder have scored on the same images, trained to the end or not.

    A sweep is as many runs as it has settings; a run of one has beside it what the sweep has, too. The run is
    among them, unless `itself` is False.
    """
    outputs = Path(os.path.abspath(run.path)).parent
    if _sweep_in(RunFolder(outputs)):
        outputs = outputs.parent
    found: list[Scored] = []
    for path in sorted(outputs.glob("*")):  # which may have been deleted meanwhile
        other, identity = RunFolder(path), RunFolder(path).identity()
        if identity.get("data_digest") != data_digest or (path.name == run.path.name and not itself):
            continue
        if sweep := _sweep_in(other):
            found += _of_sweep(path, sweep)
        else:
            found += _of_run(other, identity.get("config_digest") or path.name)
    return found


def _sweep_in(folder: RunFolder) -> Config | None:
    """The config of the sweep in a folder; None where there is none."""
    config = folder.known_config()
    return config if config and config.sweep else None


def _of_run(run: RunFolder, config_digest: str) -> list[Scored]:
    """The models of a run that have a result.

    Where its config can't be read, they are known by its digest and their names, and by what each training
    tells of itself: else they count as settings of their own, also those that another run has.
    """
    trainings = trainings_in(run.path)
    told: dict[str, list[str]] = {}
    for (model, _), metrics in trainings.items():
        if "training_digest" in metrics:
            told.setdefault(model, []).append(str(metrics["training_digest"]))
    config: Config | None = None
    with suppress(RunError):
        config = run.config()
    return scored_of(config_digest, config, sorted({model for model, _ in trainings}), told)


def _of_sweep(folder: Path, config: Config) -> Iterator[Scored]:
    """Those of all settings of a sweep, each known by the one config."""
    with suppress(ConfigError):
        for setting in settings_of(config, of_a_run=True):
            there = {path.parts[-3] for path in (folder / setting.name).glob("*/seed-*/metrics.json")}
            models = [model for model in setting.config.models if model in there]
            yield from scored_of(digest(setting.config), setting.config, models)
