"""Which folder is that of an experiment. No TensorFlow."""

from pathlib import Path

from configs.digests import digest
from configs.lists import combinations
from configs.schema import Config
from configs.sweep import adds_to
from data.storage import TEMPORARY
from model.run.folder import RunFolder
from model.run.manifest import IDENTITY, MANIFEST

REFERENCE = "reference"  # beside the runs, and none of the user's


def find_folder(
    outputs: Path,
    name: str,
    identity: dict[str, str],
    renamed: bool = True,
    config: Path | None = None,
    asked: Config | None = None,
) -> tuple[RunFolder, bool]:
    """The folder of this experiment: its own from earlier, or the first free one of NAME, NAME-2, ...

    Its own is that of the same `identity`, the digests of its config and its data; also one that was renamed,
    unless `renamed` is False. That in which the file `config` stands, and which is called NAME in it, comes
    first: there may be copies. Also returned: whether the folder holds this very experiment already. `asked`
    is the config itself, by which a run is known that has lost what says so.
    Hidden folders are no runs: a run that was removed in part is one.
    """
    own = _folder_of(config, outputs) if renamed else None
    if own and own.identity(asked) == identity:
        known = own.known_config()
        if known and known.name == name:
            return own, True
    number = 1
    while True:
        run = RunFolder(outputs / (name if number == 1 else f"{name}-{number}"))
        if run.identity(asked) == identity:
            return run, True
        if not run.path.exists() or (run.path.is_dir() and all(map(_is_half_written, run.path.iterdir()))):
            break
        number += 1
    for other in _runs_in(outputs) if renamed else []:
        manifest = other.manifest()
        if manifest and manifest.config.get("name") == name and manifest.identity == identity:
            return other, True
    return run, False


def find_smaller(
    outputs: Path, config: Config, data_digest: str, path: Path | None = None
) -> RunFolder | None:
    """The run of that name to which a config adds seeds, or settings of a sweep; None where there is none.

    Of several that which has most.

    That in which the config's file, `path`, stands comes first.
    """
    own = _folder_of(path, outputs)
    if own and smaller_config(own, config, data_digest):
        return own
    named = [RunFolder(folder) for folder in sorted(outputs.glob(f"{config.name}*"))]  # it may lack a record
    found: dict[int, RunFolder] = {}
    for run in [*named, *_runs_in(outputs)]:
        if made := smaller_config(run, config, data_digest):
            found.setdefault(len(made.seeds) * len(combinations(made.sweep or {})), run)
    return found[max(found)] if found else None


def smaller_config(run: RunFolder, config: Config, data_digest: str) -> Config | None:
    """The config that a run was made with, where another one of that name adds to it; else None."""
    manifest = run.manifest()
    if manifest and manifest.config.get("name") != config.name:
        return None
    made = run.known_config()
    if made is None or made.name != config.name or not adds_to(config, to=made):
        return None
    identity = dict(zip(IDENTITY, (digest(made), data_digest), strict=True))
    return made if run.identity() == identity else None


def _folder_of(config: Path | None, outputs: Path) -> RunFolder | None:
    """The run folder among the outputs in which a config stands, if it stands in one."""
    if config is None or config.name != "config.yaml":
        return None
    folder = config.parent.resolve()
    return RunFolder(outputs / folder.name) if folder.parent == outputs.resolve() else None


def _runs_in(outputs: Path) -> list[RunFolder]:
    """The user's own runs in a folder that have a record."""
    folders = [path.parent for path in sorted(outputs.glob(f"[!.]*/{MANIFEST}"))]
    return [RunFolder(folder) for folder in folders if folder.name != REFERENCE]


def _is_half_written(path: Path) -> bool:
    """Whether this is what a killed writer left."""
    return path.name.startswith(".") and path.suffix == TEMPORARY
