"""How each verb is used, and what is wrong with a command line that is not: in words, from its parameters."""

import re
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from configs.command_line import PROGRAM, with_verb
from configs.strict_yaml import ConfigError, nearest, shown

ASKS = {"--help", "-h"}
Verbs = Mapping[str, Any]  # typer's command of each: its parameters tell its options, and their help
WIDTH, WIDEST_NAME = 80, 24  # columns
GLUE = "\N{NO-BREAK SPACE}"  # between an option and its value, until lines are broken
ABOUT = "Train a dense and a convolutional network, compare them honestly, see what the filters emphasise."
MEANINGS = {  # of the words that stand for yours
    "CONFIG": "A YAML file with what to train, as those in configs/; default: configs/dense_vs_cnn.yaml.",
    "KEY=VALUE": "A setting in place of the file's, as training.epochs=3: KEY is the way to it, with a dot "
    "for each step, VALUE as it would stand in the file, a list without brackets: seeds=0,1,2. The settings "
    "and their meanings stand in configs/dense_vs_cnn.yaml.",
    "RUN": f"A run folder: `{PROGRAM} configs/quick.yaml` makes outputs/quick.",
    "MODEL.keras": "A network that Keras has saved. No code of it is run.",
}
EXAMPLES = {  # of each verb: what for, and the words after `python train.py`
    "train": {
        "the default, three trainings of each network": "",
        "a quick look": "configs/quick.yaml",
        "other settings, for a run of another name": "training.epochs=2 models.cnn.filters=16,32 "
        "name=smaller",
        "how long that would take": "configs/why.yaml --dry-run",
        "the second of three shares of it, on one of three machines": "configs/why.yaml --shard 2/3",
    },
    "show": {"the newest run": "show", "another one": "show outputs/quick"},
    "status": {"whether all is done and whole": "status outputs/quick"},
    "compare": {
        "two runs": "compare outputs/quick outputs/smaller",
        "pages that a class handed in": "compare hand-ins/*.html",
    },
    "inspect": {
        "what is lost of its report and pictures is made again": "inspect outputs/quick",
        "a network of your notebook": "inspect my.keras",
    },
    "lesson": {
        "the whole lesson": "lesson",
        "nine numbers of your own on a test picture": "lesson --filter '0 1 0 1 -4 1 0 1 0' --image 719",
        "a filter that was learned": "lesson outputs/quick --layer conv1 --filter 3 --image 0",
    },
    "predict": {"all pictures in a folder of yours": "predict outputs/quick ./photos"},
    "export": {"tables, and all figures for slides": "export outputs/quick --format csv --format svg"},
    "data": {"Fashion-MNIST": "data", "pictures of your own": "data --pack ./photos ./my-data"},
    "schema": {"as it is": "schema"},
}


def help_asked(arguments: Sequence[str], verbs: Verbs) -> str:
    """The help that a command line asks for, of the program or of one verb; empty where it asks for none.

    Raises:
        ConfigError: its verb is a slip: the help of training would be that of something else.
    """
    if not ASKS & set(arguments) and list(arguments) != ["help"]:
        return ""
    if arguments[0] in {*ASKS, "help"}:
        return _overview(verbs)
    name = with_verb(arguments, verbs)[0]
    return _help_of(name, verbs[name])


def _overview(verbs: Verbs) -> str:
    rows = _rows({name: " ".join(verb.help.split()) for name, verb in verbs.items()})
    begin = [*wrap(ABOUT, WIDTH), "", f"{PROGRAM} VERB ...", "", *rows, "", *_examples("train")]
    return "\n".join([*begin, "", f"Without a verb: train. More on each: {PROGRAM} VERB --help"])


def _help_of(name: str, verb: Any) -> str:
    """How a verb is called, what it does, what its words mean, examples."""
    called = wrap(_called(name, verb), WIDTH, subsequent_indent="    ", break_on_hyphens=False)
    told: dict[str, str] = {}
    for one in verb.params:
        words = re.split(r"[][, ]+", _name(one))
        told |= (
            {_name(one): one.help}
            if one.help
            else {word: MEANINGS[word] for word in words if word in MEANINGS}
        )
    parts = [*called, "", *wrap(" ".join(verb.help.split()), WIDTH), "", *_rows(told), "", *_examples(name)]
    return "\n".join(parts).replace(GLUE, " ")


def must_have_values(words: Sequence[str], verbs: Verbs) -> None:
    """Raise ConfigError where an option stands in place of another one's value: typer would take it."""
    options = _options(verbs[words[0]])
    for place, word in enumerate(words):
        takes = options[word].nargs if word in options and not options[word].is_flag else 0
        if any(following in options for following in words[place + 1 : place + 1 + takes]):
            raise ConfigError(_no_value(options[word]))


