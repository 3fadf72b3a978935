"""How a class of hand-ins is told: in the terminal, in tables, in one picture."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import train
from data.storage import write_json
from model.comparison.records import Rate
from model.report.canvas import width_of
from model.side_by_side import class_figure
from model.side_by_side.class_figure import LINE, class_picture
from model.side_by_side.class_rows import cells_of, class_lines, csv_rows, fitting, tables_of
from model.side_by_side.compare_runs import compare_runs
from model.side_by_side.files import write_comparison
from model.side_by_side.records import Fault, HandIn, HandIns, Pool, SideBySide
from model.side_by_side.text import answers, comparison_block, comparison_markdown, headline
from tests.recording import Drawn, Recording
from tests.records import typed
from tests.side_by_side.pages import a_run, page_of, rows_of

HOSTILE = "=<script>alert(1)</script>\x1b[31m\u202e"
GUESS = "more, as a shirt is a shirt wherever it lies, but not by much"


def rate(mean: float) -> Rate:
    return Rate(mean, None, [mean - 0.01, mean + 0.01], "images", [mean])


def hand_in(number: int, prefix: str = "student", **others: Any) -> HandIn:
    given = {
        "run": f"{prefix}-{number:02}", "name": "lesson", "guess": "more", "changes": {"seeds": [number]},
        "baseline": "dense", "candidate": "cnn", "difference": 0.03 - number / 1000,
        "interval": [0.02 - number / 1000, 0.04 - number / 1000], "values": [0.03 - number / 1000],
        "accuracy": {"dense": rate(0.88), "cnn": rate(0.91 - number / 1000)},
        "parameters": {"dense": 1000, "cnn": 20_000}, "copy_of": None, "doubt": "",
    }  # fmt: skip
    return HandIn(**given | others)


def alone(number: int, model: str = "cnn", **others: Any) -> HandIn:
    """A hand-in of one model."""
    nothing: dict[str, Any] = dict.fromkeys(("baseline", "candidate", "difference", "interval"))
    of_model = {"accuracy": {model: rate(0.9 - number / 1000)}, "parameters": {model: 242_886}}
    return hand_in(number, **nothing | {"values": []} | of_model | others)


def hand_ins(rows: list[HandIn], **others: Any) -> HandIns:
    given = {"title": "T", "images": 10_000, "usual": 60, "copies": [], "pools": [], "labels_words": "w"}
    return HandIns(rows=rows, **given | others)


def a_class_of(*rows: HandIn, **others: Any) -> SideBySide:
    empty: dict[str, Any] = {
        key: [] for key in ("unusable", "faults", "comparisons", "not_compared", "not_drawn")
    }
    return typed(
        SideBySide,
        {"hand_ins": [hand_ins(list(rows), **others)], "models": {}, "runs": {}, "rule": "r", **empty},
    )


def sixty() -> SideBySide:
    return a_class_of(*(hand_in(number, "a-student-with-a-rather-long-name-number") for number in range(60)))


def test_all_is_written_and_keeps_to_the_width(found: SideBySide, tmp_path: Path) -> None:
    folder, found = write_comparison(found, tmp_path)
    names = {"class.png", "class.csv", "comparison.html", "comparison.json", "comparison.md"}
    assert {path.name for path in folder.iterdir()} == names
    with (folder / "class.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    told = rows_of(found)
    assert [row["hand_in"] for row in rows] == list(told)
    for row in rows:
        one, accuracy = told[row["hand_in"]], told[row["hand_in"]].accuracy["cnn"]
        assert float(row["difference"]) == one.difference
        ends = [float(row[f"accuracy_cnn{end}"]) for end in ("", "_low", "_high")]
        assert ends == [accuracy.mean, *accuracy.interval]
        assert row["parameters_cnn"] == "242883"
        assert row["guess"] == (one.guess or "")
        assert row["doubt"] == one.doubt
    assert json.loads((folder / "comparison.json").read_text())["hand_ins"][0]["rows"][0]["run"] == next(
        iter(told)
    )
    html, block = (folder / "comparison.html").read_text(), comparison_block(found, "x")
    for text in (html, block, comparison_markdown(found)):
        assert all(run in text for run in told), "a row is missing"
        assert "“more”" in text, "what was guessed is missing"
        assert "The same config and seeds give equal answers, too" in text.replace("\n", " ")
    assert "<h2>What to look at</h2>" in html, "what was used in part is called unused"
    assert max(map(len, block.split("\n\n")[0].splitlines())) <= 80
    assert headline(found) in html


def test_a_guess_can_do_no_harm(run: Path, tmp_path: Path) -> None:
    page_of(run, tmp_path / "a.html", HOSTILE + "x" * 5000)
    page_of(run, tmp_path / "b.html", guess=["no", "text"])  # type: ignore[arg-type]
    found = compare_runs([tmp_path / "a.html", tmp_path / "b.html"], tmp_path)
    folder, found = write_comparison(found, tmp_path)
    block, table = comparison_block(found, "x"), (folder / "class.csv").read_text()
    assert "“=<script>alert" in block
    assert "\x1b" not in block + table
    assert max(len(line) for line in block.splitlines()) <= 80
    assert "'=<script>" in table, "a spreadsheet would compute what was guessed"
    assert "<script>alert" not in (folder / "comparison.html").read_text()
    assert rows_of(found)["b"].guess is None


def test_a_guess_is_told_of_a_folder_as_of_a_page(run: Path, tmp_path: Path) -> None:
    page_of(run, tmp_path / "a.html", "less")
    folder = shutil.copytree(run, tmp_path / "own")
    write_json(folder / "guess.json", {"guess": "more"})
    found = compare_runs([tmp_path / "a.html", folder], tmp_path)
    assert {name: row.guess for name, row in rows_of(found).items()} == {"a": "less", "own": "more"}


# Rows -----------------------------------------------------------------------------------------------------


def test_sixty_stand_on_one_screen_a_row_each() -> None:
    lines = class_lines(hand_ins([hand_in(number, guess=GUESS) for number in range(60)]))
    assert len(lines) == 62, "the rows of sixty take more than a screen"
    assert max(map(len, lines)) <= 80
    wide = class_lines(hand_ins([hand_in(number, guess=GUESS) for number in range(60)]), 120)
    assert all(GUESS in line for line in wide[2:]), "a wide terminal has room for what was guessed"


def test_a_wide_terminal_is_used(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = [str(page_of(run, tmp_path / f"{name}.html", GUESS)) for name in ("a", "b")]
    for columns, whole in (("80", False), ("120", True)):
        monkeypatch.setenv("COLUMNS", columns)
        train.main(["compare", *pages, "--outputs", str(tmp_path / columns)])
        assert (f"“{GUESS}”" in capsys.readouterr().out) == whole, f"the guess in {columns} columns"


def test_what_was_guessed_and_changed_stands_after_the_name_and_whole_where_there_is_room() -> None:
    changes = {"training.epochs": 7, "models.cnn.dropout": 0.5, "seeds": [1, 2, 3]}
    few = class_lines(hand_ins([hand_in(number, guess=GUESS, changes=changes) for number in range(5)]))
    row = " ".join(line[12 : few[1].index("cnn")].strip() for line in few[2:6])
    assert f"“{GUESS}”, epochs=7, cnn.dropout=0.5" in row, "it is cut, or stands elsewhere"
    assert "seeds" not in row, "of which everybody has others"
    [line] = class_lines(hand_ins([hand_in(number, guess=GUESS, changes=changes) for number in range(60)]))[
        9:10
    ]
    assert line.index("“more, as") < line.index("epochs=7") < line.index("("), "one of them is cut off whole"


def test_long_names_of_models_leave_room_for_figures() -> None:
    long = {name: rate(0.88 + place / 100) for place, name in enumerate(("a" * 64, "b" * 64))}
    names = dict(zip(("baseline", "candidate"), long, strict=True))
    lines = class_lines(hand_ins([hand_in(0, **names, accuracy=long), alone(1, "a" * 64), alone(2)]))
    assert lines[2].endswith("89.0 %"), "a column runs off the screen"
    assert "89.9 % (88.9 to 90.9)" in lines[5]
    assert max(map(len, lines)) <= 80


def test_texts_that_are_too_long_are_cut_alike() -> None:
    assert fitting(["a" * 9, "b"], 20) == ["a" * 9, "b"]
    assert list(map(len, fitting(["a" * 90, "b", "c" * 90], 30))) == [12, 1, 12], "30 with the commas"


def test_hand_ins_of_one_model_have_what_there_is() -> None:
    told = a_class_of(alone(0), alone(5, guess=None), alone(9, copy_of="student-00"))
    [[head, first, *_]] = [cells_of(rows) for rows in tables_of(told.hand_ins[0])]
    assert head == ["hand-in", "guess", "settings", "right", "95 %", "parameters", "also"]
    assert first == ["student-00", "“more”", "seeds=[0]", "90.0 %", "89.0 to 91.0", "242,886", ""]
    lines = class_lines(told.hand_ins[0])
    assert lines[0] == "lesson on T: 10,000 test pictures", "it is not said what the hand-ins are about"
    assert lines[2].index("90.0 % (89.0 to 91.0)") == lines[1].index("right (95 %)"), (
        "a head stands elsewhere"
    )
    assert headline(told) == "3 hand-ins side by side, 89.1 to 90.0 % right; 1 copy"
    row = csv_rows(told)[1]
    assert (row["difference"], row["accuracy_cnn"], row["parameters_cnn"]) == (None, 0.895, 242_886)


def test_a_class_of_one_and_two_models_has_a_table_of_each() -> None:
    rows = [hand_in(0), hand_in(1), alone(0, "cnn"), alone(2, "mlp", name="other")]
    pairs, others = (cells_of(rows) for rows in tables_of(hand_ins(rows)))
    assert pairs[0] == ["hand-in", "guess", "settings", "cnn − dense", "95 %", "dense", "cnn", "also"]
    assert pairs[1] == [
        "student-00",
        "“more”",
        "seeds=[0]",
        "+3.0",
        "2.0 to 4.0",
        "88.0 %",
        "91.0 %",
        "lesson",
    ]
    assert others[0] == ["hand-in", "guess", "settings", "model", "right", "95 %", "parameters", "also"]
    assert [row[3:5] for row in others[1:]] == [["cnn", "90.0 %"], ["mlp", "89.8 %"]]
    assert others[2][-1] == "other", "runs of other names are told apart by nothing"
    assert headline(a_class_of(*rows)).startswith("cnn is ahead of dense in 2 of 2 hand-ins"), "of the pairs"


def test_a_hand_in_without_a_result_keeps_its_row() -> None:
    [rows] = tables_of(hand_ins([alone(0), alone(1, accuracy={}, parameters={})]))
    assert [row.run for row in rows[1:]] == ["student-00", "student-01"], "a hand-in is missing"
    assert rows[2].also == "no result"


def test_models_of_other_names_are_named_in_their_rows(run: Path, tmp_path: Path) -> None:
    one = a_run(tmp_path / "deep", {"cnn": 0.9, "deep": 0.95})
    single = a_run(tmp_path / "alone", {"cnn": 0.8})
    paths = [page_of(folder, tmp_path / f"{folder.name}-page.html") for folder in (run, one, single)]
    found = compare_runs(paths, tmp_path)
    assert (
        headline(found)
        == "the last model is ahead of the first in 2 of 2 hand-ins, going by the interval of each"
    )
    rows = rows_of(found)
    assert (rows["deep-page"].baseline, rows["deep-page"].candidate) == ("cnn", "deep")
    assert rows["alone-page"].difference is None
    block = comparison_block(found, "x")
    assert ", deep −" in block, "the pair of a hand-in that has others is named in its row"
    assert [row["accuracy_deep"] for row in csv_rows(found)].count(None) == 2
    for name in ("cnn", "deep"):
        shutil.rmtree(one / name)
    told = " ".join(comparison_block(compare_runs([paths[0], one], tmp_path), "x").split())
    assert "Of deep there is the report alone, without answers: its row is as that tells." in told
    only = compare_runs(paths[2:], tmp_path)
    assert headline(only) == "1 model of 1 run side by side; none are compared"


# Sentences ------------------------------------------------------------------------------------------------


def test_many_pools_and_copies_are_a_few_sentences() -> None:
    pool = Pool(
        runs=["a", "b"], changes={"training.epochs": 3}, baseline="dense", candidate="cnn",
        trainings={"dense": 2, "cnn": 2}, difference=0.02, interval=[0.01, 0.03], values=[],
    )  # fmt: skip
    told = answers(a_class_of(*(hand_in(n) for n in range(60)), pools=[pool] * 9, copies=[["a", "b"]] * 9))
    assert len(told) == 6, f"as many sentences as pools: {told}"
    assert told[0].startswith(
        "cnn − dense is +2.00 points (1.0 to 3.0) over the 2 hand-ins that differ in seeds"
    )
    assert "(epochs=3)" in told[0]
    assert told[1] == "The other pools stand in comparison.json."
    assert told[5] == "The other groups stand in class.csv."


def test_many_faults_are_told_in_full_beside_the_terminal() -> None:
    many = sixty()
    many.faults.extend(Fault(f"student-{number:02}", "is odd") for number in range(20))
    block = comparison_block(many, "x")
    assert block.count("is odd") == 6, "what is wrong hides the table"
    assert "14 more are told of in x/comparison.md" in block
    assert comparison_markdown(many).count("is odd") == 20


# The picture ----------------------------------------------------------------------------------------------


def names_in(drawn: Drawn) -> list[Any]:
    return sorted(
        (text for text in drawn.texts if text.x == class_figure.NAMES and text.size == 16), key=lambda t: t.y
    )


def test_sixty_stand_in_one_picture_and_can_be_read(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = sixty()
    class_picture(found, tmp_path / "class.png")
    drawn = recording.last
    assert len(drawn.marks(0, "D")) == 60, "a run is not drawn"
    names = names_in(drawn)
    assert len({text.string for text in names}) == 60, "names that are cut look alike"
    words = [text for text in drawn.texts if text.string == "“more”"]
    assert min(text.size for text in [*names, *words]) * 830 / 1200 >= 11, (
        "shown in README.md they are too small"
    )
    apart = np.diff([text.y for text in names])
    assert apart.min() >= LINE, "names stand in each other's way"
    assert max(text.x + width_of(text.string, text.size) for text in names) <= words[0].x
    monkeypatch.setattr(class_figure, "MOST_ROWS", 50)
    class_picture(found, tmp_path / "class.png")
    assert len(recording.last.marks(0, "D")) == 50
    assert recording.last.reading.endswith("10 more rows are in class.csv and not drawn.")


def test_a_picture_of_one_model_each_shows_its_accuracies(recording: Recording, tmp_path: Path) -> None:
    figure = class_picture(a_class_of(alone(0), alone(5)), tmp_path / "class.png")
    drawn = recording.last
    assert [mark.values[0, 0] for mark in drawn.marks(0, "D")] == pytest.approx([90.0, 89.5]), (
        "no mark is right"
    )
    assert "lesson on T, 10,000 test pictures: right, 242,886 parameters each" in drawn.strings
    assert figure.alt.endswith("% right. Right, from student-00 90.0 % to student-05 89.5 %.")
    two = a_class_of(alone(0))
    two.hand_ins.append(hand_ins([hand_in(1), hand_in(2)]))
    figure = class_picture(two, tmp_path / "class.png")
    assert figure.title == "3 hand-ins on 2 sets of test pictures", "a title of both would be cut off"
    class_picture(
        a_class_of(hand_in(0), alone(5), alone(6, accuracy={}, parameters={})), tmp_path / "class.png"
    )
    counts = [len(recording.last.marks(place, "D")) for place in (0, 1)]
    assert counts == [1, 1], "who compares two models and who does not share an axis, or one is missing"
    assert "student-06" in recording.last.strings, "a hand-in without a result is nowhere"
    class_picture(a_class_of(alone(0), alone(1, parameters={"cnn": 10})), tmp_path / "class.png")
    assert {"“more”, 242,886 parameters", "“more”, 10 parameters"} <= set(recording.last.strings)


def test_long_guesses_stay_within_their_column(recording: Recording, tmp_path: Path) -> None:
    class_picture(
        a_class_of(*(hand_in(number, guess=GUESS * 3) for number in range(5))), tmp_path / "class.png"
    )
    words = [text for text in recording.last.texts if text.string.startswith(("“more", "is a"))]
    left = recording.last.axes[0].get_position().x0 * 1200
    assert words
    assert max(text.x + width_of(text.string, text.size) for text in words) <= left, "they run into the dots"
