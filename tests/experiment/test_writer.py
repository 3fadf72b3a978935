import base64
import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from configs.digests import digest
from configs.schema import Cnn, load
from data.fashion_mnist import load as load_data
from data.perturbations import KINDS
from data.splits import Split, Splits
from model.comparison.records import Model, as_json
from model.experiment import writer
from model.experiment.results import Results, collect, report_of
from model.experiment.writer import PICTURES, _for_a_glance, _inside, draw_comparison, write_report
from model.report import canvas
from model.report.canvas import garment
from model.run.folder import RunFolder
from tests.comparison.test_accuracy_figure import report_of as made_up_report
from tests.inspection_folders import write_cnn, write_dense
from tests.records import parsed, typed
from tests.robustness.test_figures import report_of as made_up_robustness


def test_the_three_forms_of_the_report_tell_the_same(small_run):
    report = json.loads((small_run / "report.json").read_text())
    mean = report["models"]["cnn"]["accuracy"]["mean"]
    assert f"{100 * mean:.1f} %" in (small_run / "report.html").read_text(), "the page has another accuracy"
    assert f"{mean:.4f}"[:5] in (small_run / "report.md").read_text(), "report.md has another accuracy"


def test_every_picture_is_in_the_page(small_run):
    page = (small_run / "report.html").read_text()
    shown = set(re.findall(r'<img src="data:[^>]* data-file="([^"]+\.png)"', page))
    drawn = {str(path.relative_to(small_run)) for path in small_run.rglob("*.png")}
    by_script = {name for name in drawn if re.search(r"/conv\d-(?:activations|filters|passports)", name)}
    assert by_script, "the network with filters was not looked into"
    assert shown == drawn - by_script, "pictures that were drawn are not in the page, or others are"
    assert len(page.encode()) < 12e6, "the page is too large to be mailed"


def test_the_page_alone_tells_what_every_training_answered(small_run):
    page = (small_run / "report.html").read_text()
    blocks = dict(re.findall(r'<script type="application/json" id="data-(\w+)">(.*?)</script>', page))
    report, predictions = json.loads(blocks["report"]), json.loads(blocks["predictions"])
    assert report == json.loads((small_run / "report.json").read_text())
    assert json.loads(blocks["config"]) == (small_run / "config.yaml").read_text()
    for model in ("dense", "cnn"):
        assert predictions["models"][model].keys() == {"0", "1"}
        for seed, text in predictions["models"][model].items():
            with np.load(small_run / model / f"seed-{seed}" / "predictions.npz") as file:
                answers, labels = file["probabilities"].argmax(axis=1), file["labels"]
            assert list(base64.b64decode(text)) == answers.tolist(), "answers of another training"
    assert list(base64.b64decode(predictions["labels"])) == labels.tolist()


@pytest.mark.parametrize("pattern", ["figures/*.png", "*/inspection/*.png"])
def test_pictures_have_the_width_of_the_page(small_run, pattern):
    for path in small_run.glob(pattern):
        width, height = Image.open(path).size
        assert width == 1200, f"{path.name} is {width} pixels wide"
        assert height <= 1500, f"{path.name} is too high to be read at a glance"


def test_nothing_in_json_is_not_a_number(small_run):
    def refuse(text):
        pytest.fail(f"{text} stands in a JSON file, and JSON has no such number")

    for path in small_run.rglob("*.json"):
        json.loads(path.read_text(), parse_constant=refuse)


def test_activations_are_of_the_first_test_image_of_each_class(small_run):
    with np.load(small_run / "cnn" / "inspection" / "activations.npz") as file:
        indices, labels = file["indices"], file["labels"]
    with np.load(small_run / "cnn" / "seed-0" / "predictions.npz") as file:
        all_labels = file["labels"]
    expected = [int(np.flatnonzero(all_labels == label)[0]) for label in range(10)]
    assert indices.tolist() == expected
    assert labels.tolist() == list(range(10))


@pytest.mark.parametrize("broken", [["cnn"], ["dense"], ["dense", "cnn"]], ids="+".join)
def test_models_without_a_result_leave_a_whole_report(broken, small_run, small_config, tmp_path):
    run, config = RunFolder(shutil.copytree(small_run, tmp_path / "small")), load(small_config)
    for path in [*run.figures.glob("*.png"), *(run.path / name for name in ("report.html", "report.md"))]:
        path.unlink()
    (run.path / "manifest.json").unlink()  # as in a run of before
    for model in broken:  # they were looked into, and then their predictions became unreadable
        for seed in config.seeds:
            (run.seed_folder(model, seed) / "predictions.npz").write_bytes(b"nothing of use")
    splits = load_data(config.data)
    results = collect(run, config, splits.test.labels, [])
    identity = {"config_digest": digest(config), "data_digest": splits.digest}
    report = report_of(run, config, splits, identity, results)
    write_report(run, report, splits, results, {model: [] for model in config.models})
    page = (run.path / "report.html").read_text()
    drawn = {path.stem for path in run.figures.glob("*.png")}
    numbers = "123456" if len(broken) < 2 else "12345"  # nobody's sureness, and no pair to compare
    assert {name[0] for name in drawn if name[0].isdigit()} == set(numbers), "a picture is missing"
    patterns = set() if "cnn" in broken else {"patterns-cnn"}
    assert {name for name in drawn if name.startswith("patterns")} == patterns, "of the filters of each seed"
    curves = {f"robustness-{kind}" for kind in KINDS} if len(broken) < 2 else set()
    assert {name for name in drawn if name.startswith("robustness")} == curves, (
        "perturbed pictures were asked of a model without answers, or not of the other"
    )
    assert f"{2 * len(broken)} trainings failed" in page
    assert "makes no mistake" not in page, "a model without answers is praised"
    assert ("No training was finished" in page) == (len(broken) == 2)
    assert "predictions.npz can't be read" in (run.path / "report.md").read_text()
    assert json.loads((run.path / "report.json").read_text())["failed"] == [
        as_json(failure) for failure in results.failed
    ]


