"""What the comparison of runs looks like: the terminal's block, the folder, the page, the picture."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from model.comparison.records import Comparison
from model.experiment.report import newest_run
from model.report.canvas import MODEL_COLOURS, shortened
from model.report.figure import Figure
from model.report.tables import distinct_labels
from model.report.words import percent, span
from model.run.folder import RunError
from model.side_by_side import files as run_comparison_files
from model.side_by_side.compare_runs import RULE, RULE_OF_ONE, compare_runs
from model.side_by_side.figure import NAME_WIDTH, _cut, side_by_side
from model.side_by_side.files import comparison_page, write_comparison
from model.side_by_side.records import Pair, SideBySide
from model.side_by_side.text import (
    answers,
    comparison_block,
    comparison_markdown,
    headline,
    notes,
)
from tests.cells import in_html, in_markdown
from tests.compared_folders import make_run, read_report, report_alone, write_report
from tests.comparison.test_headlines import pair
from tests.recording import Recording
from tests.records import typed

HOSTILE = "<script>alert(1)</script> $x|y$ \x1b[31m\u202e"


def made_of(outputs: Path, *folders: Path) -> SideBySide:
    return compare_runs(folders, outputs)


def write(found: SideBySide, outputs: Path) -> Path:
    return write_comparison(found, outputs)[0]


def of_pairs(*pairs: Comparison) -> SideBySide:
    told = [Pair(**vars(one.alone(0.5)), paired=True, without_predictions=[]) for one in pairs]
    return typed(SideBySide, {"comparisons": told, "models": {}})


def test_the_block_fits_a_terminal_and_tells_everything(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9})
    two = make_run(tmp_path / "two", {"cnn": 0.93}, settings={"training": {"epochs": 9}})
    block = comparison_block(made_of(tmp_path, one, two, tmp_path / "nowhere"), "outputs/comparisons/x")
    assert max(len(line) for line in block.splitlines()) <= 80
    for row in ("one/dense", "one/cnn", "two/cnn"):
        assert re.search(
            rf"^{row} +\d\d\.\d % +\d\d\.\d to \d\d\.\d +not known +1,000 +0\.010 +2 s$", block, re.M
        ), row
    assert "two/cnn is better than one/cnn by" in block
    assert "these runs can't say" not in block, "both are equally large"
    assert re.search(r"^training\.epochs +\d+ +9$", block, re.M), "what the configs differ in"
    assert re.search(r"^models\.dense +dense +–$", block, re.M), "a model that only one has"
    assert "unused   nowhere:" in block
    assert "where that has none of the name" in " ".join(block.split()), "the rule of pairing is told"
    assert "Look   outputs/comparisons/x/comparison.html" in block


def test_a_run_that_is_used_in_part_is_not_called_unused(tmp_path: Path) -> None:
    run = make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9})
    (run / "config.yaml").write_text("name: [")
    block = " ".join(comparison_block(made_of(tmp_path, run), "x").split())  # a long path is wrapped
    assert "in part one: " in block
    assert "unused" not in block, "its models stand in the table above"


def test_what_is_unknown_is_said_to_be(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9})
    two = make_run(tmp_path / "two", {"dense": 0.86, "cnn": 0.93}, settings={"data": {"split_seed": 3}})
    alone = report_alone(make_run(tmp_path / "three", {"cnn": 0.91}), tmp_path / "alone")
    other = make_run(tmp_path / "other", {"cnn": 0.91}, digest="ef" * 32, environment={"processor": "two"})
    block = " ".join(comparison_block(made_of(tmp_path, one, two, alone, other), "x").split())
    assert "alone: its config is unknown beyond what report.json tells" in block
    assert "data.split_seed 0 3 ? 0" in block
    assert "one, two, alone: Fashion-MNIST, digest abababab; other: Fashion-MNIST, digest efefefef" in block
    assert "training times do not compare" in block
    assert "Without the predictions of alone/cnn" in block


def test_every_answer_names_both_models(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9}, seeds=(0,))
    two = make_run(tmp_path / "two", {"cnn": 0.93}, seeds=(0,))
    [answer] = answers(made_of(tmp_path, one, two))
    assert answer.startswith("Against one/cnn: In this one training two/cnn was right on")
    other = make_run(tmp_path / "other", {"cnn": 0.91}, seeds=(5,))
    [answer] = answers(made_of(tmp_path, other, two))
    assert answer.startswith("Against other/cnn: With one training each, two/cnn was right on")
    assert answer.endswith("Another seed may differ."), "seeds that differ name no next ones"
    one = make_run(tmp_path / "three", {"cnn": 0.9})
    [answer] = answers(made_of(tmp_path, one, two))
    assert answer.startswith("Against three/cnn: two/cnn has one training only, and it was right on about")


def test_many_long_names_keep_to_the_width(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / f"{letter * 90}", {"cnn": 0.9 + step / 100}, seeds=(step,))
            for step, letter in enumerate("abcd")]  # fmt: skip
    block = comparison_block(made_of(tmp_path, *runs), "x")
    tables, _, rest = block.partition("seeds\n")
    assert "  dddd" in rest, "values stand under their key where they do not fit beside it"
    assert max(len(line) for line in tables.splitlines() if "comparisons" not in line) <= 100


def test_names_cannot_steer_the_terminal_or_the_page(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9})
    two = make_run(tmp_path / "<b>\x1b[31m$two|", {"cnn": 0.93})
    report = read_report(two)
    report["data"]["title"] = report["models"]["cnn"]["architecture"] = HOSTILE
    report["failed"] = [{"model": HOSTILE, "seed": 0, "reason": HOSTILE}]
    write_report(two, report)
    found = made_of(tmp_path, two, one)
    block = comparison_block(found, "x")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", block), "a control character reaches the terminal"
    folder = write(found, tmp_path)
    html = (folder / "comparison.html").read_text()
    assert "<script>alert" not in html
    assert "<b>\x1b" not in html
    markdown = (folder / "comparison.md").read_text()
    assert "<script>" not in markdown.replace("\\<script\\>", "")
    assert "\x1b" not in markdown
    assert re.fullmatch(r"[A-Za-z0-9._-]+", folder.name), "a folder's name must be plain"


def test_each_comparison_has_its_folder(tmp_path: Path) -> None:
    one, two = make_run(tmp_path / "one", {"cnn": 0.9}), make_run(tmp_path / "two", {"cnn": 0.93})
    other = make_run(tmp_path / "elsewhere" / "two", {"cnn": 0.95})
    outputs = tmp_path / "outputs"
    first = write(made_of(outputs, one, two), outputs)
    assert first == outputs / "comparisons" / "one-and-two"
    names = {"accuracy.png", "comparison.html", "comparison.json", "comparison.md"}
    assert {path.name for path in first.iterdir()} == names
    before = (first / "comparison.json").read_bytes()
    assert write(made_of(outputs, one, other), outputs).name == "one-and-two-2", "other runs"
    assert write(made_of(outputs, one, two), outputs) == first, "the same comparison again"
    assert (first / "comparison.json").read_bytes() == before, "the same numbers every time"
    assert write(made_of(outputs, two, one), outputs).name == "two-and-one"
    with pytest.raises(RunError, match="no finished run"):
        newest_run(outputs)


def test_a_picture_that_fails_leaves_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import train

    def unable(*_: object, **__: object) -> Figure:
        raise RuntimeError("latex could not be found")

    run = make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9})
    monkeypatch.setattr(run_comparison_files, "side_by_side", unable)
    assert train.main(["compare", str(run), "--outputs", str(tmp_path)]) == 1, "scripts must learn of it"
    folder, sentence = tmp_path / "comparisons" / "one", "accuracy.png could not be drawn: RuntimeError: "
    printed = capsys.readouterr().out
    assert "one/cnn is better than one/dense by" in printed, "the result is printed all the same"
    assert f"missing  {sentence}" in printed
    assert "the picture:" not in printed, "nobody is sent to a picture that is not there"
    page, text = (folder / "comparison.html").read_text(), (folder / "comparison.md").read_text()
    assert sentence in page
    assert "<img" not in page, "the page links a picture that is missing"
    assert sentence in text
    assert run_comparison_files.read_json(folder / "comparison.json")["not_drawn"]


def test_the_picture_is_as_wide_as_all_and_not_too_high(tmp_path: Path) -> None:
    shares = {f"model{number}": 0.6 + number / 100 for number in range(30)}
    runs = [make_run(tmp_path / "many", shares, seeds=(0,))]
    runs.append(make_run(tmp_path / "other", {"cnn": 0.9}, digest="ef" * 32))
    found = made_of(tmp_path, *runs)
    with Image.open(write(found, tmp_path) / "accuracy.png") as image:
        assert image.width == 1200
        assert image.height <= 1500
    few = made_of(tmp_path, runs[1])
    with Image.open(write(few, tmp_path) / "accuracy.png") as image:
        assert image.height < 400


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ((0.93,), "two/cnn is ahead of one/cnn by "),
        ((0.9, 0.95), "Allowing for all 2 pairs, 1 differs: three/cnn is ahead of one/cnn by 5."),
        ((0.86, 0.95), "Allowing for all 2 pairs, 2 differ; the most: three/cnn is ahead of one/cnn by 5."),
    ],
)
def test_the_title_is_the_finding(tmp_path: Path, shares: tuple[float, ...], expected: str) -> None:
    runs = [make_run(tmp_path / "one", {"cnn": 0.9})]
    for name, share in zip(("two", "three"), shares, strict=False):
        runs.append(make_run(tmp_path / name, {"cnn": share}, seeds=(5, 6, 7)))
    assert headline(made_of(tmp_path, *runs)).startswith(expected)


def test_the_title_where_nothing_is_compared(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9})
    assert headline(made_of(tmp_path, one)) == "1 model of 1 run side by side; none are compared"


def test_markdown_has_every_model_and_difference(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9})
    two = make_run(tmp_path / "two", {"cnn": 0.93}, seeds=(4, 5))
    text = comparison_markdown(made_of(tmp_path, one, two))
    assert re.search(
        r"^\| one/cnn \| 0\.\d{4} \| 0\.\d{4} to 0\.\d{4} \| seeds and images \| not known \| 0, 1, 2 \|",
        text,
        re.M,
    )
    assert "| seeds | \\[0, 1, 2\\] | \\[4, 5\\] |" in text


def test_each_accuracy_stands_beside_its_model_in_the_colour_of_its_run(
    recording: Recording, tmp_path: Path
) -> None:
    found = made_of(
        tmp_path,
        make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9}),
        make_run(tmp_path / "other", {"cnn": 0.8}, digest="ef" * 32),
        make_run(tmp_path / "two", {"cnn": 0.93}),
    )
    figure = side_by_side(found, tmp_path / "accuracy.png")
    drawn = recording.last
    colours = {"one": MODEL_COLOURS[0], "other": MODEL_COLOURS[1], "two": MODEL_COLOURS[2]}
    for axes, models in enumerate((["one/dense", "one/cnn", "two/cnn"], ["other/cnn"])):
        assert drawn.beside(drawn.box(axes)[1] - 32, 2) == ["Fashion-MNIST: right, of 3,000 test pictures"]
        dots = drawn.marks(axes, "o")
        for row, (name, diamond) in enumerate(zip(models, drawn.marks(axes, "D"), strict=True)):
            accuracy = found.models[name].found.accuracy
            assert diamond.values[0, 0] == accuracy.mean
            assert dots[row].values[:, 0].tolist() == accuracy.values
            assert diamond.colour == diamond.fill == colours[name.split("/")[0]], "a colour is a run"
            told = [name, percent(accuracy.mean), span(accuracy.interval)]
            assert drawn.beside(diamond.places[0, 1] - 8, 14) == told
    assert figure.alt.endswith(f"other/cnn {percent(found.models['other/cnn'].found.accuracy.mean)}.")


def told_apart(folder: Path) -> SideBySide:
    """Two runs of a model each, of which no two numbers are the same."""
    found = made_of(
        folder,
        make_run(folder / "one", {"cnn": 0.9}),
        make_run(folder / "two", {"cnn": 0.93}, seeds=(4, 5)),
    )
    numbers: dict[str, dict[str, Any]] = {
        "one/cnn": {"parameters": 101_770, "flops_per_image": 203_264, "epochs": 10, "train_seconds": 3.4},
        "two/cnn": {"parameters": 243_786, "flops_per_image": 10_045_952, "epochs": 4, "train_seconds": 49.7},
    }
    for name, mean in (("one/cnn", 0.891), ("two/cnn", 0.917)):
        entry, taken = found.models[name], {"0": 9, "1": 10} if name == "one/cnn" else {}
        accuracy = replace(entry.found.accuracy, mean=mean, interval=[mean - 0.004, mean + 0.005])
        validated = {str(seed): mean + 0.008 + 0.008 * (name == "one/cnn") for seed in entry.found.seeds}
        changed = replace(entry.found, accuracy=accuracy, epochs_per_seed=taken, **numbers[name])
        changed = replace(changed, validation_accuracy=validated)
        found.models[name] = replace(entry, found=changed)
    return found


def test_every_number_stands_under_its_heading_in_the_row_of_its_model(tmp_path: Path) -> None:
    found = told_apart(tmp_path)
    of_models, of_configs = in_html(comparison_page(found, Figure(tmp_path / "x.png", "t", "a"), tmp_path))
    assert of_models == {
        "one/cnn": {
            "right": "89.1 %", "95 %": "88.7 to 89.6", "allowing for other": "seeds and images",
            "validation": "90.7 %", "wrong": "327", "seeds": "0, 1, 2", "parameters": "101,770",
            "MFLOP a picture": "0.2", "epochs": "9 to 10", "training": "3.4 s",
        },
        "two/cnn": {
            "right": "91.7 %", "95 %": "91.3 to 92.2", "allowing for other": "seeds and images",
            "validation": "92.5 %", "wrong": "249", "seeds": "4, 5", "parameters": "243,786",
            "MFLOP a picture": "10", "epochs": "4", "training": "50 s",
        },
    }  # fmt: skip
    assert of_configs == {"seeds": {"one": "[0, 1, 2]", "two": "[4, 5]"}}
    in_text = in_markdown(comparison_markdown(found))[0]["two/cnn"]
    assert in_text == {
        "accuracy": "0.9170", "interval": "0.9130 to 0.9220", "allowing for other": "seeds and images",
        "validation accuracy": "0.9250", "seeds": "4, 5", "parameters": "243,786",
        "FLOPs per picture": "10,045,952", "epochs": "4", "training seconds": "49.7",
    }  # fmt: skip
    [line] = [line for line in comparison_block(found, "x").splitlines() if line.startswith("one/cnn")]
    assert line.split() == [
        "one/cnn",
        "89.1",
        "%",
        "88.7",
        "to",
        "89.6",
        "90.7",
        "%",
        "101,770",
        "0.2",
        "3",
        "s",
    ]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(0.01, -0.01, 0.03), (0.0, -0.02, 0.02)], "Allowing for all 2 pairs, no difference can be seen"),
        (
            [(0.02, 0.01, 0.03), (-0.05, -0.06, -0.04), (0.0, -0.01, 0.01)],
            "Allowing for all 3 pairs, 2 differ; the most: dense is ahead of cnn by 5.0 points",
        ),
        (
            [(0.0, -0.01, 0.01), (0.02, 0.01, 0.03)],
            "Allowing for all 2 pairs, 1 differs: cnn is ahead of dense by 2.0 points",
        ),
    ],
)
def test_the_headline_of_several_pairs_is_the_largest_clear_one(
    pairs: list[tuple[float, float, float]], expected: str
) -> None:
    assert headline(of_pairs(*(pair(*numbers) for numbers in pairs))) == expected


def test_what_networks_lack_is_told_once_before_several_pairs(tmp_path: Path) -> None:
    """A class that is never answered, and pictures learned without the others, as in a run alone."""
    one = make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9})
    two = make_run(tmp_path / "two", {"cnn": 0.93}, never="Bag")
    three = make_run(tmp_path / "three", {"dense": 0.86, "cnn": 0.95})
    learned = read_report(three)
    shares = {"training_accuracy": 0.9, "validation_accuracy": 0.4}
    learned["models"]["cnn"] |= {key: dict.fromkeys("012", share) for key, share in shares.items()}
    write_report(three, learned)
    found = made_of(tmp_path, one, two, three)
    assert len(found.comparisons) == 3
    told, start = answers(found), "three/cnn is right on 90.0 % of the training pictures in its last epoch"
    assert told[0] == "two/cnn never answers Bag.", "what a network lacks is not said before what it wins"
    assert told[1].startswith(f"{start} and on 40.0 % of the validation pictures: less than half")
    assert len([sentence for sentence in told if "never answers" in sentence]) == 1, "told for every pair"
    assert headline(found) == "two/cnn never answers Bag", "the largest difference is told without its cause"
    only = make_run(tmp_path / "only", {"cnn": 0.9})
    pair = made_of(tmp_path, only, three)
    assert "\n".join(answers(pair)).count("less than half") == 1, "a verdict of its own says it once"
    assert headline(pair).startswith(start)


def test_pairs_of_single_trainings_are_said_to_hold_for_these_seeds() -> None:
    clear, unclear = pair(0.02, 0.01, 0.03), pair(0.0, -0.01, 0.01, over="images")
    assert " with these seeds" not in headline(of_pairs(clear, unclear))
    single = of_pairs(replace(clear, over="images"), unclear)
    assert headline(single).startswith("Allowing for all 2 pairs, 1 differs with these seeds: cnn is ahead")


def test_notes_tell_what_these_runs_need(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9})
    again = make_run(tmp_path / "again", {"dense": 0.86, "cnn": 0.91}, config_digest="01" * 32)
    assert notes(made_of(tmp_path, one, again)) == ["Their configs differ in nothing.", RULE]
    alone = report_alone(again, tmp_path / "alone")
    assert notes(made_of(tmp_path, one, alone)) == [
        "alone: its config is unknown beyond what report.json tells.",
        "Their configs differ in nothing that is known.",
        "Without the predictions of alone/dense, alone/cnn, their comparisons rest on two intervals each and"
        " not on every picture: these differences have wider intervals than they need.",
        RULE,
    ]
    shrunk = report_alone(again, tmp_path / "shrunk")
    report = read_report(shrunk)
    report["models"]["cnn"] |= {"parameters": 500, "epochs": 9}
    write_report(shrunk, report)
    told = notes(made_of(tmp_path, one, shrunk))
    assert told[1] == "Their reports differ in models.cnn.parameters and models.cnn.epochs.", told
    block = comparison_block(made_of(tmp_path, one, shrunk), "x")
    assert re.search(r"^models\.cnn\.parameters +1000 +500$", block, re.M), "each with its value"
    text = comparison_markdown(made_of(tmp_path, one, shrunk))
    assert "## What differs in the configs and reports" in text
    write_report(again, report)
    assert notes(made_of(tmp_path, one, again))[0] == (
        "Their configs differ in nothing, but their reports in models.cnn.parameters and models.cnn.epochs."
    )
    write_report(again, read_report(alone))
    third = report_alone(again, tmp_path / "third")
    told = notes(made_of(tmp_path, one, alone, third))
    assert told[0] == "alone, third: their configs are unknown beyond what report.json tells."
    assert notes(made_of(tmp_path, one)) == [RULE_OF_ONE], "a run alone differs from none"


def test_the_cause_that_these_runs_leave_open_is_said_to_be_theirs(tmp_path: Path) -> None:
    one, two = make_run(tmp_path / "one", {"cnn": 0.9}), make_run(tmp_path / "two", {"cnn": 0.93})
    report = read_report(two)
    report["models"]["cnn"]["parameters"] = 2000
    write_report(two, report)
    [found] = made_of(tmp_path, one, two).comparisons
    cause = "It is also 2.0 times as large; these runs can't say which made it better."
    assert found.verdict.endswith(cause)
    both = make_run(tmp_path / "both", {"dense": 0.9, "cnn": 0.93})
    report = read_report(both)
    report["models"]["cnn"]["parameters"] = 2000
    write_report(both, report)
    [found] = made_of(tmp_path, both).comparisons
    assert found.verdict.endswith("this run can't say which made it better."), "it is one run"


def test_a_single_pair_has_its_whole_verdict_and_several_an_answer_each(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9})
    two = make_run(tmp_path / "two", {"cnn": 0.93}, digest="ab" * 32)
    found = made_of(tmp_path, one, report_alone(two, tmp_path / "alone"))
    [pair] = found.comparisons
    assert answers(found)[0] == pair.verdict
    assert "All 3 trainings agree." in pair.verdict
    assert not any(note.startswith("Without the predictions") for note in notes(found)), "its verdict says so"
    third = make_run(tmp_path / "third", {"cnn": 0.95})
    several = made_of(tmp_path, one, two, third)
    assert answers(several)[:2] == [pair.words["answer"] for pair in several.comparisons]


def test_of_many_answers_the_page_folds_all_but_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [make_run(tmp_path / name, {"cnn": 0.9 + 0.01 * i}) for i, name in enumerate(("a", "b", "c"))]
    found = made_of(tmp_path, *runs)
    monkeypatch.setattr(run_comparison_files, "IN_THE_OPEN", 1)
    html = comparison_page(found, Figure(tmp_path / "x.png", "t", "a"), tmp_path)
    before, _, rest = html.partition("<summary>The others</summary>")
    folded, _, _ = rest.partition("</details>")
    first, *others = answers(found)
    assert first in before
    assert others, "there is nothing to fold"
    for answer in others:
        assert answer in folded, "an answer is lost"
        assert answer not in before, "the picture is pushed off the screen"


def test_test_pictures_are_told_apart_by_the_beginning_of_their_digest(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9}, digest="01234567" + "ef" * 28)
    two = make_run(tmp_path / "two", {"cnn": 0.93})
    told = next(note for note in notes(made_of(tmp_path, one, two)) if "different test pictures" in note)
    assert "(one: Fashion-MNIST, digest 01234567; two: Fashion-MNIST, digest abababab)" in told


def test_models_that_are_not_drawn_are_counted(recording: Recording, tmp_path: Path) -> None:
    shares = {f"model{number}": 0.6 + number / 100 for number in range(30)}
    found = made_of(tmp_path, make_run(tmp_path / "many", shares, seeds=(0,)))
    side_by_side(found, tmp_path / "x.png")
    assert len(recording.last.marks(0, "D")) == 26
    assert recording.last.reading.endswith("4 more models are in comparison.json and not drawn.")


def test_more_runs_than_colours_are_all_of_one(recording: Recording, tmp_path: Path) -> None:
    few = len(MODEL_COLOURS)
    runs = [make_run(tmp_path / f"run-{n}", {"cnn": 0.8}, seeds=(n,)) for n in range(few + 1)]
    side_by_side(made_of(tmp_path, *runs[:few]), tmp_path / "x.png")
    assert {mark.colour for mark in recording.last.marks(0, "D")} == set(MODEL_COLOURS)
    assert "A colour is a run." in recording.last.reading
    side_by_side(made_of(tmp_path, *runs), tmp_path / "x.png")
    assert len({mark.colour for mark in recording.last.marks(0, "D")}) == 1, "a colour stands for two runs"
    assert "A colour is a run." not in recording.last.reading


def test_the_title_names_no_model_that_is_not_drawn(recording: Recording, tmp_path: Path) -> None:
    shares = {f"model{number}": 0.8 for number in range(40)} | {"last": 0.99}
    found = made_of(tmp_path, make_run(tmp_path / "many", shares, seeds=(0,)))
    figure = side_by_side(found, tmp_path / "x.png")
    assert "many/last is ahead of many/model0" in figure.title
    assert len(recording.last.marks(0, "D")) == 26, "as many rows as there is room for"
    assert "many/last 9" in figure.alt, "the first of the title is not drawn"
    assert "many/model0 7" in figure.alt, "the second of the title is not drawn"
    assert recording.last.reading.endswith("15 more models are in comparison.json and not drawn.")


def test_long_names_are_not_cut_to_the_same_text() -> None:
    start = "a-name-that-goes-on-and-on-before-anything-tells-it-apart-"
    names = ["short/cnn", f"{start}1/cnn", f"{start}2/cnn", "another-long-name" * 5]
    assert list(distinct_labels(names, _cut).values()) == [names[0], "2 …1/cnn", "3 …2/cnn", names[3]]
    ends = [f"{start}{letter}{start}" for letter in "xyz"]
    cut = {shortened(label, NAME_WIDTH, 13, bold=True) for label in distinct_labels(ends, _cut).values()}
    assert len(cut) == 3, "two rows have the same name"


def test_runs_are_told_apart_in_the_settings_of_a_terminal(tmp_path: Path) -> None:
    start = "a-name-that-goes-on-and-on-before-anything-tells-it-apart-"
    runs = [make_run(tmp_path / f"{start}{end}", {"cnn": share}) for end, share in (("1", 0.9), ("2", 0.93))]
    other = make_run(tmp_path / ("another" * 7), {"cnn": 0.91}, settings={"data": {"split_seed": 3}})
    lines = comparison_block(made_of(tmp_path, *runs, other), "x").splitlines()
    place = lines.index("data.split_seed")
    names = [line.split()[:-1] for line in lines[place + 1 : place + 4]]
    assert names == [["1", "…1"], ["2", "…2"], [f"{'another' * 7}"[:39] + "…"]], "two runs have the same name"
