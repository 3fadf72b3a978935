"""The terminal's block and report.md: every width, every name, every number of models."""

import copy
import re
from typing import Any

import pytest

from model.comparison.records import Model
from model.comparison.tables import epochs
from model.experiment import markdown as markdown_file
from model.experiment import terminal
from model.report.tables import duration, escaped, printable
from tests.records import parsed, typed


def markdown(report: dict[str, Any]) -> str:
    return markdown_file.markdown(parsed(report))


def terminal_block(report: dict[str, Any], folder: str) -> str:
    return terminal.terminal_block(parsed(report), folder)


def model(
    accuracy: float = 0.891, parameters: int = 101_770, in_convolutions: int = 0, **changes: Any
) -> dict[str, Any]:
    def measured(mean: float) -> dict[str, Any]:
        interval = [mean - 0.006, mean + 0.006]
        return {
            "mean": mean,
            "std": 0.002,
            "interval": interval,
            "over": "seeds and images",
            "values": [mean] * 3,
        }

    return {
        "architecture": "cnn" if in_convolutions else "dense",
        "parameters": parameters,
        "convolution_parameters": in_convolutions,
        "flops_per_image": 203_264,
        "epochs": 10,
        "train_seconds": 2.9,
        "predict_seconds": 0.05,
        "predict_one_seconds": 0.00042,
        "precision": "float32",
        "seeds": [0, 1, 2],
        "broken": None,
        "confusion": [],
        "validation_accuracy": dict.fromkeys("012", accuracy + 0.003),
        "accuracy": measured(accuracy),
        "top_2": measured(0.97),
        "loss": measured(0.31),
        "brier": measured(0.16),
        "calibration_error": 0.0123,
        "per_class": [
            {"class": "T-shirt/top", "images": 1000, "accuracy": accuracy, "precision": 0.85, "f1": 0.87}
        ],
        **changes,
    }


def comparison(candidate: str = "cnn", difference: float = 0.026) -> dict[str, Any]:
    answer = (
        f"{candidate} is better than dense by 2.6 points (2.2 to 3.0): about 260 fewer mistakes in 10,000."
    )
    cost = "It is also 2.4 times as large and does 49 times the arithmetic"
    return {
        "baseline": "dense",
        "candidate": candidate,
        "difference": difference,
        "interval": [0.022, 0.030],
        "over": "seeds and images",
        "mcnemar": [
            {"seed": 0, "only_baseline_correct": 303, "only_candidate_correct": 563, "p_value": 1e-9}
        ],
        "per_class": [
            {"class": "T-shirt/top", "difference": -0.012, "interval": [-0.02, -0.004], "clear": True}
        ],
        "words": {"answer": answer, "agreement": "All 3 trainings agree.", "cost": cost},
        "verdict": f"{answer} All 3 trainings agree. {cost}; this run can't say which made it better.",
    }


CNN = model(0.917, 243_786, 37_568, flops_per_image=10_045_952, epochs=5, train_seconds=49.7)
REPORT: dict[str, Any] = {
    "name": "dense-vs-cnn",
    "data": {
        "title": "Fashion-MNIST",
        "name": "mine",
        "source": "a folder",
        "train": 55_000,
        "validation": 5_000,
        "test": 10_000,
    },
    "models": {"dense": model(), "cnn": CNN},
    "comparisons": [comparison()],
    "not_compared": [],
    "failed": [],
    "test_looks": 1,
    "environment": {},
    "test_looks_words": None,
}

BLOCK = """\
                                  dense         cnn
right, of 10,000 test pictures    89.1 %        91.7 %
  with new seeds and new pictures 88.5 to 89.7  91.1 to 92.3  (95 %)
  of 5,000 validation pictures    89.4 %        92.0 %
wrong                             1,090         830
parameters                        101,770       243,786 (37,568 in convolutions)
arithmetic per picture            0.2 MFLOP     10 MFLOP
training, per seed                3 s           50 s

cnn is better than dense by 2.6 points (2.2 to 3.0): about 260 fewer mistakes in
10,000. All 3 trainings agree. It is also 2.4 times as large and does 49 times
the arithmetic; this run can't say which made it better.

Look   outputs/dense-vs-cnn/report.html
       first picture: figures/1-at-a-glance.png
Next   python train.py lesson     convolution and pooling by hand
       python train.py show       this again, and the layers"""


