"""`predict` as its users run it: what is answered, told, drawn and written, and what is refused."""

import io
import json
import re
import shlex
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

import train
from data.idx import read_images
from data.likeness import LIKENESS
from model.run.folder import RunFolder
from model.run.manifest import read_manifest
from tests.data.test_pictures import saved, with_alpha
from tests.faults import Driver
from tests.strangers.checker import check
from tests.strangers.evidence import Data, Evidence
from tests.strangers.told import of_terminal

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
MODELS, SEEDS = ("dense", "cnn"), (0, 1)


@pytest.fixture(scope="module")
def images(small_data: Path) -> np.ndarray:
    return read_images(small_data / "t10k-images-idx3-ubyte")


@pytest.fixture(scope="module")
def answered(small_run: Path, images: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """README.md's command, on a picture in every kind of file and others, and what else can be named."""
    folder = tmp_path_factory.mktemp("own")
    image = Image.fromarray(images[0])
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8))
    on_white = Image.fromarray(255 - images[2]).resize((200, 200), Image.Resampling.BICUBIC)
    kinds = {
        "photos/alpha.png": saved(with_alpha(image), "PNG"),
        "photos/bitmap.bmp": saved(image, "BMP"),
        "photos/colour.png": saved(image.convert("RGB"), "PNG"),
        "photos/gray.png": saved(image, "PNG"),
        "photos/inverted.png": saved(Image.fromarray(255 - images[0]), "PNG"),
    }
    others = {
        "shirt.jpg": saved(on_white, "JPEG"),
        "photos/noise.png": saved(noise, "PNG"),
        "photos/other.png": saved(Image.fromarray(images[1]), "PNG"),
        "photos/text.png": b"no picture",
    }
    (folder / "photos").mkdir()
    for name, content in (kinds | others).items():
        (folder / name).write_bytes(content)
    shutil.copytree(small_run, folder / "outputs" / "dense-vs-cnn")
    [command] = re.findall(r"^\| `python train\.py (predict [^`]*)`", README, re.MULTILINE)
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(kinds["photos/gray.png"])))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        code = train.main([*shlex.split(command), "missing.png", "-"])
    predictions = folder / "outputs" / "predictions" / "dense-vs-cnn"
    return SimpleNamespace(
        code=code,
        out=out.getvalue(),
        told=json.loads((predictions / "predictions.json").read_text()),
        err=err.getvalue(),
        own=folder,
        folder=predictions,
        same=[*(Path(name).name for name in kinds), "-"],
        run=small_run,
    )


def by_name(answered: Any) -> dict[str, Any]:
    return {Path(one["picture"]).name: one for one in answered.told["pictures"]}


def test_the_same_picture_has_the_same_answer_to_the_bit_in_whatever_file(answered: Any) -> None:
    models = [
        one["models"] for one in answered.told["pictures"] if Path(one["picture"]).name in answered.same
    ]
    assert len(models) == 6
    assert all(one == models[0] for one in models), "what is beside it, or the kind of file, counts"


def test_the_answers_are_those_of_the_run(answered: Any) -> None:
    run = RunFolder(answered.run)
    for index, name in ((0, "gray.png"), (1, "other.png")):
        for model in MODELS:
            told = by_name(answered)[name]["models"][model]
            stored = np.array([run.predictions(model, seed)[0][index] for seed in SEEDS])
            close = np.allclose(told["by_seed"], stored, atol=1e-5)
            assert close, f"{model} says otherwise of test picture {index} than when it was scored"
            assert np.allclose(told["probabilities"], stored.mean(axis=0), atol=1e-5)
            label = int(stored.mean(axis=0).argmax())
            assert (told["label"], told["class"]) == (label, answered.told["classes"][label])
            assert told["agreeing"] == int((stored.argmax(axis=1) == label).sum())
            assert told["seeds"] == list(SEEDS)


def test_it_is_told_what_was_done_and_what_is_unlike_the_data(answered: Any) -> None:
    told = by_name(answered)
    assert told["gray.png"]["prepared"] == {
        "size": [28, 28],
        "layout": "as it is",
        "light": False,
        "black": 0,
        "box": [0.0, 0.0, 1.0, 1.0],
        "transposed": False,
    }
    assert told["inverted.png"]["prepared"]["light"]
    assert told["shirt.jpg"]["prepared"] == told["inverted.png"]["prepared"] | {
        "size": [200, 200],
        "layout": "as a whole",
    }
    assert told["noise.png"]["unlike"]["unlike"], "noise is called like the data"
    assert told["noise.png"]["unlike"]["beyond"] == 0
    assert told["noise.png"]["unlike"]["distance"] > told["noise.png"]["unlike"]["limit"]
    assert not told["gray.png"]["unlike"]["unlike"], "a test picture is called unlike the data"


