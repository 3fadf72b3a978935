"""The folder of a sweep, as those meet it who know runs alone: each setting of it is one. No TensorFlow."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from configs.schema import Config
from configs.sweep import settings_of
from model.run.readers import read_if_good


def setting_folders(sweep: Path, config: Config) -> list[Path]:
    """The folders of the runs that a sweep consists of, whether they are there or not."""
    return [sweep / setting.name for setting in settings_of(config, of_a_run=True)]


def no_run(sweep: Path, config: Config) -> str:
    """That a sweep is no run, and which of its runs can be given in its place: a sentence without its end."""
    folders = setting_folders(sweep, config)
    best = _best(sweep)
    if best in folders:
        return f"{sweep} is a sweep of {len(folders)} runs; expected one of them, as {best}, the best"
    return f"{sweep} is a sweep of {len(folders)} runs; expected one of them, as {folders[0]}"


def _best(sweep: Path) -> Path | None:
    """The folder of the setting that its report calls the best, of the model that is best."""
    report: dict[str, Any] = read_if_good(sweep / "report.json") or {}
    with suppress(AttributeError, IndexError, KeyError, TypeError, ValueError):
        best = [report["candidates"][place] for place in report["best"].values()]
        first = max(best, key=lambda one: float(one["validation_accuracy"]["mean"]))
        return sweep / str(first["settings"][0])
    return None
