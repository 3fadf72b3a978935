"""What stands in the pictures of a sweep, held to the numbers; and that odd sweeps can be drawn."""

from dataclasses import replace

import numpy as np
import pytest

from model.report.canvas import MODEL_COLOURS
from model.sweep.figures import WIDTH, by_cost, by_key
from tests.sweeps import make_sweep, right_of
from tests.text_boxes import watch

COLOURS = {"dense": MODEL_COLOURS[0], "cnn": MODEL_COLOURS[1]}
RATES, FILTERS = [0.002, 0.005, 0.01], [[4], [8, 16]]


@pytest.fixture
def swept(tmp_path, recording):
    return make_sweep(tmp_path, {"training.learning_rate": RATES[::-1], "models.cnn.filters": FILTERS})


def of(report, model, **values):
    """The one candidate with these values, by the last part of their keys."""
    [found] = [
        one
        for one in report.candidates
        if one.model == model
        and all(
            one.values[key] == values[key.split(".")[-1]]
            for key in one.values
            if key.split(".")[-1] in values
        )
        and {key.split(".")[-1] for key in one.values} == set(values)
    ]
    return found


def lines_of(drawn, panel):
    """Marks joined to lines, but for rings, as (colour, symbol, values (n, 2))."""
    return [
        (m.colour, m.symbol, m.values) for m in drawn.marks(panel) if m.fill != "none" and len(m.values) > 1
    ]


def test_every_mark_stands_at_its_value_and_mean(swept, recording):
    drawn = recording.sheets[0]
    expected = [("dense", {})] + [("cnn", {"filters": filters}) for filters in FILTERS]
    lines = lines_of(drawn, 0)
    assert len(lines) == len(expected), "a line for dense, and one for each network of cnn"
    for (model, common), (colour, _, values) in zip(expected, lines, strict=True):
        assert colour == COLOURS[model]
        found = [of(swept, model, learning_rate=rate, **common) for rate in RATES]
        assert values[:, 1].tolist() == [one.validation_accuracy.mean for one in found]
        assert np.round(values[:, 0]).tolist() == [0, 1, 2], "it stands at another rate"
    assert [text.get_text() for text in drawn.axes[0].get_xticklabels()] == ["0.002", "0.005", "0.01"]
    assert len({symbol for colour, symbol, _ in lines if colour == COLOURS["cnn"]}) == 2, (
        "told by colour alone"
    )
    of_filters = lines_of(drawn, 2)
    assert len(of_filters) == 3, "filters concern cnn alone, at each rate"
    for rate, (_, _, values) in zip(RATES[::-1], of_filters, strict=True):
        found = [of(swept, "cnn", learning_rate=rate, filters=filters) for filters in FILTERS]
        assert values[:, 1].tolist() == [one.validation_accuracy.mean for one in found]


def test_intervals_and_rings_are_those_of_the_report(swept, recording):
    drawn = recording.sheets[0]
    ends = {tuple(span[:, 1]) for _, spans in drawn.spans(0) for span in spans}
    assert ends == {tuple(one.validation_accuracy.interval) for one in swept.candidates}
    rings = [mark.values[0, 1] for mark in drawn.marks(0) if mark.fill == "none"]
    best = [swept.candidates[place].validation_accuracy.mean for place in swept.best.values()]
    assert sorted(rings) == sorted(best), "the best of each model has a ring, and no other"


def test_the_legend_says_what_lines_have_in_common(swept, recording):
    drawn = recording.sheets[0]
    for text in ("cnn, filters [4]", "cnn, filters [8, 16]", "cnn, learning_rate 0.002"):
        assert drawn.text(text).colour == COLOURS["cnn"]
    assert drawn.text("dense").colour == COLOURS["dense"]


def test_a_title_claims_what_can_be_told(swept, tmp_path):
    figure = by_key(swept, tmp_path / "x.png")
    alike = len(swept.together["cnn"]) - 1
    assert figure.title == f"cnn: {alike} of the 5 others can't be told from the best setting"
    best = swept.best["cnn"]
    clear = by_key(replace(swept, together=swept.together | {"cnn": [best]}), tmp_path / "x.png")
    assert clear.title == "cnn is best with learning_rate 0.005, filters [8, 16]"
    assert "cnn 92.1 %" in figure.alt


