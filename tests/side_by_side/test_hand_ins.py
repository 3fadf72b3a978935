"""Pages that were handed in: what is told of a class of them, whatever they say of themselves."""

import base64
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from configs.digests import digest
from configs.schema import Config, dump, load
from data import idx, sources
from model.comparison.compare import summarise
from model.comparison.intervals import difference_over
from model.comparison.records import Facts, as_json
from model.experiment.page import page
from model.experiment.report import read_report
from model.page.contents import block, predicted
from model.run.folder import RunFolder
from model.side_by_side.class_table import _decisive
from model.side_by_side.compare_runs import compare_runs
from model.side_by_side.handed_in import read_page
from model.side_by_side.records import SideBySide
from model.side_by_side.text import comparison_block, headline
from tests.compared_folders import read_report as content_of
from tests.compared_folders import write_report
from tests.records import typed
from tests.side_by_side.pages import (
    a_run,
    carried_by,
    make_better,
    means_of,
    page_of,
    rows_of,
    with_seeds,
    write_page,
)


def answers_of(page: Path) -> dict[str, dict[str, np.ndarray]]:
    """Read once more, by plain means."""
    models = carried_by(page)["predictions"]["models"]
    return {
        model: {seed: np.frombuffer(base64.b64decode(text), np.uint8) for seed, text in seeds.items()}
        for model, seeds in models.items()
    }


def right_of(page: Path, model: str) -> np.ndarray:
    labels = np.frombuffer(base64.b64decode(carried_by(page)["predictions"]["labels"]), np.uint8)
    return np.array([answers == labels for answers in answers_of(page)[model].values()], float)


# What a page is -------------------------------------------------------------------------------------------


def test_what_a_run_writes_into_its_page_is_read_back(run: Path, tmp_path: Path) -> None:
    folder = RunFolder(run)
    report = read_report(folder)
    stored = {m: {s: folder.predictions(m, s) for s in entry.seeds} for m, entry in report.models.items()}
    given = {m: {s: one[0] for s, one in seeds.items()} for m, seeds in stored.items()}
    data = {"predictions": block(predicted(stored["cnn"][0][1], given)), "guess": block("more </script>")}
    path = tmp_path / "report.html"
    path.write_text(page(report, [], {}, run, (run / "config.yaml").read_text(), data), encoding="utf-8")
    read = read_page(path, "x")
    assert read.report == report, "the report of a page is not that of its run"
    assert read.config == load(run / "config.yaml"), f"nor is its config: {read.faults}"
    assert read.guess == "more </script>"
    for model, seeds in given.items():
        for seed, probabilities in seeds.items():
            same = np.array_equal(read.predictions[model][seed].answers, probabilities.argmax(axis=1))
            assert same, f"the answers of {model}, seed {seed} are others in the page"


def test_a_page_is_called_by_its_file_and_a_folder_of_pages_stands_for_them(
    run: Path, tmp_path: Path
) -> None:
    for name in ("a/report.html", "b/report.html"):
        page_of(run, tmp_path / name)
    both = compare_runs([tmp_path / "a" / "report.html", tmp_path / "b" / "report.html"], tmp_path)
    assert sorted(rows_of(both)) == ["a/report", "b/report"], "pages of one name can't be told apart"
    both = compare_runs([tmp_path / "a", run], tmp_path)
    assert sorted(rows_of(both)) == ["report", "run"], "a folder of pages, or a run beside them, is not read"
    again = compare_runs([tmp_path / "a", tmp_path / "a" / "report.html"], tmp_path)
    assert len(rows_of(again)) == 1, "a page that was named twice stands twice"
    shutil.copytree(tmp_path / "a", tmp_path / "class" / "a")
    shutil.copytree(tmp_path / "b", tmp_path / "class" / "b")
    deep = compare_runs([tmp_path / "class"], tmp_path)
    assert sorted(rows_of(deep)) == ["a/report", "b/report"], "folders of students' folders are not read"
    page_of(run, tmp_path / "run.html")
    same = compare_runs([tmp_path / "run.html", run], tmp_path)
    assert len(rows_of(same)) == 2, "a page and a folder of one name are taken for one"


def test_a_page_may_have_more_after_its_end(run: Path, tmp_path: Path) -> None:
    page = page_of(run, tmp_path / "mailed.html")
    page.write_text(page.read_text() + "<p>Scanned by mail.example</p>\n", encoding="utf-8")
    assert read_page(page, "x").report, "a footer of a mail is called a cut"


