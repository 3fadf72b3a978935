"""The stranger's test of a sweep: all that is said of it is worked out again from what trainings left."""

from dataclasses import replace

import pytest

from model.run.folder import RunFolder
from model.sweep.show import told_again
from model.sweep.text import sweep_block
from tests.strangers import told
from tests.strangers.checker import check
from tests.strangers.swept import Swept
from tests.sweeps import NUM_TEST, NUM_VALIDATION, make_sweep, right_of

APART = {"models.cnn.filters": [[4], [8, 16], [2]], "training.learning_rate": [0.002, 0.005]}


def far_apart(model, values, seed):
    """Shares of which some can be told from others, and the cheapest is no worse."""
    filters, rate = values["models.cnn.filters"], values["training.learning_rate"]
    share = 0.6 if model == "cnn" and filters == [4] else 0.9 - 0.01 * (model == "dense")
    return round(share + rate + 0.002 * seed, 3)


SWEEPS = {
    "three rates and two networks": {},
    "one training each": {"seeds": (3,)},
    "far apart": {"sweep": APART, "right": far_apart},
    "one is the same": {"sweep": {"models.cnn.filters": [[4], [8]]}, "right": lambda *_: 0.9},
    "nothing was learned": {"right": lambda model, values, seed: 0.34 + values["training.learning_rate"]},
    "some are missing": {"without": {"learning_rate-0.002_filters-4": [("cnn", 1), ("dense", 0)]}},
}  # fmt: skip


@pytest.mark.parametrize("name", SWEEPS)
def test_nothing_that_is_said_of_a_sweep_is_false(name, tmp_path):
    folder = tmp_path / "made-up"
    report = make_sweep(folder, **SWEEPS[name])
    pieces = told.of_terminal(sweep_block(report, str(folder)), "terminal")
    pieces += told.of_terminal(told_again(RunFolder(folder)), "show")
    pieces += told.of_markdown((folder / "report.md").read_text(), "report.md")
    pieces += told.of_page((folder / "report.html").read_text(), "report.html")
    evidence = Swept(folder, "Noise", ("top", "coat", "bag"), (30, NUM_VALIDATION, NUM_TEST), 0.334)
    found = check(evidence, pieces)
    assert found.sentences > 25, f"hardly anything was read: {found}"
    assert found.rows >= 6, f"no table was read: {found}"
    assert not found.faults, str(found)


LIES = {
    "another is best": lambda report: replace(report, best=report.best | {"cnn": 3}),
    "all can be told": lambda report: replace(report, together={m: [p] for m, p in report.best.items()}),
    "more is worth it": lambda report: replace(report, pareto=[0, *report.pareto]),
    "a share is higher": lambda report: replace(
        report, candidates=[replace(one, accuracy=one.validation_accuracy) for one in report.candidates]
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_of_a_sweep_is_caught(lie, tmp_path):
    folder = tmp_path / "made-up"
    report = LIES[lie](make_sweep(folder, right=right_of))
    evidence = Swept(folder, "Noise", ("top", "coat", "bag"), (30, NUM_VALIDATION, NUM_TEST), 0.334)
    found = check(evidence, told.of_terminal(sweep_block(report, str(folder)), "terminal"))
    assert found.faults, f"that {lie} is no lie to the checker"
