"""The words of a command line, before anything is made of them."""

import difflib
from collections.abc import Collection, Sequence
from pathlib import Path

from configs.strict_yaml import ConfigError, shown


def must_be_text(arguments: Sequence[str]) -> None:
    """Raise ConfigError for what is not UTF-8: a folder's name can be any bytes, what tells of it can't."""
    for word in arguments:
        if not word.isascii() and word.encode(errors="replace").decode() != word:
            raise ConfigError(
                f"{shown(word)}: this is not UTF-8, in which reports are written. Expected another name: "
                "rename it, or go there and call it `.`"
            )


def refuse_slip(first: Sequence[str], verbs: Collection[str]) -> None:
    """Raise ConfigError for a first word that is nearly one of the verbs, and no file: it is no config."""
    for word in first:
        near = difflib.get_close_matches(word, sorted(verbs), n=1, cutoff=0.75)
        if near and not Path(word).exists():
            raise ConfigError(f"{word}: there is no such verb and no such config. Did you mean {near[0]}?")