def test_where_a_network_from_elsewhere_lies_is_no_setting() -> None:
    known = {"sha256": ["ab" * 32], "layers": [], "names": {}, "logits": False, "dtype": "float32"}
    settings = []
    for file in ("./a.keras", "/elsewhere/b.keras"):
        own = {"architecture": "saved", "file": file, "found": known}
        settings.append(_decisive(Config.model_validate({"name": "x", "seeds": [0], "models": {"own": own}})))
    assert settings[0] == settings[1], "the same network in another folder is another setting"


# What is told of a class ----------------------------------------------------------------------------------


def test_a_row_is_what_follows_from_the_answers(found: SideBySide, pages: list[Path]) -> None:
    rows = rows_of(found)
    for path in pages[:-1]:
        row, dense, cnn = rows[path.stem], right_of(path, "dense"), right_of(path, "cnn")
        told = {"dense": dense.mean(), "cnn": cnn.mean()}
        assert means_of(row) == pytest.approx(told), f"{path.stem}: accuracies are not those of its answers"
        assert row.difference == pytest.approx(cnn.mean() - dense.mean()), f"{path.stem}: nor the difference"
        assert row.interval == pytest.approx(difference_over(cnn, dense).interval), (
            f"{path.stem}: nor its ends"
        )
        assert row.values == pytest.approx(cnn.mean(axis=1) - dense.mean(axis=1)), (
            f"{path.stem}: nor its dots"
        )
    differences = [row.difference for row in found.hand_ins[0].rows if not row.doubt]
    assert differences == sorted(differences, reverse=True), "best is not first"
    assert [row.run for row in found.hand_ins[0].rows if row.doubt] == list(rows)[-1:], (
        "one in doubt is not last"
    )


def test_settings_are_told_against_the_commonest_config(found: SideBySide, pages: list[Path]) -> None:
    rows, [one] = rows_of(found), found.hand_ins
    assert rows["student-00"].changes == {}, "the commonest config changes nothing"
    assert rows["student-01"].changes == {"seeds": [3, 4, 5]}
    changes = rows["student-02"].changes
    assert changes is not None
    assert changes["training.epochs"] == 7
    assert one.usual == sum("training.epochs" not in (row.changes or {}) for row in one.rows)


def test_copies_are_told_once_and_count_once(found: SideBySide, pages: list[Path]) -> None:
    [one] = found.hand_ins
    assert one.copies == [["student-00", "student-03", "forged-all"]], "who gives the same answers"
    told = " ".join(comparison_block(found, "x").split())
    count = (
        "3 of 7 hand-ins give the same answers to all test pictures: student-00, student-03 and forged-all."
    )
    assert told.count("give the same answers") == 1, "copies are told once"
    assert count in told
    assert "hold the same trainings" not in told
    assert rows_of(found)["student-03"].copy_of == "student-00"


def test_the_headline_counts_what_is_different_and_beyond_doubt(found: SideBySide) -> None:
    expected = (
        "cnn is ahead of dense in 5 of 5 hand-ins that are different, going by the interval of each; "
        "1 copy, 1 in doubt"
    )
    assert headline(found) == expected
    [one] = found.hand_ins
    for rows, expected in (
        (
            [row for row in one.rows if row.doubt] * 2,
            "2 hand-ins side by side; none but in doubt compares two",
        ),
        ([row for row in one.rows if row.run in ("student-00", "student-03")], "in 1 of 1 hand-in, going by"),
        ([row for row in one.rows if not row.doubt and not row.copy_of], "in 5 of 5 hand-ins, going by"),
    ):
        told = headline(replace(found, hand_ins=[replace(one, rows=rows)]))
        assert expected in told, f"another headline of other rows: {told}"
    two = headline(replace(found, hand_ins=[one, replace(one, title="Lines")]))
    assert two.split("; ")[2] == f"Lines: {headline(found).split('; ')[0]}", "sets of test pictures are one"


def test_one_page_alone_has_its_own_verdict(run: Path, tmp_path: Path) -> None:
    told = compare_runs([page_of(run, tmp_path / "one.html")], tmp_path)
    assert headline(told).startswith("one/cnn is ahead of one/dense by"), "one page is told as a class"
    block = comparison_block(told, "x")
    assert "1 of 1" not in block
    assert "settings have" not in block, "a page does not prove how many settings were scored"
    assert told.comparisons[0].verdict.split(".")[0] in " ".join(block.split())


