"""Files of networks that were trained elsewhere, on their way into a run; and what is usual beside them."""

import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from configs.digests import digest
from configs.elsewhere import is_run, of_files, of_words
from configs.networks import Found
from configs.schema import ConfigError, load
from model.experiment import conductor
from model.experiment.conductor import Experiment
from model.experiment.elsewhere import as_found, copies, keep, must_answer, with_files, with_measured
from model.experiment.opening import describe, identity_of, place_of, resolved
from model.experiment.origins import origin_of, usual_for
from model.experiment.parts import Task, settings_of
from model.networks.layers import as_records, from_records, layers_of
from model.run.find import find_folder
from model.run.folder import ORIGINAL, RunFolder
from model.run.jobs import Failed
from tests.networks_elsewhere import course, saved
from tests.training.test_elsewhere import splits


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two files of one network and one of another."""
    folder = tmp_path_factory.mktemp("files")
    for seed, name in enumerate(("one.keras", "two.keras")):
        saved(course(classes=3, seed=seed), folder / name)
    saved(course(classes=3, filters=(5,)), folder / "other.keras")
    return folder


def config(files: Path, *names: str, seeds: str = "seeds=[0]"):
    whole = ",".join(str(files / name) for name in names)
    return of_files([files / names[0]], [seeds, f"models.{Path(names[0]).stem}.file=[{whole}]"])


def test_what_files_hold_stands_in_the_config(files):
    read = with_files(config(files, "one.keras", "two.keras", seeds="seeds=[4,5]"))
    found = read.elsewhere["one"].found
    assert len(set(found.sha256)) == 2, "a file for each seed"
    layers = layers_of(read.models["one"], 3)
    names = [layer.name for layer in layers]
    assert names[-5:] == ["conv1", "pool1", "flatten", "dense1", "probabilities"]
    assert from_records(as_records(layers)) == layers
    assert list(found.names) == names, "the file's own names stand beside ours"
    measured = with_measured(read, {"one": {"pixels": "byte", "images": 9}})
    assert layers_of(measured.models["one"], 3)[0].name == "pixels", "what makes of pixels what it reads"
    assert digest(measured) == digest(read), "what was measured makes another experiment"
    assert as_found(read, measured) == measured, "what a run has found is not taken over"


@pytest.mark.parametrize(
    ("names", "seeds", "fragment"),
    [
        (["one.keras", "other.keras"], "seeds=[0,1]", "is another network than"),
        (["one.keras", "copy.keras"], "seeds=[0,1]", "is .*one.keras once more"),
        (["gone.keras"], "seeds=[0]", "gone.keras is missing"),
    ],
)
def test_files_that_do_not_fit_are_named(files, names, seeds, fragment):
    (files / "copy.keras").write_bytes((files / "one.keras").read_bytes())
    with pytest.raises(ConfigError, match=rf"(?s)models\.\w+\.file: .*{fragment}"):
        with_files(config(files, *names, seeds=seeds))


def test_a_network_of_other_classes_is_refused_before_anything_is_written(files, tmp_path):
    must_answer(with_files(config(files, "one.keras")), splits())
    of_ten = saved(course(), tmp_path / "ten.keras")
    with pytest.raises(ConfigError, match=r"answers with 10 classes, and the data \(Shades\) have 3"):
        must_answer(with_files(of_files([of_ten])), splits())


def test_a_layer_that_no_run_wrote_is_a_config_error():
    with pytest.raises(ConfigError, match="no layer as a run writes it"):
        from_records([{"layer": "Lambda", "name": "conv1"}])
    with pytest.raises(ConfigError, match=r"put config\.yaml back as it was"):
        from_records([{"layer": "Dense", "name": "dense1", "units": "many"}])


def test_a_run_keeps_copies_and_goes_on_without_the_files(files, tmp_path):
    path = tmp_path / "mine.keras"
    path.write_bytes((files / "one.keras").read_bytes())
    read, run = with_files(of_files([path])), RunFolder(tmp_path / "run")
    copy = run.seed_folder("mine", 0) / ORIGINAL
    keep(run, read)
    assert copy.read_bytes() == path.read_bytes()
    path.write_bytes(b"trained anew")
    keep(run, read)
    assert copies(run, read) == [copy], "the copy is that of the run"
    (run.path / "report.md").touch()
    run.clear(copies(run, read))
    kept = [one for one in run.path.rglob("*") if one.is_file()]
    assert kept == copies(run, read) == [copy], "whoever starts over loses the only copy, or keeps more"
    copy.write_bytes(b"damaged")
    keep(run, read)
    assert copies(run, read) == [], "neither is the file that the run was made of"
    path.write_bytes((files / "one.keras").read_bytes())
    keep(run, read)
    assert copy.read_bytes() == path.read_bytes(), "a damaged copy is not made again from the file"
    moved = read.elsewhere["mine"].model_copy(update={"file": ("/elsewhere.keras",)})
    task = Task("training", "mine", 0)
    other = read.model_copy(update={"models": {"mine": moved}})
    assert settings_of(other, task) == settings_of(read, task), "a file that was moved is taken in again"


def test_a_run_that_is_begun_anew_is_known_at_any_moment(files, tmp_path, monkeypatch):
    read = with_files(of_files([files / "one.keras"]))
    run, identity = RunFolder(tmp_path / "one"), identity_of(read, splits())
    describe(run, read, identity)
    keep(run, read)
    (run.path / "report.md").touch()
    remove = shutil.rmtree

    def removed(path: Path, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            raise OSError(f"{path} can't be removed")
        remove(path, ignore_errors=True)

    monkeypatch.setattr(shutil, "rmtree", removed)
    monkeypatch.setattr(conductor, "load_data", lambda section: splits())
    with pytest.raises(OSError, match="can't be removed"):
        conductor.run_experiment(read, tmp_path, Console(quiet=True), fresh=True)
    assert not (run.path / "report.md").exists()
    assert find_folder(tmp_path, "one", identity) == (run, True), (
        "a folder that holds copies of networks alone is nobody's, and its name is taken for ever"
    )
    assert (run.config(), copies(run, read)) == (read, [run.seed_folder("one", 0) / ORIGINAL])


def test_a_run_is_told_from_files(tmp_path, files):
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.yaml").touch()
    assert is_run([str(run)])
    assert is_run([str(tmp_path / "gone")]), "what is not there is a run that is not there"
    for words in (["x.keras"], ["x.h5"], [str(files / "one.keras"), "name=a"], ["a.keras", "b.keras"]):
        assert not is_run(words), words
    with pytest.raises(ConfigError, match="this is a run folder, and there is more than that"):
        is_run([str(run), "name=a"])
    with pytest.raises(ConfigError) as error:
        is_run([str(files)])
    assert f"name them, `python train.py inspect {files}/*.keras`" in str(error.value), "no remedy"
    assert of_words(["a.keras", "name=b"]).name == "b"
    with pytest.raises(ConfigError, match="there is no file among these"):
        of_words(["name=a", "name=b"])


def test_as_long_as_nothing_is_measured_nothing_is_told(files):
    read = with_files(of_files([files / "one.keras"]))
    assert origin_of(read, "one", []) is None
    measured = with_measured(read, {"one": {"pixels": "byte", "images": 9, "right": {"byte": 0.5}}})
    told = origin_of(measured, "one", [])
    assert told is not None
    assert (told.files, told.pixels, told.asked) == (["one.keras"], "byte", "auto")


def test_recorded_networks_of_the_nearest_sizes_are_usual(tmp_path):
    def entry(parameters: int, mean: float) -> dict[str, object]:
        return {"parameters": parameters, "accuracy": {"mean": mean}}

    report = {"models": {"a": entry(1000, 0.8), "b": entry(100_000, 0.9)}}
    small = {"run": {"models": {"c": entry(100_000, 0.85)}}, "other": {"models": {"d": entry(9000, 0.7)}}}
    (tmp_path / "report.json").write_text(json.dumps(report))
    (tmp_path / "small.json").write_text(json.dumps(small))
    short = {"parameters": 50_000, "accuracy": {"mean": 0.5}, "epochs": 1}
    (tmp_path / "others.json").write_text(
        json.dumps({"times": {"one": 7.0}, "run": {"models": {"e": short}}})
    )
    (tmp_path / "damaged.json").write_text("{")
    found = [(one.parameters, one.networks, one.lowest, one.highest) for one in usual_for(50_000, tmp_path)]
    assert found == [(9000, 1, 0.7, 0.7), (100_000, 2, 0.85, 0.9)], (
        "by the ratio of sizes, smaller ones first; not what is no network, or was trained for one epoch"
    )
    assert usual_for(50_000, tmp_path / "gone") == []
    assert len(usual_for(243_786)) == 2, "the recorded runs of outputs/reference are not found"


def test_what_a_config_tells_of_files_is_believed_of_those_alone(files, tmp_path):
    read = with_files(config(files, "one.keras", "two.keras", seeds="seeds=[4,5]"))
    measured = with_measured(read, {"one": {"pixels": "byte", "images": 9}})
    assert with_files(measured) == read, "it was measured with another `pixels`, perhaps, or on other data"

    def with_others(*names: str) -> Found:
        paths = tuple(str(files / name) for name in names)
        other = measured.elsewhere["one"].model_copy(update={"file": paths})
        return with_files(measured.model_copy(update={"models": {"one": other}})).elsewhere["one"].found

    gone = with_others("gone.keras", "two.keras")
    assert gone == read.elsewhere["one"].found, "a run goes on without its files"
    other = with_others("other.keras")
    assert other == with_files(config(files, "other.keras")).elsewhere["other"].found, (
        "the numbers of one file are shown as those of another"
    )
    assert len(with_others("one.keras").sha256) == 1, "there are fewer files than it tells of"


def test_a_run_goes_on_with_its_copy_when_the_file_is_saved_anew(files, tmp_path):
    path = tmp_path / "mine.keras"
    path.write_bytes((files / "one.keras").read_bytes())
    read, run = with_files(of_files([path])), RunFolder(tmp_path / "mine")
    Experiment(read, splits(), run, Console(quiet=True), debug=False)
    path.write_bytes((files / "two.keras").read_bytes())

    def goes_on(outputs: Path, *words: str) -> tuple[str, bool, bool]:
        asked = load(run.path / "config.yaml", words, of_a_run=True)
        config = resolved(asked, run.path / "config.yaml")
        config, identity, place, known = place_of(config, splits(), outputs, True, run.path / "config.yaml")
        assert identity == identity_of(config, splits())
        return place.path.name, known, config.elsewhere["mine"].found == read.elsewhere["mine"].found

    assert goes_on(tmp_path) == ("mine", True, True), "no command reaches the run any more, which has a copy"
    other = f"models.mine.file={files / 'two.keras'}"
    assert goes_on(tmp_path, other) == ("mine-2", False, False), "it is asked for another file, and not taken"
    for changed in ("models.mine.pixels=byte", "name=b"):
        assert goes_on(tmp_path, changed)[1:] == (False, False), (
            "another run takes a network for that of the file which is not in it any more"
        )
    assert goes_on(tmp_path / "others") == ("mine", False, False), "there is no copy in that folder"
    (run.seed_folder("mine", 0) / ORIGINAL).write_bytes(b"damaged")
    assert goes_on(tmp_path)[1:] == (False, False), "a damaged copy is gone on with"


def test_a_trial_that_fails_is_no_answer(files, tmp_path):
    class Dying:
        """Workers that die of every trial."""

        def submit(self, job):
            self.job = job

        def events(self):
            yield Failed(self.job, "the worker died")

    read, run = with_files(of_files([files / "one.keras"])), RunFolder(tmp_path / "run")
    experiment = Experiment(read, splits(), run, Console(quiet=True), debug=False)
    experiment.work.try_pixels(Dying())
    asked = experiment.work.plan.job(Task("training", "one", 0)).arguments
    assert (asked["pixels"], asked["untried"]) == (None, "the worker died"), (
        "it is scored in a form that nobody has tried"
    )


@pytest.mark.parametrize("size", [{"units": 10**9}, {"units": 0}])
def test_layers_of_a_config_are_no_larger_than_those_of_files(size):
    with pytest.raises(ConfigError, match="no layer as a run writes it"):
        from_records([{"layer": "Dense", "name": "dense1"} | size])
    with pytest.raises(ConfigError, match="no layer as a run writes it"):
        from_records([{"layer": "Pooling", "name": "pool1", "kind": "max", "strides": [0, 2]}])