def test_a_model_that_is_the_same_everywhere_is_a_dashed_line(tmp_path, recording):
    report = make_sweep(
        tmp_path, {"models.cnn.filters": FILTERS}, lambda model, *_: 0.8 + 0.1 * (model == "cnn")
    )
    drawn = recording.sheets[0]
    [flat] = [mark for mark in drawn.marks(0) if mark.symbol == "None"]
    assert flat.values[:, 1].tolist() == [of(report, "dense").validation_accuracy.mean] * 2
    assert "dense, the same in all" in drawn.strings


def test_keys_that_change_together_share_a_panel(tmp_path, recording):
    sweep = {"zipped": {"training.epochs": [2, 4], "training.batch_size": [128, 64]}}
    make_sweep(tmp_path, sweep, lambda *_: 0.9)
    drawn = recording.sheets[0]
    assert "epochs; batch_size" in drawn.strings
    assert [text.get_text() for text in drawn.axes[0].get_xticklabels()] == ["2; 128", "4; 64"]


def test_cost_and_accuracy_are_those_of_the_report(swept, recording):
    drawn = recording.sheets[1]
    for model, colour in COLOURS.items():
        told = sorted(
            (one.flops_per_image, one.validation_accuracy.mean)
            for one in swept.candidates
            if one.model == model
        )
        marks = [mark for mark in drawn.marks(0) if mark.colour == colour and mark.fill != "none"]
        assert sorted(map(tuple, np.concatenate([mark.values for mark in marks]))) == told
    rings = [mark.values[0, 1] for mark in drawn.marks(0) if mark.fill == "none" and mark.symbol == "o"]
    assert rings == [swept.candidates[place].validation_accuracy.mean for place in swept.best.values()]
    [front] = [mark for mark in drawn.marks(0) if mark.symbol == "None"]
    expected = [swept.candidates[place] for place in swept.pareto]
    assert front.values.tolist() == [[one.flops_per_image, one.validation_accuracy.mean] for one in expected]
    assert drawn.title == "3 of 9 settings: none is more accurate, by the means, for as little arithmetic"
    assert "cnn, best: learning_rate 0.005, filters [8, 16]" in drawn.strings
    assert "92.1 %, 0.4 MFLOP" in drawn.strings


def test_where_nothing_varies_or_all_cost_the_same_there_is_no_picture(tmp_path, recording):
    models = {"cnn": {"architecture": "cnn", "filters": [4]}}
    report = make_sweep(
        tmp_path / "rates", {"training.learning_rate": [0.002, 0.005]}, right_of, models=models
    )
    assert len(recording.sheets) == 1, "rates cost nothing"
    assert by_cost(report, tmp_path / "x.png") is None
    report = make_sweep(tmp_path / "one", {"training.learning_rate": [0.002]}, right_of)
    assert by_key(report, tmp_path / "x.png") is None


def test_no_text_overlaps_another_whatever_is_swept(tmp_path, monkeypatch):
    found = watch(monkeypatch)
    names = ["a-dense-network-with-a-very-long-name", "a-convolutional-one-with-an-even-longer-name"]
    models = {
        names[0]: {"architecture": "dense", "units": [16]},
        names[1]: {"architecture": "cnn", "filters": [4]},
    }
    sweep = {
        f"models.{names[1]}.filters": [[4], [[8, 8], [16, 16]], [[4, 4], [8, 8], [16]]],
        "training.learning_rate": [0.0001 * step for step in range(1, 13)],
        "training.schedule": ["constant", "one_cycle"],
    }
    make_sweep(tmp_path, sweep, lambda *_: 0.9, seeds=(0,), models=models)
    faults = {name: wrong for name, wrong in found.items() if wrong}
    assert found.keys() == {"1-settings.png", "2-cost.png"}
    assert not faults, faults


def test_the_sheets_are_as_wide_as_a_text(swept, recording):
    assert WIDTH == 830
    for drawn in recording.sheets:
        assert min(text.size for text in drawn.texts) >= 14, "too small to be read"
        boxes = [drawn.box(number) for number in range(len(drawn.axes))]
        assert max(left + width for left, _, width, _ in boxes) <= WIDTH