def test_where_no_two_configs_are_the_same_none_is_the_commonest(run: Path, tmp_path: Path) -> None:
    other = with_seeds(run, tmp_path / "run", (0,), np.random.default_rng(2), training={"epochs": 9})
    for name, folder in (("one", run), ("other", other)):
        page_of(folder, tmp_path / f"{name}.html")
    told = compare_runs([tmp_path / "one.html", tmp_path / "other.html"], tmp_path)
    block = " ".join(comparison_block(told, "x").split())
    assert "Settings: those unlike the config of one: no two have the same." in block
    assert "commonest" not in block


def test_runs_that_differ_in_seeds_alone_are_one_figure(found: SideBySide, pages: list[Path]) -> None:
    pools = {tuple(sorted(pool.runs)): pool for pool in found.hand_ins[0].pools}
    pool = pools["student-00", "student-01", "student-03", "student-04"]
    distinct = [path for path in pages if path.stem in ("student-00", "student-01", "student-04")]
    dense, cnn = (np.concatenate([right_of(path, name) for path in distinct]) for name in ("dense", "cnn"))
    assert pool.trainings == {"dense": 9, "cnn": 9}, "a training that two pages have counts once"
    assert pool.difference == pytest.approx(cnn.mean() - dense.mean())
    assert pool.interval == pytest.approx(difference_over(cnn, dense).interval)
    assert sorted(pool.values) == pytest.approx(sorted(cnn.mean(axis=1) - dense.mean(axis=1)))
    assert not any("forged" in name for runs in pools for name in runs), "a page in doubt is in a pool"


