"""The config of networks that were trained elsewhere, made from their files: what `inspect` is told."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from unicodedata import combining, normalize

from configs.command_line import command, is_setting
from configs.document import Document
from configs.schema import Config, config_of
from configs.strict_yaml import ConfigError, shown
from configs.values import MODEL_NAMES_TAKEN, RUN_NAMES_TAKEN

SUFFIXES = (".keras", ".h5", ".hdf5", ".pt", ".pth", ".pkl")  # of networks: for some there is advice
LONGEST = 40  # letters of a name that is taken from a file


def is_run(words: Sequence[str]) -> bool:
    """Whether `inspect` is told a run folder, and no files of networks.

    Raises:
        ConfigError: it is told a run and something else, or a folder of files that is no run.
    """
    runs = [
        word
        for word in words
        if any(os.path.exists(Path(word) / name) for name in ("config.yaml", "manifest.json"))
    ]
    if len(words) == 1 and not runs and os.path.isdir(words[0]) and any(Path(words[0]).glob("*.keras")):
        raise ConfigError(
            f"inspect {shown(words[0])}: this folder is no run, and has .keras files. Expected a run, or "
            f"files: name them, `{command('inspect', Path(words[0]))}/*.keras`."
        )
    if runs and len(words) > 1:
        raise ConfigError(
            f"inspect {shown(runs[0])}: this is a run folder, and there is more than that. Expected one run, "
            "or .keras files with KEY=VALUE: take one of these."
        )
    plain = len(words) == 1 and not os.path.isfile(words[0]) and not _names_a_file(words[0])
    return bool(runs) or plain


def _names_a_file(word: str) -> bool:
    return Path(word).suffix in SUFFIXES or os.path.exists(Path(word) / "saved_model.pb")


def of_words(words: Sequence[str]) -> Config:
    """The config of `MODEL.keras [MODEL.keras ...] [KEY=VALUE ...]`; as `of_files`."""
    overrides = [word for word in words if is_setting(word)]
    files = [Path(word) for word in words if word not in overrides]
    if not files:
        raise ConfigError(
            f"inspect {shown(' '.join(words))}: there is no file among these. Expected a run folder, or "
            ".keras files of networks that were trained elsewhere: name one."
        )
    return of_files(files, overrides)


def of_files(files: Sequence[Path], overrides: Sequence[str] = ()) -> Config:
    """The config of a run that looks into networks trained elsewhere, and trains none.

    Args:
        files: of one network each; the first is the baseline, and gives the run its name.
        overrides: `KEY=VALUE`, as in `configs.schema.load`.

    Raises:
        ConfigError: an override or a setting is wrong.
    """
    names: dict[str, Path] = {}
    for file in files:
        names[_free(_name_of(file), names)] = file
    first = next(iter(names))
    models = {name: {"architecture": "saved", "file": str(file)} for name, file in names.items()}
    name = f"{first}-run" if first.lower() in RUN_NAMES_TAKEN else first
    return config_of(Document("inspect", {"name": name, "seeds": [0], "models": models}, {}), overrides)


def _name_of(file: Path) -> str:
    """A model's name from that of its file."""
    plain = normalize("NFKD", file.name)
    plain = "".join(letter for letter in plain if not combining(letter))  # of an ö its o
    name = re.sub(r"[^A-Za-z0-9_]+", "-", plain.removesuffix(".keras")).strip("-")[:LONGEST] or "model"
    return f"{name}-network" if name.lower() in MODEL_NAMES_TAKEN else name


def _free(name: str, taken: dict[str, Path]) -> str:
    """The first of NAME, NAME-2, ... that no other has."""
    lower = {other.lower() for other in taken}  # macOS does not tell upper from lower case
    number, found = 1, name
    while found.lower() in lower:
        number += 1
        found = f"{name}-{number}"
    return found
