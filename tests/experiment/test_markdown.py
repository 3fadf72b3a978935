"""report.md: every number under its heading, in the row of its model or class."""

from pathlib import Path

from model.comparison.tables import classes_in_words
from model.experiment.page import page
from tests.cells import in_html, in_markdown
from tests.records import parsed
from tests.report.test_tables import REPORT, comparison, markdown, model, report_with
from tests.reports import told_apart


def test_markdown_of_the_default_run() -> None:
    text = markdown(REPORT)
    assert "# dense-vs-cnn\n" in text
    assert "55,000 training, 5,000 validation and 10,000 test pictures" in text
    assert "| cnn | 0.9170 ± 0.0020 | 0.9110 to 0.9230 | 0.9200 | 0.9700 ± 0.0020 | 0.3100 ± 0.0020 |" in text
    assert "| cnn | 0, 1, 2 | 5 | float32 | 243,786 | 37,568 | 10,045,952 | 49.7 | 0.00042 | 0.05 |" in text
    assert "| T-shirt/top | 1,000 | 0.8910 | 0.9170 |" in text
    assert "| T-shirt/top | 1,000 | 0.8500 | 0.8500 |" in text, "precision per class is missing"
    assert "| T-shirt/top | 1,000 | 0.8700 | 0.8700 |" in text, "F1 per class is missing"
    assert "| 0 | 303 | 563 |" in text
    assert "| T-shirt/top | −0.0120 | −0.0200 to −0.0040 | yes |" in text, "a real minus sign"
    assert REPORT["comparisons"][0]["verdict"] in text


def test_every_number_of_markdown_stands_under_its_heading_in_the_row_of_its_model() -> None:
    text = markdown(told_apart())
    assert "## cnn against dense" in text
    quality, cost, accuracy, precision, f1, trainings, classes = in_markdown(text)
    assert quality == {
        "dense": {
            "accuracy": "0.8910 ± 0.0010",
            "interval": "0.8870 to 0.8960",
            "validation accuracy": "0.9070",
            "top-2 accuracy": "0.9610 ± 0.0010",
            "log loss": "0.3110 ± 0.0010",
            "Brier score": "0.1610 ± 0.0010",
            "calibration error": "0.0321",
        },
        "cnn": {
            "accuracy": "0.9170 ± 0.0010",
            "interval": "0.9130 to 0.9220",
            "validation accuracy": "0.9250",
            "top-2 accuracy": "0.9830 ± 0.0010",
            "log loss": "0.2330 ± 0.0010",
            "Brier score": "0.1220 ± 0.0010",
            "calibration error": "0.0123",
        },
    }
    assert cost == {
        "dense": {
            "seeds": "0, 1, 2",
            "epochs": "9 to 10",
            "precision": "float32",
            "parameters": "101,770",
            "of these in convolutions": "0",
            "FLOPs per picture": "203,264",
            "training seconds": "3.4",
            "seconds for one picture": "0.00021",
            "for all pictures": "0.05",
        },
        "cnn": {
            "seeds": "0, 2, 5",
            "epochs": "4",
            "precision": "bfloat16",
            "parameters": "243,786",
            "of these in convolutions": "37,568",
            "FLOPs per picture": "10,045,952",
            "training seconds": "49.7",
            "seconds for one picture": "0.00042",
            "for all pictures": "1.52",
        },
    }
    assert accuracy["coat"] == {"test pictures": "191", "dense": "0.8410", "cnn": "0.8670"}
    assert precision["coat"] == {"test pictures": "191", "dense": "0.8300", "cnn": "0.8560"}
    assert f1["coat"] == {"test pictures": "191", "dense": "0.8360", "cnn": "0.8620"}
    assert trainings["1"] == {"only dense right": "32", "only cnn right": "58"}
    difference = {"difference": "−0.0120", "interval": "−0.0200 to 0.0300", "clear, of so many classes": "no"}
    assert classes["top"] == difference
    assert classes["bag"]["clear, of so many classes"] == "yes"


def test_what_intervals_allow_for_is_told_of_each_model() -> None:
    assert "95 %, with new seeds and new pictures." in markdown(REPORT)
    single = model(0.917)
    single["accuracy"] |= {"over": "images", "std": None}
    text = markdown(report_with(models={"dense": model(), "c_n": single}, comparisons=[]))
    assert "with new seeds and new pictures, but c\\_n with other test pictures only." in text


def test_nothing_has_no_sign_in_markdown() -> None:
    pair = comparison(difference=-0.00004) | {"interval": [-0.00004, 0.012]}
    pair["per_class"][0] |= {"difference": -0.00003, "interval": [-0.02, -0.00001]}
    text = markdown(report_with(comparisons=[pair]))
    assert "Difference of accuracy: 0.0000 (0.0000 to 0.0120)" in text
    assert "| T-shirt/top | 0.0000 | −0.0200 to 0.0000 | yes |" in text


def test_markdown_tables_are_square() -> None:
    widths: set[int] = set()
    for line in [*markdown(REPORT).splitlines(), ""]:
        if line.startswith("|"):
            widths.add(line.count("|"))
        else:
            assert len(widths) <= 1, "rows of one table differ in length"
            widths = set()


def test_class_without_pictures() -> None:
    pair = comparison()
    pair["per_class"] = [{"class": "Coat", "difference": None, "interval": None, "clear": False}]
    missing = {"accuracy": None, "precision": None, "f1": None}
    entry = model(per_class=[{"class": "Coat", "images": 0, **missing}], predict_one_seconds=None)
    text = markdown(report_with(models={"dense": entry, "cnn": entry}, comparisons=[pair]))
    for why in ("no pictures", "no answers", "neither"):
        assert f"| Coat | 0 | {why} | {why} |" in text
    assert "| not measured |" in text, "a run of an earlier version has no time of a single picture"


def test_balanced_accuracy_is_told_where_classes_differ_in_size_from_its_key(tmp_path: Path) -> None:
    report = told_apart()
    balanced = {"dense": 0.8123, "cnn": 0.8456}
    for name, entry in report["models"].items():
        entry["balanced_accuracy"] = balanced[name]
    [alike, *_] = in_markdown(markdown(report))
    assert "balanced accuracy" not in alike["cnn"], "of classes of one size it is accuracy"
    for entry in report["models"].values():
        entry["per_class"][1]["images"] = 20
    told = parsed(report)
    sentence = "with every class counted alike (balanced accuracy): dense 81.2 %, cnn 84.6 %."
    assert sentence in classes_in_words(told)
    text, html = markdown(report), page(told, [], {}, tmp_path)
    [quality, *_] = in_markdown(text)
    tables = [table for table in in_html(html) if "balanced accuracy" in table.get("cnn", {})]
    assert sentence in text
    assert [quality[name]["balanced accuracy"] for name in balanced] == ["0.8123", "0.8456"]
    shown = [[table[name]["balanced accuracy"] for name in balanced] for table in tables]
    assert shown == [["81.2 %", "84.6 %"]]
    for entry in report["models"].values():
        del entry["balanced_accuracy"]
    assert classes_in_words(parsed(report)) == "", "a report of before does not have it"


def test_a_guess_stands_word_for_word_before_the_verdict() -> None:
    text = markdown(report_with(guess="<b>more</b> | `than` _5_"))
    told = r"You guessed: \<b\>more\</b\> \| \`than\` \_5\_"
    assert f"\n\n{told}\n\n" in text, "Markdown takes it for marks"
    assert text.index(told) < text.index(REPORT["comparisons"][0]["verdict"]), "the answer comes first"
    assert "You guessed" not in markdown(REPORT), "nobody guessed anything"