def test_a_training_under_other_seeds_counts_once(run: Path, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    page_of(run, tmp_path / "one.html")
    page_of(with_seeds(run, tmp_path / "other", (6, 7, 8), generator), tmp_path / "other.html")
    again = shutil.copytree(run, tmp_path / "again")
    config = load(run / "config.yaml").model_copy(update={"seeds": (3, 4, 5)})
    report = json.loads((run / "report.json").read_text())
    for entry in report["models"].values():
        entry["seeds"] = [3, 4, 5]
    for pair in report["comparisons"]:
        for row in pair["mcnemar"]:
            row["seed"] += 3
    write_report(again, report | {"seeds": [3, 4, 5], "config_digest": digest(config)})
    (again / "config.yaml").write_text(dump(config))
    for folder in sorted(again.glob("*/seed-*"), reverse=True):
        folder.rename(folder.with_name(f"seed-{int(folder.name[-1]) + 3}"))
    page_of(again, tmp_path / "again.html")
    told = compare_runs([tmp_path / f"{name}.html" for name in ("one", "again", "other")], tmp_path)
    assert not told.faults
    [pool] = told.hand_ins[0].pools
    assert pool.trainings == {"dense": 6, "cnn": 6}, "a copy under other seeds counts twice"
    assert len(pool.values) == 6, "nor is it drawn once"
    both = compare_runs([tmp_path / "one.html", tmp_path / "again.html"], tmp_path)
    assert both.hand_ins[0].pools == [], "a run and its copy are called a pool"


def test_a_forged_page_is_named_and_what_it_says_is_not_told(found: SideBySide, pages: list[Path]) -> None:
    row, honest = rows_of(found)["forged-all"], rows_of(found)["student-00"]
    assert (row.difference, row.interval, row.accuracy) == (
        honest.difference,
        honest.interval,
        honest.accuracy,
    )
    block = " ".join(comparison_block(found, "x").split())
    assert "says that cnn, seed 0 is right on 100.00 %, where its answers are on" in block
    assert [fault.run for fault in found.unusable] == ["forged-mean"]
    assert "contradicts itself: models.cnn.accuracy.mean" in block


@pytest.mark.parametrize(
    "what", ["interval", "confusion", "parameters", "seed", "lacking", "config", "labels"]
)
def test_whatever_was_forged_is_found(what: str, run: Path, tmp_path: Path) -> None:
    page_of(run, tmp_path / "honest.html")
    page_of(run, tmp_path / "another.html")
    carried = carried_by(page_of(run, tmp_path / "forged.html"))
    report = carried["report"]
    if what == "interval":
        report["comparisons"][0]["interval"][1] += 0.01
        expected = "says that cnn is ahead by"
    elif what == "confusion":  # in a circle, so that all sums stay
        for first, second in ((0, 1), (1, 2), (2, 0)):
            report["models"]["cnn"]["confusion"][first][second] -= 1
            report["models"]["cnn"]["confusion"][second][first] += 1
        report["comparisons"][0]["confusion_difference"] = []
        expected = "a table of the classes that cnn takes for others"
    elif what == "parameters":
        report["models"]["cnn"]["parameters"] = 10
        expected = "says that cnn has 10 parameters, where its config gives 242,883"
    elif what == "seed":  # the worst one is left out, in step with all the rest
        other = with_seeds(run, tmp_path / "other", (0, 1), np.random.default_rng(1))
        predictions = carried_by(page_of(other, tmp_path / "two.html"))["predictions"]
        third = carried["predictions"]["models"]
        report = content_of(other)
        for model in third:
            predictions["models"][model]["2"] = third[model]["2"]
        carried |= {"predictions": predictions, "config": (other / "config.yaml").read_text()}
        expected = "passes over dense, seed 2, of which it has the answers"
        (tmp_path / "two.html").unlink()
    elif what == "config":
        carried["config"] = carried["config"].replace("dropout: 0.0", "dropout: 0.5")
        expected = "carries a config that can't be used (its digest is not the one of the report"
    elif what == "lacking":  # the worst one is nowhere, in step with all the rest
        seeds = carried["predictions"]["models"]["cnn"]
        carried = make_better(carried, "cnn", {seed: seeds[seed] for seed in ("0", "1")})
        report, expected = carried["report"], "has neither answers nor a failure of cnn, seed 2"
    else:
        labels = np.frombuffer(base64.b64decode(carried["predictions"]["labels"]), np.uint8)
        carried["predictions"]["labels"] = base64.b64encode(labels[::-1].tobytes()).decode()
        expected = "has other labels than these test pictures have"
    write_page(tmp_path / "forged.html", carried | {"report": report})
    found = compare_runs([tmp_path / f"{name}.html" for name in ("honest", "another", "forged")], tmp_path)
    assert [fault.run for fault in found.faults] == ["forged"], f"{what}: who is named: {found.faults}"
    assert expected in found.faults[0].problem
    assert rows_of(found)["forged"].doubt


def test_what_a_run_knows_of_its_networks_is_kept(run: Path, tmp_path: Path) -> None:
    carried = carried_by(page_of(run, tmp_path / "unequal.html"))
    generator, report = np.random.default_rng(0), carried["report"]
    labels = np.repeat(np.arange(3), [2700, 150, 150]).astype(np.uint8)
    given: dict[str, dict[int, np.ndarray]] = {}
    for model, wrong in (("dense", 0.2), ("cnn", 0.15)):  # less often right than the commonest class is there
        given[model] = {
            seed: np.eye(3, dtype=np.float32)[np.where(generator.random(3000) < wrong, 1, labels)]
            for seed in range(3)
        }
    facts = {
        name: replace(
            typed(Facts, {key: entry[key] for key in Facts.__dataclass_fields__ if key in entry}),
            validation_accuracy=dict.fromkeys("012", 0.99),
        )
        for name, entry in report["models"].items()
    }
    outcome = as_json(summarise(given, labels, report["data"]["classes"], facts, (), labels))
    assert not outcome["failed"], "these networks are called guessing by their own run"
    carried |= {"report": report | outcome, "predictions": predicted(labels, given)}
    write_page(tmp_path / "unequal.html", carried)
    [row] = rows_of(compare_runs([tmp_path / "unequal.html"], tmp_path)).values()
    assert row.interval, "networks that learned something are called guessing"
    assert not row.doubt


def test_answers_are_held_against_labels_that_are_known(run: Path, tmp_path: Path) -> None:
    carried = carried_by(page_of(run, tmp_path / "a.html"))
    labels = np.frombuffer(base64.b64decode(carried["predictions"]["labels"]), np.uint8)
    turned = base64.b64encode((2 - labels).astype(np.uint8).tobytes()).decode()
    for name in ("a", "b"):  # most pages have other labels than the run has that lies beside them
        write_page(
            tmp_path / f"{name}.html", carried | {"predictions": carried["predictions"] | {"labels": turned}}
        )
    found = compare_runs([tmp_path / "a.html", tmp_path / "b.html", run], tmp_path)
    assert found.hand_ins[0].labels_words == "the labels in run"
    assert {fault.run for fault in found.faults} == {"a", "b"}
    assert len({tuple(means_of(row).items()) for row in rows_of(found).values()}) == 1, (
        "one's answers, one figure"
    )
    alone = compare_runs([page_of(run, tmp_path / "a.html")], tmp_path)
    assert "which nothing here proves" in comparison_block(alone, "x").replace("\n", " ")


def test_labels_are_proved_without_the_files(
    monkeypatch: pytest.MonkeyPatch, run: Path, tmp_path: Path
) -> None:
    carried = carried_by(page_of(run, tmp_path / "a.html"))
    carried["report"]["data"] |= {"name": "fashion-mnist", "digest": sources.OFFICIAL_DIGEST}
    labels = np.frombuffer(base64.b64decode(carried["predictions"]["labels"]), np.uint8)
    write_page(tmp_path / "honest.html", carried)
    turned = base64.b64encode(labels[::-1].tobytes()).decode()
    for name in "abc":  # most have others
        write_page(
            tmp_path / f"{name}.html", carried | {"predictions": carried["predictions"] | {"labels": turned}}
        )
    monkeypatch.setitem(sources.OFFICIAL, sources.FILES[3], idx.digest(labels))
    found = compare_runs([tmp_path / f"{name}.html" for name in ("a", "b", "c", "honest")], tmp_path)
    assert [fault.run for fault in found.faults] == ["a", "b", "c"], "whose labels are wrong"
    assert "proved by a checksum" in found.hand_ins[0].labels_words
    [accuracy] = {row.accuracy["cnn"].mean for row in rows_of(found).values()}
    honest = read_report(RunFolder(run)).models["cnn"].accuracy.mean
    assert accuracy == pytest.approx(honest), "they are not held against the labels that are right"


def test_folders_with_false_labels_are_named_and_not_the_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = ("a", "b", "honest")
    for name in names:
        folder = a_run(tmp_path / name)
        data = {"name": "fashion-mnist", "digest": sources.OFFICIAL_DIGEST}
        write_report(folder, content_of(folder) | {"data": content_of(folder)["data"] | data})
    page = page_of(tmp_path / "honest", tmp_path / "everybodys" / "page.html")
    labels = np.frombuffer(base64.b64decode(carried_by(page)["predictions"]["labels"]), np.uint8)
    for path in [path for name in "ab" for path in (tmp_path / name).glob("*/seed-*/predictions.npz")]:
        stored = np.load(path)  # turned in step, so that each is as often right as its report says
        probabilities = np.roll(stored["probabilities"], 1, axis=1)
        np.savez_compressed(path, probabilities=probabilities, labels=((labels + 1) % 3).astype(np.uint8))
    asked = [tmp_path / "a", tmp_path / "b", page]
    told = compare_runs(asked, tmp_path)
    assert told.hand_ins[0].labels_words == "", "labels that nobody has are called proved"
    assert [fault.run for fault in told.unusable] == ["page"]
    monkeypatch.setitem(sources.OFFICIAL, sources.FILES[3], idx.digest(labels))
    told = compare_runs(asked, tmp_path)
    assert {fault.run for fault in told.faults} == {"a", "b"}, f"whose labels are wrong: {told.faults}"
    assert "everybodys" not in " ".join(fault.problem for fault in told.faults), "all pages are to be deleted"
    assert rows_of(told)["page"].interval, "the honest page is left out"


def test_labels_that_are_nobodys_keep_a_page_out(run: Path, tmp_path: Path) -> None:
    carried = carried_by(page_of(run, tmp_path / "good.html"))
    report = json.loads(json.dumps(carried["report"]))
    report["data"] |= {"name": "fashion-mnist", "digest": sources.OFFICIAL_DIGEST}
    write_page(tmp_path / "bad.html", carried | {"report": report})
    found = compare_runs([tmp_path / "good.html", tmp_path / "bad.html"], tmp_path)
    assert [fault.run for fault in found.unusable] == ["bad"]
    assert "has other labels than the data that it names" in found.unusable[0].problem
    assert list(rows_of(found)) == ["good"]