def wrong_use(error: Exception, words: Sequence[str], verbs: Verbs) -> str:
    """What typer finds wrong with a command line, in one paragraph; empty for an error of another kind.

    `words` are those of the command line, its verb first. Typer's own text does not say what was given or
    what to do.
    """
    kind = type(error).__name__  # of typer's own click, or of another one beside it
    if kind not in ("NoSuchOption", "BadOptionUsage", "MissingParameter", "BadParameter", "UsageError"):
        return ""
    name, given = words[0], words[1:]
    options = _options(verbs[name])
    usage = f"Expected `{_called(name, verbs[name], given)}`".replace(GLUE, " ")
    parameter, option = getattr(error, "param", None), getattr(error, "option_name", "")
    if kind == "NoSuchOption":
        return _no_option(option, given, name, list(options))
    if kind == "BadOptionUsage" and options[option].is_flag:
        return f"{_word(option, given)}: {option} takes no value. Write it alone, or leave it out."
    if kind == "BadOptionUsage":
        return _no_value(options[option])
    if kind == "MissingParameter":
        missing = re.split(f"[, {GLUE}]", _name(parameter))[0]
        return f"{name}: {missing} is missing. {usage}; `{PROGRAM} {name} --help` has examples."
    if kind == "BadParameter" and parameter is not None:
        option = parameter.opts[0]
        return f"{option} {_value_given(option, given)}: this is no whole number. Write it like {option} 3."
    extra = re.search(r"argument(?:s|\(s\))? \((.*)\)$", str(error))
    again = [one for one in verbs[name].params if _is_option(one) and one.multiple and _is_given(one, given)]
    hint = f"{again[0].opts[0]} is written again before each" if again else "what has spaces goes in quotes"
    return f"{shown(extra[1]) if extra else name}: these are more words than {name} takes. {usage}; {hint}."


def _no_value(option: Any) -> str:
    return f"{option.opts[0]}: its value is missing. Expected {_name(option)}: give that.".replace(GLUE, " ")


def _no_option(option: str, given: Sequence[str], name: str, known: list[str]) -> str:
    word = _word(option, given)
    if re.fullmatch(r"-[\d.]+", word):
        return (
            f"{word}: this is taken for an option. Put numbers that belong together in quotes, as one word."
        )
    return f"{shown(word)}: {name} has no such option. {nearest(option, [*known, '--help'])}"


def _word(option: str, given: Sequence[str]) -> str:
    """The word of the command line in which an option stands."""
    return next((word for word in given if word.startswith(option)), option)


def _value_given(option: str, given: Sequence[str]) -> str:
    """What the command line says after an option, the last time that it is there."""
    text = "\n".join(given)
    return shown(re.findall(rf"^{option}[=\n](.*)$", text, re.MULTILINE)[-1])


def _options(verb: Any) -> dict[str, Any]:
    return {word: one for one in verb.params if _is_option(one) for word in one.opts}


def _is_given(option: Any, given: Sequence[str]) -> bool:
    return any(word.partition("=")[0] in option.opts for word in given)


def _called(name: str, verb: Any, given: Sequence[str] | None = None) -> str:
    """`python train.py VERB` with what follows: with all options, or with those that it needs or is given."""
    called = [PROGRAM, name, *(_name(one) for one in verb.params if not _is_option(one))]
    for one in filter(_is_option, verb.params):
        if one.required or (given is not None and _is_given(one, given)):
            called.append(_name(one))
        elif given is None:
            called.append(f"[{_name(one)}]")
    return " ".join(called)


def _rows(told: Mapping[str, str]) -> Iterator[str]:
    """Names and what they are, in two columns."""
    column = max(len(name) for name in told if len(name) <= WIDEST_NAME)
    for name, text in told.items():
        first, *more = wrap(text, WIDTH - column - 4, break_on_hyphens=False)
        wide = len(name) > column
        yield f"  {name}" if wide else f"  {name:<{column}}  {first}"
        yield from (f"  {'':<{column}}  {line}" for line in ([first, *more] if wide else more))


def _examples(name: str) -> Iterator[str]:
    for what, words in EXAMPLES[name].items():
        yield f"  {what}:"
        yield f"    {PROGRAM} {words}".rstrip()


def _is_option(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "option")


def _name(parameter: Any) -> str:
    """An argument as it stands in the command; an option with what it takes, as `--outputs DIR`."""
    if not _is_option(parameter):
        return str(parameter.metavar)
    option = str(parameter.opts[0])
    takes = parameter.metavar or option.removeprefix("--").upper()
    return option if parameter.is_flag else f"{option}{GLUE}{takes.replace(' ', GLUE)}"
