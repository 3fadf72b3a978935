"""The words of a command line: those that are given, and those of the commands that hints show."""

import difflib
import os
import re
import shlex
from collections.abc import Collection, Sequence
from pathlib import Path

from configs.strict_yaml import ConfigError, shown

PROGRAM = "python train.py"
OUTPUTS = Path("outputs")  # where run folders go if nobody says otherwise
LONGEST_GUESS = 200  # characters


def command(*words: str | Path) -> str:
    """The command line of this program with these words, as bash and zsh take it when it is pasted.

    A Path is written so that it is taken for no option and no setting.
    """
    return " ".join([PROGRAM, *(quoted(_path(word) if isinstance(word, Path) else word) for word in words)])


def _path(path: Path) -> str:
    text = str(path)
    return f"./{text}" if text.startswith("-") or ("=" in text and not path.is_absolute()) else text


def is_setting(word: str) -> bool:
    """Whether a word is KEY=VALUE, and neither what begins as a path does nor the name of a file."""
    return "=" in word and not word.startswith(("/", "./", "../")) and not os.path.exists(word)


def quoted(word: str) -> str:
    """A word as both shells read it: in quotes where a character of it means something to one of them."""
    return f"'{word}'" if word.startswith("=") and shlex.quote(word) == word else shlex.quote(word)


def into(outputs: Path) -> list[str | Path]:
    """The words that name the folder for runs; none where it is the usual one."""
    return [] if outputs == OUTPUTS else ["--outputs", outputs]


def single_seed(overrides: Sequence[str]) -> str:
    """What a number of seeds means that could be meant for how many; empty where no override has one."""
    for text in overrides:
        if (found := re.fullmatch(r"\s*seeds\s*=\s*(\d+)\s*", text, re.ASCII)) and int(found[1]) >= 2:
            seed = found[1]
            return f"note      seeds={seed} is one training each, with seed {seed}; three are seeds=0,1,2"
    return ""


def must_be_text(arguments: Sequence[str]) -> None:
    """Raise ConfigError for what is not UTF-8: a folder's name can be any bytes, what tells of it can't."""
    for word in arguments:
        if not word.isascii() and word.encode(errors="replace").decode() != word:
            raise ConfigError(
                f"{shown(word)}: this is not UTF-8, in which reports are written. Expected another name: "
                "rename it, or go there and call it `.`"
            )


def with_verb(arguments: Sequence[str], verbs: Collection[str]) -> list[str]:
    """A command line with its verb first, which is training where none is said.

    Raises:
        ConfigError: the first word is nearly one of the verbs, and no file: it is no config.
    """
    if arguments and arguments[0] in verbs:
        return list(arguments)
    for word in arguments[:1]:
        near = difflib.get_close_matches(word, sorted(verbs), n=1, cutoff=0.75)
        if near and not Path(word).exists():
            raise ConfigError(f"{word}: there is no such verb and no such config. Did you mean {near[0]}?")
    return ["train", *arguments]


def as_guess(text: str) -> str:
    """What was guessed as it is kept: on one line, with single spaces.

    Raises:
        ConfigError: it says nothing, is too long, or has characters in it that a terminal would obey.
    """
    guess = " ".join(text.split())
    if not any(map(str.isalnum, guess)):
        raise ConfigError(
            f"--guess {shown(repr(text))}: that says nothing. Expected your own answer in words or numbers, "
            'such as --guess "more".'
        )
    if not guess.isprintable():
        raise ConfigError(
            f"--guess {shown(repr(text))} has characters in it that can't be shown. Expected plain text: "
            "type it again."
        )
    if len(guess) > LONGEST_GUESS:
        raise ConfigError(
            f"--guess has {len(guess):,} characters. Expected at most {LONGEST_GUESS}: say it shorter."
        )
    return guess
