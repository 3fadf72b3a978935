"""Files of robustness in a run folder: what is damaged, or does not belong together, is refused by name."""

import numpy as np
import pytest

from data.perturbations import KINDS
from data.storage import write_json, write_npz
from model.robustness.files import read_answers, read_record
from model.run.folder import RunError, RunFolder


def perturbed_arrays():
    """What robustness.npz holds of a convolutional network and three images."""
    answers = {
        f"answers/{kind}": np.zeros((len(what.strengths), 3), np.uint8) for kind, what in KINDS.items()
    }
    changes = {f"changes/{state}/conv1": np.ones(3, np.float32) for state in ("trained", "untrained")}
    return {"indices": np.arange(3), "labels": np.arange(3, dtype=np.uint8), **answers, **changes}


WRONG_ANSWERS = {
    "labels": [np.arange(2, dtype=np.uint8), np.zeros((3, 1), np.uint8), np.ones(3, np.float32), np.uint8(1)],
    "indices": [np.arange(4), np.arange(3) - 1, np.ones(3, bool), None],
    "answers/shift": [np.zeros((2, 3), np.uint8), np.zeros(3, np.uint8), None],
    "changes/trained/conv1": [np.ones(2, np.float32), np.full(3, np.nan, np.float32), np.ones(3, np.uint8)],
}


@pytest.mark.parametrize(
    ("name", "values"), [(name, values) for name, wrong in WRONG_ANSWERS.items() for values in wrong]
)
def test_answers_to_perturbed_images_that_do_not_belong_together_are_refused(tmp_path, name, values):
    run = RunFolder(tmp_path)
    arrays = perturbed_arrays()
    del arrays[name]
    if values is not None:
        arrays[name] = values
    write_npz(run.seed_folder("cnn", 0) / "robustness.npz", arrays)
    with pytest.raises(RunError, match=r"robustness.npz can't be read \(.*; delete it, then get the whole"):
        read_answers(run, "cnn", 0)


def test_answers_to_perturbed_images_need_both_files(tmp_path):
    run = RunFolder(tmp_path)
    folder = run.seed_folder("cnn", 0)
    assert read_record(run, "cnn", 0) is None
    write_json(folder / "robustness.json", {"settings": {}})
    assert read_record(run, "cnn", 0) is None, "a record without its arrays would never be measured again"
    np.savez(folder / "robustness.npz", **perturbed_arrays())
    assert read_record(run, "cnn", 0) == {"settings": {}}
    assert read_answers(run, "cnn", 0)["labels"].tolist() == [0, 1, 2]
    for content in ("{}", '{"settings": []}', "[]"):
        (folder / "robustness.json").write_text(content)
        assert read_record(run, "cnn", 0) is None, (
            "a record without settings can't be compared with the config"
        )
    (folder / "robustness.npz").write_bytes(b"nothing of use")
    with pytest.raises(RunError, match=r"robustness.npz can't be read"):
        read_answers(run, "cnn", 0)
