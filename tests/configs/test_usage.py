"""The help of every verb, and what is said of a command line that no verb takes."""

import re

import pytest
import typer

import train
from configs.usage import EXAMPLES, MEANINGS

VERBS = typer.main.get_command(train.app).commands
WRONG = [  # words, and what the message has: what was given, and what to do
    ("nowhere.yaml --frsh", ["--frsh: train has no such option", "Did you mean --fresh?"]),
    ("show --frsh", ["--frsh: show has no such option", "Known: --outputs, --debug, --help."]),
    ("show -o", ["-o: show has no such option"]),
    ("lesson --filter 0 1 0 1 -4 1", ["-4: this is taken for an option", "in quotes, as one word"]),
    ("lesson --seed x", ["--seed x: this is no whole number", "like --seed 3."]),
    ("lesson --seed 1 --seed=1.5", ["--seed 1.5: this is no whole number"]),
    ("lesson --seed x --debug", ["--seed x: this is no whole number"]),
    ("lesson --image=", ["--image : this is no whole number", "like --image 3."]),
    ("compare", ["compare: RUN is missing. Expected `python train.py compare RUN [RUN ...]`; `python"]),
    ("inspect", ["RUN is missing. Expected `python train.py inspect RUN, or MODEL.keras ... [KEY=VALUE"]),
    ("status", ["Expected `python train.py status RUN`; `python train.py status --help` has examples"]),
    ("predict outputs/quick", ["IMAGE is missing. Expected `python train.py predict RUN IMAGE ...`"]),
    ("export outputs/quick", ["--format is missing", "`python train.py export RUN --format FORMAT`"]),
    ("export outputs/quick --format", ["--format: its value is missing. Expected --format FORMAT"]),
    ("data --pack photos", ["--pack: its value is missing. Expected --pack SOURCE FOLDER"]),
    ("data --pack photos --invert", ["--pack: its value is missing"]),
    ("data --pack ./my photos ./out", ["Expected `python train.py data --pack SOURCE FOLDER`", "in quotes"]),
    ("lesson r --seed=3 4", ["4: these are more", "Expected `python train.py lesson [RUN] --seed SEED`"]),
    ("export r --format csv svg", ["svg: these are more words", "--format is written again before each"]),
    ("nowhere.yaml --outputs", ["--outputs: its value is missing. Expected --outputs DIR"]),
    ("nowhere.yaml --outputs --fresh", ["--outputs: its value is missing. Expected --outputs DIR"]),
    ("nowhere.yaml --fresh=1", ["--fresh=1: --fresh takes no value. Write it alone"]),
    ("show my (second) run", ["(second) run: these are more words than show takes", "goes in quotes"]),
    ("schema x", ["x: these are more words than schema takes"]),
    ("trian x", ["trian: there is no such verb", "Did you mean train?"]),
    ("shwo --help", ["shwo: there is no such verb", "Did you mean show?"]),
]


@pytest.mark.parametrize(("words", "fragments"), WRONG, ids=[words for words, _ in WRONG])
def test_a_wrong_use_is_told_in_one_paragraph(words, fragments, capsys):
    assert train.main(words.split()) == 2, "a wrong use ends with 2"
    out, err = capsys.readouterr()
    assert not out, f"an error is printed where results are: {out}"
    assert err.count("\n") == 1, f"an error is one paragraph, without a box or a traceback: {err}"
    for fragment in fragments:
        assert fragment in err, f"the message does not say `{fragment}`: {err}"


@pytest.mark.parametrize("name", VERBS)
def test_the_help_of_a_verb_tells_all_its_options_and_has_an_example(name, capsys):
    assert train.main([name, "--help"]) == 0
    told = capsys.readouterr().out
    for parameter in VERBS[name].params:
        for option in parameter.opts if parameter.param_type_name == "option" else []:
            assert re.search(rf"^  {option}( [A-Z_]|  )", told, re.MULTILINE), f"{name} --help lacks {option}"
    for words in EXAMPLES[name].values():
        assert f"    python train.py {words}".rstrip() + "\n" in told, "an example is missing"
    assert max(map(len, told.splitlines())) <= 80, "a line of the help is wider than a terminal"
    assert set(told) - {"\n"} <= set(map(chr, range(32, 127))), "a box, a colour or the like is in it"


@pytest.mark.parametrize("name", VERBS)
def test_how_a_verb_is_called_has_no_pipe(name, capsys):
    assert train.main([name, "--help"]) == 0
    assert "|" not in capsys.readouterr().out.split("\n\n")[0], "pasted, a | starts another program"


@pytest.mark.parametrize("name", ["compare", "predict", "export", "lesson", "show"])
def test_outputs_are_said_to_hold_what_this_verb_makes_or_reads(name):
    [help_] = [one.help for one in VERBS[name].params if "--outputs" in one.opts]
    assert help_ == "Folder of runs and of what is made of them; default: outputs.", f"{name} makes no runs"


def test_the_help_of_training_tells_what_its_words_are(capsys):
    assert train.main(["--fresh", "-h"]) == 0
    told = capsys.readouterr().out
    for word in ("CONFIG", "KEY=VALUE"):
        [row] = re.findall(rf"^  {word}  +(.+)$", told, re.MULTILINE)
        assert MEANINGS[word].startswith(row), f"the help does not say what {word} is"


@pytest.mark.parametrize("word", ["--help", "-h", "help"])
def test_the_help_of_the_program_tells_all_verbs(word, capsys):
    assert train.main([word]) == 0, f"{word} is taken for something else than a wish for help"
    told = capsys.readouterr().out
    for name in VERBS:
        assert f"\n  {name} " in told, f"the help does not tell of {name}"
    assert EXAMPLES.keys() == VERBS.keys(), "a verb without an example, or an example without a verb"
