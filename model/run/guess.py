"""What was guessed before a run had a result: guess.json, and once more in manifest.json. No TensorFlow."""

from contextlib import suppress

from configs.command_line import as_guess
from configs.strict_yaml import ConfigError
from data.storage import json_bytes, read_bytes, write_if_other
from model.run.folder import RunFolder
from model.run.manifest import Manifest
from model.run.readers import read_if_good

GUESS = "guess.json"


def guess_of(run: RunFolder) -> str | None:
    """What was guessed of a run: by its record, without one by guess.json; None where nothing was."""
    if manifest := run.manifest():
        return manifest.guess
    told = (read_if_good(run.path / GUESS) or {}).get("guess")
    with suppress(ConfigError):
        return as_guess(told) if isinstance(told, str) else None
    return None


def first_guess(run: RunFolder, given: str | None) -> tuple[str | None, str]:
    """The guess that stands for a run, which may be there already, and what to say of one that does not.

    The first one stands, and one that comes when there is a result is none.
    """
    known = guess_of(run)
    if given is None or given == known:
        return known, ""
    if known is not None:
        return known, f'the guess here is "{known}", and the first one stands: "{given}" is not kept'
    if (run.path / "report.json").exists() or any(run.path.glob("*/seed-*/metrics.json")):
        return None, f'there is a result already, and a guess comes before it: "{given}" is not kept'
    return given, ""


def write_guess(manifest: Manifest) -> None:
    """Write guess.json, if there is anything in it and it is not there as the record says."""
    if manifest.guess is not None:
        write_if_other(manifest.folder / GUESS, _content(manifest.guess))


def is_kept(manifest: Manifest) -> bool:
    """Whether guess.json is as the record says."""
    if manifest.guess is None:
        return True
    with suppress(OSError, ValueError):
        return read_bytes(manifest.folder / GUESS) == _content(manifest.guess)
    return False


def _content(guess: str) -> bytes:
    return json_bytes({"guess": guess})
