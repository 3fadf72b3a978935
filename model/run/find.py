"""Which folder is whose: that of an experiment, and the newest run. No TensorFlow."""

import shlex
from pathlib import Path
from typing import Any

from data.storage import TEMPORARY
from model.run.folder import RunError, RunFolder
from model.run.manifest import MANIFEST
from model.run.readers import read_if_good

REFERENCE = "reference"  # beside the runs, and none of the user's
NOT_TRAINED = "not trained yet"  # why trainings "failed" in reports of before


def find_folder(
    outputs: Path, name: str, identity: dict[str, str], renamed: bool = True, config: Path | None = None
) -> tuple[RunFolder, bool]:
    """The folder of this experiment: its own from earlier, or the first free one of NAME, NAME-2, ...

    Its own is that of the same `identity`, the digests of its config and its data; also one that was renamed,
    unless `renamed` is False. That in which the file `config` stands, and which is called NAME in it, comes
    first: there may be copies. Also returned: whether the folder holds this very experiment already.
    """
    own = RunFolder(config.parent) if renamed and config and config.name == "config.yaml" else None
    if own and own.path.resolve().parent == outputs.resolve() and own.identity() == identity:
        own = RunFolder(outputs / own.path.resolve().name)
        if own.name() == name:
            return own, True
    number = 1
    while True:
        run = RunFolder(outputs / (name if number == 1 else f"{name}-{number}"))
        if run.identity() == identity:
            return run, True
        if not run.path.exists() or (run.path.is_dir() and all(map(_is_half_written, run.path.iterdir()))):
            break
        number += 1
    others = [path.parent for path in sorted(outputs.glob(f"*/{MANIFEST}"))] if renamed else []
    for other in (RunFolder(path) for path in others if path.name != REFERENCE):
        manifest = other.manifest()
        if manifest and manifest.config.get("name") == name and manifest.identity == identity:
            return other, True
    return run, False


def _is_half_written(path: Path) -> bool:
    """Whether this is what a killed writer left."""
    return path.name.startswith(".") and path.suffix == TEMPORARY


def newest_run(outputs: Path) -> RunFolder:
    """The run whose report was written last, of those that tell of any result or failure."""
    reports = [path for path in outputs.glob("*/report.json") if path.parent.name != REFERENCE]
    for path in sorted(reports, key=lambda path: path.stat().st_mtime, reverse=True):
        if _tells(read_if_good(path)):
            return RunFolder(path.parent)
    where = "" if outputs == Path("outputs") else f" --outputs {shlex.quote(str(outputs))}"
    raise RunError(f"no finished run in {outputs}; `python train.py{where}` makes one")


def _tells(report: dict[str, Any] | None) -> bool:
    """Whether there is anything in a report; what can't be read is for its reader to name."""
    if report is None or report.get("models"):
        return True
    failed = report.get("failed")
    return not isinstance(failed, list) or any(
        not isinstance(one, dict) or one.get("reason") != NOT_TRAINED for one in failed
    )