def test_each_figure_gets_the_numbers_and_pictures_that_are_its_own(recording, tmp_path):
    random = np.random.default_rng(0)
    sets = [
        Split(random.integers(0, 256, (count, 28, 28), np.uint8), (np.arange(count) % 10).astype(np.uint8))
        for count in (1000, 30, 1000)
    ]
    splits = Splits(*sets, class_names=tuple("abcdefghij"), title="Mine", source="a folder", digest="ab")
    report = made_up_report({"dense": 0.8, "cnn": 0.9})
    mistake = {"index": 17, "label": 7, "predicted": 8, "probability": 0.9, "model": "cnn", "seed": 0}
    report |= {"mistakes": [mistake], "robustness": made_up_robustness("dense", "cnn")["robustness"]}
    curve = {"accuracy": np.array([0.7, 0.8]), "val_accuracy": np.array([0.75, 0.85])}
    curve |= {"val_loss": np.array([0.5, 0.4]), "learning_rate": np.array([0.004, 0.0])}
    histories = {model: {0: curve} for model in report["models"]}
    figures = draw_comparison(RunFolder(tmp_path), parsed(report), splits, histories, [], tmp_path)
    names = [figure.path.stem for figure in figures]
    assert names == [picture.name for picture in PICTURES], "in reading order"
    assert names[0] == "1-at-a-glance"
    drawn = {sheet.path.stem: sheet for sheet in recording.sheets}
    assert [drawn[figure.path.stem].title for figure in figures] == [figure.title for figure in figures]
    assert drawn["5-mistakes"].showing(garment(splits.test.images[17], 5)), "not a test picture"
    shown = report["comparisons"][0]["disagreement"]["only_candidate_right"][0]["index"]
    assert drawn["9-disagreements"].showing(garment(splits.test.images[shown], 5)), "not a test picture"
    for kind in KINDS:
        assert drawn[f"robustness-{kind}"].showing(garment(splits.test.images[0], 3)), "not a test picture"


def test_names_that_no_font_has_are_given_by_number_and_that_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(canvas, "_family_of", lambda one: canvas.FAMILY if one.isascii() else None)
    names = ["shirt", "日本語", "bag"]
    content = made_up_report({"dense": 0.8, "cnn": 0.9}, num_classes=3, num_images=30, names=names)
    images = Split(np.zeros((1000, 28, 28), np.uint8), (np.arange(1000) % 3).astype(np.uint8))
    splits = Splits(images, images, images, class_names=tuple(names), title="", source="", digest="ab")
    (tmp_path / "config.yaml").write_text("name: x")
    drawn = []
    monkeypatch.setattr(
        writer, "draw_comparison", lambda *_: drawn.append(canvas.shortened("日本語", 99)) or []
    )
    report, _ = write_report(RunFolder(tmp_path), parsed(content), splits, Results({}, {}, {}, []), {})
    assert (report.classes_by_number, drawn) == ([1], ["class 1"]), "pictures are drawn after that is known"
    told = "Pictures give the numbers of the classes 日本語 and not their names: no font here has all"
    assert told in (tmp_path / "report.md").read_text()
    assert told in (tmp_path / "report.html").read_text()


def test_the_glance_is_of_the_first_model_with_filters_that_can_be_read(tmp_path):
    run = RunFolder(tmp_path)
    write_dense(run.inspection_folder("dense"))
    write_cnn(run.inspection_folder("cnn"), Cnn(filters=(3,)))
    write_cnn(run.inspection_folder("other"), Cnn(filters=(5,)))
    model, found = _for_a_glance(run, ["dense", "cnn", "other"])
    assert (model, len(found.convolutions[0].passports)) == ("cnn", 3)
    (run.inspection_folder("cnn") / "filters.npz").unlink()
    model, found = _for_a_glance(run, ["dense", "cnn", "other"])
    assert (model, len(found.convolutions[0].passports)) == ("other", 5)
    assert _for_a_glance(run, ["dense"]) == ("", None), "a dense network has no filters to show"


def test_the_patterns_of_a_model_are_second_among_its_own_pictures(recording, tmp_path):
    run = RunFolder(tmp_path)
    folder = run.inspection_folder("cnn")
    folder.mkdir(parents=True)
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(b"")
    told = [{"figures": [{"file": f"{name}.png", "title": name, "alt": f"{name}."} for name in "ab"]},
            {"figures": [{"file": "lost.png", "title": "lost", "alt": "lost."}]}]  # fmt: skip
    patterns = {"num_filters": 8, "threshold": 0.8, "counts": {"blur": 2}, "total": 2,
                "untrained": {"blur": [0, 1]}, "untrained_total": [0, 2]}  # fmt: skip
    of_both = {"cnn": patterns, "other": patterns | {"total": 5}}
    models = {name: typed(Model, {"patterns": {"0": found}}) for name, found in of_both.items()}
    figures = _inside(run, models, "cnn", told)
    assert [figure.title[:1] for figure in figures] == ["a", "2", "b"]
    assert figures[1].path == run.figures / "patterns-cnn.png"
    assert figures[1].title.startswith("2 of 8 first filters match"), "of another model"
    assert (figures[2].path, figures[2].alt) == (folder / "b.png", "b.")