def report_with(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(REPORT) | changes


def too_wide(block: str) -> list[str]:
    return [line for line in block.splitlines() if len(line) > 80]


def test_block_of_the_default_run() -> None:
    assert terminal_block(REPORT, "outputs/dense-vs-cnn") == BLOCK


def test_a_guess_stands_word_for_word_above_the_verdict():
    guess = "[red]more[/red] " + 20 * "and more "
    table, told, verdict, *_ = terminal_block(report_with(guess=guess.strip()), "outputs/x").split("\n\n")
    assert " ".join(told.split()) == f"You guessed: {guess.strip()}", "it is not told as it was given"
    assert max(map(len, told.splitlines())) <= 80, "it is wider than the terminal"
    assert "right, of" in table, "the table comes first"
    assert verdict.startswith("cnn is "), "then the guess, then the verdict"


def test_epochs_of_trainings_that_stopped_are_a_range() -> None:
    assert epochs(typed(Model, {"epochs": 9})) == "9", "an earlier version's report tells the longest only"
    assert epochs(typed(Model, {"epochs": 9, "epochs_per_seed": {"0": 9, "1": 9}})) == "9"
    stopped = model(epochs=9, epochs_per_seed={"0": 7, "1": 9, "2": 8})
    assert epochs(typed(Model, stopped)) == "7 to 9"
    assert "| 0, 1, 2 | 7 to 9 |" in markdown(report_with(models={"dense": stopped}, comparisons=[]))


HINT = """\
the arithmetic. Whether the convolution or the size did it, this run can't say:
python train.py configs/why.yaml"""


def test_what_this_run_cannot_say_has_a_command() -> None:
    fashion = REPORT["data"] | {"name": "fashion-mnist"}
    block = terminal_block(report_with(data=fashion), "outputs/x")
    assert HINT in block
    assert "which made it better" not in block, "it is said once"
    assert not too_wide(block)
    assert HINT not in terminal_block(REPORT, "outputs/x"), "that config is of other pictures"
    same = report_with(data=fashion, models={"dense": CNN, "cnn": CNN})
    assert "configs/why.yaml" not in terminal_block(same, "outputs/x"), "both have convolutions"
    free = report_with(data=fashion)
    del free["comparisons"][0]["words"]["cost"]
    assert "configs/why.yaml" not in terminal_block(free, "outputs/x"), "the winner is not the bigger one"
    as_large = report_with(data=fashion, models={"dense": model(parameters=222_000), "cnn": CNN})
    block = terminal_block(as_large, "outputs/x")
    assert "configs/why.yaml" not in block, "size, of which it is, can't have done it"
    assert "which made it better" in block, "that the arithmetic may have done it is not said"
    mean = {"layer": "mirror_mean", "type": "Average", "output_shape": [128], "parameters": 0, "flops": 9}
    flips = report_with(data=fashion, models={"dense": model(), "cnn": CNN | {"layers": [mean]}})
    assert "configs/why.yaml" not in terminal_block(flips, "outputs/x"), "no network in that config flips"


WHY = [
    {
        "baseline": "cnn",
        "candidate": "no-pooling",
        "setting": "pooling",
        "values": ["max", "none"],
        "words": "Only pooling differs (max against none): cnn is ahead of no-pooling by 0.8 points.",
    }
]


def test_what_controls_show_takes_the_place_of_their_verdicts() -> None:
    pairs = [comparison(name) | {"baseline": "cnn"} for name in ("no-pooling", "other")]
    models = dict.fromkeys(("cnn", "no-pooling", "other"), CNN)
    report = report_with(models=models, comparisons=pairs, why=WHY)
    flat = " ".join(terminal_block(report, "outputs/x").split())
    assert WHY[0]["words"] in flat
    assert "no-pooling is better than dense" not in flat, "one sentence for a pair is enough on a screen"
    assert "other is better than dense" in flat, "a pair that nothing explains keeps its answer"
    text = markdown(report)
    assert WHY[0]["words"] in text
    assert text.index("Only pooling") < text.index("no-pooling is better"), "the report tells both"


def test_one_model() -> None:
    block = terminal_block(report_with(models={"cnn": CNN}, comparisons=[]), "outputs/x")
    assert "parameters                        243,786 (37,568 in convolutions)" in block
    assert "better" not in block
    assert not too_wide(block)


def test_convolutions_get_a_line_where_there_is_no_room_beside() -> None:
    block = terminal_block(report_with(models={"cnn": CNN, "dense": model()}), "outputs/x")
    assert "  of these in convolutions        37,568        0" in block
    big = model(0.9, 1_386_506, 1_037_568)
    block = terminal_block(report_with(models={"dense": model(), "cnn": big}), "outputs/x")
    assert "  of these in convolutions        0             1,037,568" in block
    assert not too_wide(block)


@pytest.mark.parametrize("number", [3, 8])
def test_many_models_get_a_row_each(number: int) -> None:
    names = ["dense", "dense_with_as_many_parameters", *(f"cnn{index}" for index in range(number - 2))]
    models = {name: model(0.9, 4_757_578, 36_928, train_seconds=4000) for name in names}
    report = report_with(models=models, comparisons=[comparison(name) for name in names[1:]])
    block = terminal_block(report, "outputs/x")
    assert not too_wide(block)
    assert block.split("\n")[0].split() == [
        "right",
        "95",
        "%",
        "validation",
        "parameters",
        "MFLOP",
        "training",
    ]
    assert "\ndense                90.0 %  89.4 to 90.6     90.3 %  4,757,578    0.2 1 h 6 min" in block
    flat = " ".join(block.split())
    for name in names:
        assert name in flat, "a model is missing"
    for name in names[1:]:
        assert f"{name} is better than dense" in flat
    assert "as large" not in flat, "with many models the answers alone are long enough"


def test_long_names_of_two_models_get_rows() -> None:
    names = ["a_baseline_with_a_long_name", "another_model_with_a_name_longer_than_that"]
    block = terminal_block(report_with(models={name: model() for name in names}, comparisons=[]), "outputs/x")
    assert not too_wide(block)
    assert all(name in block for name in names)


def test_one_seed_says_what_the_interval_allows_for() -> None:
    entry = model()
    entry["accuracy"] |= {"over": "images", "std": None}
    report = report_with(models={"dense": entry}, comparisons=[])
    assert "  with other test pictures" in terminal_block(report, "outputs/x")
    text = markdown(report)
    assert "| dense | 0.8910 | 0.8850 to 0.8970 |" in text, "one seed has no deviation"


def test_one_seed_beside_several_says_which_model_has_one() -> None:
    entry = model(0.917)
    entry["accuracy"] |= {"over": "images", "std": None}
    for names in (["dense", "cnn"], ["dense", "cnn", "other"]):
        models = {name: entry if name == "cnn" else model() for name in names}
        flat = " ".join(terminal_block(report_with(models=models, comparisons=[]), "outputs/x").split())
        told = "between, with new seeds and new pictures, but cnn with other test pictures only (95 %)."
        assert told in flat, "what one interval allows for is said of both"


def test_9_97_is_no_10_0() -> None:
    models = {name: model(flops_per_image=flops) for name, flops in (("a", 9_970_000), ("b", 9_940_000))}
    block = terminal_block(report_with(models=models, comparisons=[]), "outputs/x")
    assert "arithmetic per picture            10 MFLOP      9.9 MFLOP" in block


def test_failures_are_listed() -> None:
    reason = "dense has no result: its training failed (loss not finite at epoch 2). No comparison is made."
    report = report_with(
        models={"cnn": CNN},
        comparisons=[],
        not_compared=[{"baseline": "dense", "candidate": "cnn", "verdict": reason}],
        failed=[{"model": "dense", "seed": 1, "reason": "loss not finite at epoch 2"}],
    )
    block = terminal_block(report, "outputs/x")
    assert "failed   dense, seed 1: loss not finite at epoch 2" in block
    assert reason in " ".join(block.split())
    assert not too_wide(block)
    text = markdown(report)
    assert "- dense, seed 1: loss not finite at epoch 2" in text
    assert reason in text


def test_a_failed_look_inside_is_called_that() -> None:
    look = {"model": "dense", "seed": 0, "stage": "inspection", "reason": "no disk left"}
    report = report_with(failed=[look])
    assert "failed   looking inside dense, seed 0: no disk left" in terminal_block(report, "outputs/x")
    assert "- looking inside dense, seed 0: no disk left" in markdown(report)


def test_nothing_finished() -> None:
    failed = [{"model": "dense", "seed": 0, "reason": "out of memory"}]
    report = report_with(models={}, comparisons=[], failed=failed)
    assert "No training was finished." in terminal_block(report, "outputs/x")
    assert "out of memory" in markdown(report)


def test_trainings_of_several_machines_are_told() -> None:
    words = "Not all trainings were made alike: they differ in processor."
    assert words in terminal_block(report_with(environment={"mixed_words": words}), "outputs/x")


def test_luck_is_told() -> None:
    sentence = (
        "14 settings have now been scored on these 10,000 pictures: the best of 14 equal ones looks about 0.3"
    )
    report = report_with(test_looks=14, test_looks_words=f"{sentence} points better by luck.")
    assert sentence in " ".join(terminal_block(report, "outputs/x").split())
    assert sentence in markdown(report)


EVIL = "a|b\x1b[2J\r\n*c*<script>`[x](y)\u202e\u2028"


def test_names_obey_nobody() -> None:
    pair = comparison()
    pair["per_class"][0]["class"] = EVIL
    pair["verdict"] = pair["words"]["answer"] = f"cnn is better, but {EVIL} got worse."
    entry = model()
    entry["per_class"][0]["class"] = EVIL
    report = report_with(comparisons=[pair], models={"dense": entry, "cnn": CNN}, name=EVIL)
    report["failed"] = [{"model": "cnn", "seed": 0, "reason": EVIL}]
    block, text = terminal_block(report, "outputs/x"), markdown(report)
    for char in "\x1b\r\u202e\u2028":
        assert char not in block, "a terminal would obey it"
        assert char not in text
    rows = [line for line in text.splitlines() if line.startswith("| a")]
    assert len(rows) == 4, "accuracy, precision and F1 per class, and the differences"
    for line, cells in zip(rows, (4, 4, 4, 4), strict=True):
        assert len(re.findall(r"(?<!\\)\|", line)) == cells + 1, "a class name has opened a cell"
    assert "<script" not in text.replace("\\<", "")


@pytest.mark.parametrize(
    ("text", "shown"), [("Shirt", "Shirt"), ("Bäckerei 店", "Bäckerei 店"), ("\x1b[1m", "\\x1b[1m")]
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_escaped() -> None:
    assert escaped("a|b_c") == "a\\|b\\_c"
    assert escaped("T-shirt/top (2.2 to 3.0): −1.2 %") == "T-shirt/top (2.2 to 3.0): −1.2 %", (
        "prose stays readable"
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0.4 s"),
        (0.97, "1 s"),
        (2.9, "3 s"),
        (59.6, "1 min 0 s"),
        (110, "1 min 50 s"),
        (3960, "1 h 6 min"),
    ],
)
def test_duration(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_where_to_look_next_leads_to_this_very_run() -> None:
    for folder, command in (
        ("outputs/x", "       python train.py show       this again, and the layers"),
        ("/tmp/my runs/x", "       python train.py show '/tmp/my runs/x'  this again, and the layers"),
    ):
        assert terminal_block(REPORT, folder).splitlines()[-1] == command
    nothing = terminal_block(report_with(models={}, comparisons=[]), "outputs/x").splitlines()[-1]
    assert nothing == "       python train.py show       this again", "layers are said of no network"


def test_show_does_not_lead_to_itself() -> None:
    block = terminal.terminal_block(parsed(REPORT), "outputs/x", shown=True)
    assert block.splitlines()[-1] == "Next   python train.py lesson     convolution and pooling by hand"


def test_columns_stay_apart_where_a_number_fills_its_own() -> None:
    name = "a" * 12
    big = model() | {"parameters": 1_342_177_280, "train_seconds": 446_000.0, "flops_per_image": 10**12}
    block = terminal_block(
        report_with(models={name: big, "b": big, "c": model()}, comparisons=[]), "outputs/x"
    )
    assert not too_wide(block)
    lines = block.splitlines()
    row = lines[lines.index(name) + 1]  # for it has no room beside these
    assert row.endswith(" 1,342,177,280 1,000,000 123 h 53 min"), row
