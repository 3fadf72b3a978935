"""What a run was made with is kept for each training, and what is mixed is said to be."""

from dataclasses import asdict, replace
from types import SimpleNamespace

import pytest

from configs.schema import Config
from data.storage import write_json
from model.experiment import work
from model.experiment.conductor import Experiment
from model.experiment.work import probe
from model.run.environment import REPOSITORY, decisive, describe_environment, joined
from model.run.folder import RunError, RunFolder
from model.run.jobs import Done, Failed, Reported
from tests.conftest import AT_ONCE, IN_TURN

HERE = {
    "versions": {"tensorflow": "2.21.0", "keras": "3.15.1", "numpy": "2.4.6", "scipy": "1.17.1"},
    "processor": "one",
    "cores": 2,
    "variables": {},
    "git_commit": "a",
    "arithmetic": asdict(IN_TURN),
}
BEGAN_AS = replace(AT_ONCE, precision="bfloat16")


def test_trainings_made_alike_have_one_environment():
    half = HERE | {"arithmetic": asdict(replace(IN_TURN, precision="bfloat16"))}
    assert joined({"dense seed 0": HERE, "cnn seed 0": half}) == HERE, (
        "a precision is a setting of the model: nothing is mixed"
    )
    assert joined({}) == {}, "where nothing is trained there is nothing to tell"


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"processor": "two"}, "processor", "processor. No one machine gives all their bits again."),
        ({"versions": HERE["versions"] | {"keras": "4"}}, "versions.keras", "keras. No one machine"),
        ({"variables": {"XLA_FLAGS": "x"}}, "variables.XLA_FLAGS", "variables.XLA FLAGS. No one machine"),
        ({"git_commit": "b"}, "git_commit", "git commit."),
        ({"cores": 8}, "cores", "they differ in cores."),
    ],
)
def test_what_is_mixed_is_said_to_be(change, key, words):
    found = joined({"dense seed 0": HERE, "cnn seed 0": HERE | change})
    [row] = [row for row in found["mixed"] if row["key"] == key]
    assert set(row["values"]) <= {"dense seed 0", "cnn seed 0"}
    assert words in found["mixed_words"]
    bits = decisive(HERE) == decisive(HERE | change)
    assert ("No one machine" in found["mixed_words"]) != bits, "bits are promised or denied wrongly"


def test_what_an_earlier_version_did_not_record_is_unknown_and_not_other():
    before = {key: HERE[key] for key in HERE.keys() - {"arithmetic", "variables"}}
    assert "mixed" not in joined({"dense seed 0": before, "cnn seed 0": HERE})


def one(monkeypatch, folder, environment, arithmetic=None, precision="auto"):
    """An experiment whose folder holds an environment.json, on a machine of which the table says IN_TURN."""
    monkeypatch.setattr(work, "here", lambda: IN_TURN)
    config = Config(name="x", models={"cnn": {"architecture": "cnn"}}, training={"precision": precision})
    if environment:
        write_json(folder / "environment.json", environment)
    made = Experiment(config, SimpleNamespace(digest="0"), RunFolder(folder), None, False)
    if arithmetic:
        made.work.plan = replace(made.plan, arithmetic=arithmetic)
    return made


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ({}, IN_TURN),
        ({"arithmetic": asdict(BEGAN_AS)}, BEGAN_AS),
        ({"arithmetic": asdict(BEGAN_AS), "processor": "another"}, IN_TURN),
        ({"arithmetic": asdict(BEGAN_AS), "variables": {"TF_ENABLE_ONEDNN_OPTS": "0"}}, IN_TURN),
        ({"arithmetic": asdict(BEGAN_AS), "versions": {"tensorflow": "2.20.0"}}, IN_TURN),
        ({"arithmetic": {"precision": "bfloat16"}}, IN_TURN),
    ],
)
def test_a_run_goes_on_as_it_began_where_nothing_else_has_changed(monkeypatch, tmp_path, recorded, expected):
    """Also where the table, or a processor that can't run bfloat16 after all, would have it otherwise."""
    here = describe_environment(1)
    found = one(monkeypatch, tmp_path, (here | recorded) if recorded else None)
    assert found.plan.arithmetic == expected


class Probing:
    """Stands in for workers: what they are asked, and events as a probe would cause them."""

    def __init__(self, *events):
        self.jobs, self._events = [], events

    def submit(self, job):
        self.jobs.append(job)

    def events(self):
        return [make(self.jobs[-1], value) for make, value in self._events]


SINGLE, BOTH = {"float32": 1e10}, {"float32": 1e10, "bfloat16": 1.01e10}


def probed(monkeypatch, folder, workers, **how):
    experiment_there = one(monkeypatch, folder, None, **how)
    probe([experiment_there.work], workers)
    return experiment_there.work.plan


def test_a_probe_decides_nothing_but_whether_bfloat16_can_be_run(monkeypatch, tmp_path):
    plan = probed(monkeypatch, tmp_path, Probing((Reported, SINGLE), (Done, BOTH)), arithmetic=BEGAN_AS)
    assert plan.arithmetic == BEGAN_AS, "the table says bfloat16, however fast it is at the moment"
    assert plan.speeds == BOTH, "the forecast is of this machine"
    dead = Probing((Reported, SINGLE), (Failed, "its process was ended by SIGILL"))
    plan = probed(monkeypatch, tmp_path, dead, arithmetic=BEGAN_AS)
    assert plan.arithmetic == replace(BEGAN_AS, precision="float32")
    assert plan.precision_of("cnn") == "float32"


def test_bfloat16_is_not_tried_where_no_model_uses_it(monkeypatch, tmp_path):
    workers = Probing((Done, SINGLE))
    plan = probed(monkeypatch, tmp_path, workers, arithmetic=BEGAN_AS, precision="float32")
    assert workers.jobs[0].arguments == {"bfloat16": False}
    assert plan.arithmetic == BEGAN_AS, "what was not tried says nothing of the processor"
    assert plan.precision_of("cnn") == "float32"
    with pytest.raises(RunError, match="no worker process could be started"):
        probed(monkeypatch, tmp_path, Probing((Failed, "SIGILL")))


def test_the_commit_is_that_of_this_code() -> None:
    assert (REPOSITORY / "train.py").is_file(), "git would be asked about another folder"
    assert (REPOSITORY / "model" / "run" / "environment.py").is_file()
