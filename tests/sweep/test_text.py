"""What is said of a sweep: on the terminal, in report.md, in its page."""

import re
from dataclasses import replace

import pytest
from markupsafe import escape

from model.report.canvas import Sheet
from model.report.tables import escaped
from model.run.folder import RunFolder
from model.sweep.choice import choose
from model.sweep.records import SweepReport
from model.sweep.text import sweep_block, sweep_markdown
from model.sweep.words import answers, best_setting, headline, notes
from model.sweep.writer import page, write_sweep_report
from tests.sweeps import NUM_VALIDATION, SWEEP, config_of, make_sweep, right_of

HOSTILE = "<script>alert(1)</script> $x|y$ \x1b[31m\u202e"


@pytest.fixture(scope="module", autouse=True)
def undrawn():
    """No picture is drawn for these tests."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Sheet, "save", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory, undrawn):
    return tmp_path_factory.mktemp("outputs") / "made-up"


@pytest.fixture(scope="module")
def report(folder):
    return make_sweep(folder)


def with_shares(report: SweepReport, *shares: float) -> SweepReport:
    """A sweep of cnn alone, of one training each, with such validation accuracies."""
    cnn = [one for one in report.candidates if one.model == "cnn"][: len(shares)]
    rates = [replace(one.validation_accuracy, mean=s, values=[s]) for one, s in zip(cnn, shares, strict=True)]
    candidates = [
        replace(one, seeds=[0], validation_accuracy=replace(rate, over="images"))
        for one, rate in zip(cnn, rates, strict=True)
    ]
    return replace(report, candidates=candidates, **vars(choose(candidates, NUM_VALIDATION)))


def test_the_block_fits_a_terminal_and_tells_every_candidate(report, folder):
    block = sweep_block(report, "outputs/made-up")
    narrow = [line for line in block.splitlines() if "train.py" not in line]
    assert max(map(len, narrow)) <= 80
    for one in report.candidates:
        share, test = one.validation_accuracy.mean, one.accuracy.mean
        assert re.search(rf"{100 * share:.1f} %  \d\d\.\d to \d\d\.\d  {100 * test:.1f} % ", block), one
    assert "Look   outputs/made-up/report.html" in block
    [command] = re.findall(r"outputs/made-up/(\S+)/config.yaml --outputs outputs/made-up", block)
    assert (folder / command / "config.yaml").is_file(), "the next step is of a setting that is there"
    assert " show outputs/made-up" in block
    assert "show" not in sweep_block(report, "outputs/made-up", shown=True)


def test_a_headline_says_best_only_where_all_others_can_be_told_from_it(report):
    assert headline(with_shares(report, 0.9, 0.5, 0.6)) == (
        "cnn is best with learning_rate 0.002, filters [4], of 3 settings"
    )
    assert headline(with_shares(report, 0.9, 0.5, 0.89)) == (
        "cnn: 1 of the 2 other settings can't be told from the best, learning_rate 0.002, filters [4]"
    )
    assert headline(with_shares(report, 0.9, 0.88, 0.89)) == (
        "cnn: none of the 2 other settings can be told from the best, learning_rate 0.002, filters [4]"
    )
    assert headline(with_shares(report, 0.9, 0.89)) == (
        "cnn: the other setting can't be told from the best, learning_rate 0.002, filters [4]"
    )
    alone = with_shares(report, 0.9)
    assert headline(alone).startswith(
        "cnn has a result with learning_rate 0.002, filters [4] alone: right on"
    )
    none = replace(report, candidates=[], best={}, together={}, pareto=[])
    assert headline(none) == "No training was finished"
    assert answers(none) == ["No training was finished."]
    assert best_setting(none) in {one.name for one in none.settings}
    sweep_block(none, "x")


def test_what_holds_for_one_seed_alone_is_said(report):
    assert not any("another seed" in note for note in notes(report))
    assert any(
        "another seed may choose another setting" in note for note in notes(with_shares(report, 0.9, 0.8))
    )
    assert not any("The best of several" in note for note in notes(with_shares(report, 0.9)))


def test_a_model_that_no_key_concerns_is_said_to_be_the_same(tmp_path):
    found = make_sweep(
        tmp_path, {"models.cnn.filters": [[4], [8]]}, lambda model, *_: 0.9 - 0.1 * (model == "dense")
    )
    assert answers(found)[0].startswith("dense is the same in all settings: right on 80.0 % (")
    assert "same in all" not in " ".join(answers(found)[1:])


def test_what_failed_and_what_is_missing_is_told(tmp_path):
    first = "learning_rate-0.002_filters-4"
    lost = {first: [("cnn", 0), ("cnn", 1)], "learning_rate-0.005_filters-4": [("cnn", 1)]}
    found = make_sweep(tmp_path, SWEEP, right_of, without=lost, failed={(first, "cnn", 0): HOSTILE})
    block = sweep_block(found, "x")
    assert f"failed {first}, cnn, seed 0: <script>" in " ".join(block.split())
    assert "\x1b" not in block, "what a terminal would obey gets through"
    told = " ".join(notes(found))
    assert "Not trained yet, by setting: learning_rate-0.002_filters-4 cnn seed 1 and" in told
    assert "1 setting lacks trainings of cnn, and can't be the best." in told
    markdown = sweep_markdown(found)
    assert r"\<script\>" in markdown
    assert "<script>" not in markdown


def test_the_three_forms_tell_the_same_numbers(report, folder):
    markdown = (folder / "report.md").read_text()
    html = (folder / "report.html").read_text()
    for one in report.candidates:
        found = one.validation_accuracy
        assert f"| {found.mean:.4f} | {found.interval[0]:.4f} to {found.interval[1]:.4f} |" in markdown
        assert f"<b>{100 * found.mean:.1f} %</b>" in html
    for sentence in [*answers(report), *notes(report)]:
        assert escaped(sentence) in markdown
        assert escape(sentence) in html
    assert 'id="data-report"' in html
    assert "sweep:" in html, "the config stands in the page"


def test_names_cannot_steer_the_page(report, folder):
    odd = replace(report, name=HOSTILE, data=replace(report.data, title=HOSTILE))
    html = page(odd, [], folder, HOSTILE)
    assert "<script>alert" not in html
    assert "\x1b[31m" not in sweep_block(odd, "x")


def test_many_settings_are_told_in_part(tmp_path):
    sweep = {"models.cnn.units": [[n] for n in range(2, 70)]}
    found = make_sweep(tmp_path, sweep, lambda *_: 0.9, seeds=(0,))
    assert "  60 more: report.json has them" in sweep_block(found, "x")
    assert "18 more are in report.json." in (tmp_path / "report.md").read_text()
    assert "18 more are in report.json." in (tmp_path / "report.html").read_text()


def test_what_is_there_already_is_left_alone(report, folder):
    before = {path: path.stat().st_mtime_ns for path in folder.glob("report.*")}
    write_sweep_report(RunFolder(folder), report)
    assert {path: path.stat().st_mtime_ns for path in folder.glob("report.*")} == before
    assert config_of(SWEEP).sweep == SWEEP
