"""Which folder is that of an experiment. No TensorFlow."""

from pathlib import Path

from data.storage import TEMPORARY
from model.run.folder import RunFolder
from model.run.manifest import MANIFEST

REFERENCE = "reference"  # beside the runs, and none of the user's


def find_folder(
    outputs: Path, name: str, identity: dict[str, str], renamed: bool = True, config: Path | None = None
) -> tuple[RunFolder, bool]:
    """The folder of this experiment: its own from earlier, or the first free one of NAME, NAME-2, ...

    Its own is that of the same `identity`, the digests of its config and its data; also one that was renamed,
    unless `renamed` is False. That in which the file `config` stands, and which is called NAME in it, comes
    first: there may be copies. Also returned: whether the folder holds this very experiment already.
    Hidden folders are no runs: a run that was removed in part is one.
    """
    own = RunFolder(config.parent) if renamed and config and config.name == "config.yaml" else None
    if own and own.path.resolve().parent == outputs.resolve() and own.identity() == identity:
        own = RunFolder(outputs / own.path.resolve().name)
        known = own.known_config()
        if known and known.name == name:
            return own, True
    number = 1
    while True:
        run = RunFolder(outputs / (name if number == 1 else f"{name}-{number}"))
        if run.identity() == identity:
            return run, True
        if not run.path.exists() or (run.path.is_dir() and all(map(_is_half_written, run.path.iterdir()))):
            break
        number += 1
    others = [path.parent for path in sorted(outputs.glob(f"[!.]*/{MANIFEST}"))] if renamed else []
    for other in (RunFolder(path) for path in others if path.name != REFERENCE):
        manifest = other.manifest()
        if manifest and manifest.config.get("name") == name and manifest.identity == identity:
            return other, True
    return run, False


def _is_half_written(path: Path) -> bool:
    """Whether this is what a killed writer left."""
    return path.name.startswith(".") and path.suffix == TEMPORARY