def test_nothing_false_is_said(answered: Any, small_data: Path) -> None:
    evidence = Evidence(answered.run, Data.read(small_data, None, "Small"))
    evidence.own = {one["picture"]: answered.own / one["picture"] for one in answered.told["pictures"]}
    evidence.own["-"] = answered.own / "photos" / "gray.png"
    found = check(evidence, of_terminal(answered.out, "terminal"))
    assert found.sentences == 9 * (1 + 2) + 3, f"other sentences were read than of nine pictures: {found}"
    assert not found.faults, str(found)


def test_those_that_are_none_are_named_and_the_others_answered(answered: Any) -> None:
    assert answered.code == 3
    assert [Path(one["picture"]).name for one in answered.told["bad"]] == ["text.png", "missing.png"]
    for words in ("photos/text.png: no picture of these kinds", "missing.png: No such file"):
        assert words in answered.err, answered.err
    assert answered.err.count("\n") == 2, f"more is said than one sentence for each: {answered.err}"


def test_the_first_ones_are_drawn_with_their_numbers(answered: Any) -> None:
    names = ["shirt", "alpha", "bitmap", "colour", "gray", "inverted", "noise", "other", "standard-input"]
    files = {path.name for path in answered.folder.iterdir()}
    assert files == {"predictions.json", *(f"{n}.png" for n in names), *(f"{n}.json" for n in names)}
    drawn = json.loads((answered.folder / "gray.json").read_text())
    why = drawn["why"]["cnn"]
    assert np.shape(drawn["pixels"]) == np.shape(why["occlusion"]) == (28, 28)
    assert (len(why["filters"]), why["layer"], np.shape(why["maps"])) == (4, "conv1", (4, 26, 26))
    assert np.shape(why["pooled"]) == (4, 13, 13)
    assert "maps" not in drawn["why"]["dense"]
    told = by_name(answered)
    assert (told["gray.png"]["figure"], told["-"]["figure"]) == ("gray.png", "standard-input.png")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ["x.png", "--model", "cnm"],
            2,
            "the run has no such model; expected one of dense, cnn",
        ),
        (["missing.png", "."], 3, "missing.png: No such file or directory"),
        (["-"], 3, "-: nothing came in by standard input. Expected a picture"),
    ],
)
def test_what_can_t_be_asked_is_refused_at_once(
    words: list[str], code: int, said: str, small_run: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO()))
    assert train.main(["predict", str(small_run), *words]) == code
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir()), "something is written though nothing was answered"


def test_a_run_that_has_lost_something_says_so_and_answers_with_the_rest(
    driver: Driver, small_run: Path, images: np.ndarray, tmp_path: Path
) -> None:
    run = shutil.copytree(small_run, tmp_path / "small")
    Image.fromarray(images[0]).save(tmp_path / "boot.png")
    words = ["predict", run, tmp_path / "boot.png", "--outputs", tmp_path]
    (run / LIKENESS).unlink()
    result = driver.run(*words, "--model", "dense")
    assert result.code == 0, result.err
    told = " ".join(result.out.split())
    assert "whether a picture is unlike its data can't be told" in told
    assert "python train.py inspect" in told, "the remedy trains what is not finished, too"
    assert "how the data of this run were made is not known" in told
    (run / LIKENESS).write_bytes(b"damaged")
    (run / "cnn" / "seed-1" / "model.keras").unlink()
    result = driver.run(*words, "--json")
    assert result.code == 4, result.out
    assert result.out == (tmp_path / "predictions" / "small" / "predictions.json").read_text()
    assert f"{run / LIKENESS} is not the one that this run made" in result.err
    assert "cnn/seed-1/model.keras is missing" in result.err
    [told] = json.loads(result.out)["pictures"]
    assert told["models"]["cnn"]["seeds"] == [0], "the seed that is there is not asked"
    assert told["unlike"] is None, "nothing that can be used tells what is unlike"
    shutil.rmtree(run / "cnn" / "seed-0")
    result = driver.run(*words, "--model", "cnn", "--outputs", tmp_path / "none")
    assert result.code == 1
    assert not (tmp_path / "none").exists(), "something is written though nothing was answered"


def test_a_run_of_before_is_given_what_tells_the_unlike(
    driver: Driver, small_run: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(small_run, tmp_path / "small")
    (run / LIKENESS).unlink()
    manifest = read_manifest(run)
    assert manifest is not None
    del manifest.parts["likeness"]
    manifest.write()
    assert driver.run("status", run).code == 0, "a run of before is called damaged for what it never had"
    page = (run / "report.html").stat()
    result = driver.run("inspect", run)
    assert result.code == 0, result.err
    assert (run / LIKENESS).read_bytes() == (small_run / LIKENESS).read_bytes(), "it is not the same again"
    assert (run / "report.html").stat().st_mtime_ns == page.st_mtime_ns, "the report was written again"
    assert driver.run("status", run).code == 0
