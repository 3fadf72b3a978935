"""Pairs that are looked at together: what stays clear, and what is said of the rest."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model.comparison.intervals import p_value_of
from model.comparison.records import Comparison
from model.comparison.together import allowing_for_all
from model.side_by_side.compare_runs import compare_runs
from model.side_by_side.text import answers, headline
from tests.compared_folders import make_run
from tests.comparison.test_headlines import pair

pytestmark = pytest.mark.numeric

WORDS = {"caution": "Mind.", "answer": "cnn is better.", "agreement": "All agree.", "unpaired": "Wider."}


def looked_at(p_value: float, **others: Any) -> Comparison:
    """A pair that is 1.4 points apart, alone."""
    given = {"words": WORDS, "verdict": " ".join(WORDS.values())} | others
    ends = (0.001, 0.027) if p_value < 0.05 else (-0.01, 0.038)
    return pair(given.pop("difference", 0.014), *given.pop("interval", ends), **given).alone(p_value)


def test_all_pairs_are_allowed_for_together() -> None:
    found = allowing_for_all([looked_at(p) for p in (0.03, 0.01, 0.2, 0.02)])
    told = [one.among_all for one in found if one.among_all]
    assert [one.pairs for one in told] == [4] * 4
    assert [one.p_adjusted for one in told] == pytest.approx([0.06, 0.04, 0.2, 0.06]), (
        "Holm by hand: 4 x 0.01, 3 x 0.02, then no less than before, 1 x 0.2"
    )
    assert [one.is_clear for one in found] == [False, True, False, False]
    assert found[1].words == WORDS, "what stays clear says what it said"
    assert found[2].words == WORDS, "what never was clear, too"
    said = (
        "No difference can be seen, allowing for all 4 pairs: cnn is ahead of dense by 1.4 points"
        " (0.1 to 2.7 on its own), as may be by luck."
    )
    assert found[0].words == {"caution": "Mind.", "answer": said, "unpaired": "Wider."}, (
        "without a winner nothing is said of its trainings or its cost"
    )
    assert found[0].verdict == f"Mind. {said} Wider."


def test_the_one_ahead_is_named_whichever_it_is() -> None:
    behind = looked_at(0.03, difference=-0.014, interval=(-0.027, -0.001))
    told = allowing_for_all([behind, looked_at(0.5)])[0].words["answer"]
    assert "dense is ahead of cnn by 1.4 points (0.1 to 2.7 on its own)" in told


def test_a_single_pair_is_told_as_it_was() -> None:
    alone = looked_at(0.04)
    assert allowing_for_all([alone]) == [alone]
    edge = replace(alone, among_all=None).alone(0.051)  # by the interval it is clear, which decides for one
    assert allowing_for_all([edge])[0].is_clear


def test_an_interval_alone_has_a_p_value() -> None:
    normal = 1.959963984540054
    assert p_value_of(0.02, [0.02 - normal * 0.01, 0.9]) == pytest.approx(0.04550026), "two standard errors"
    assert p_value_of(-0.02, [-0.9, -0.02 + normal * 0.01]) == pytest.approx(0.04550026)
    assert p_value_of(0.02, [0.0, 0.04]) == pytest.approx(0.05), "an end at 0"
    assert p_value_of(0.0, [-0.01, 0.01]) == 1 == p_value_of(0.0, [0.0, 0.0])


def test_a_pair_that_is_clear_alone_need_not_be_beside_another(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9})
    two = make_run(tmp_path / "two", {"dense": 0.86, "cnn": 0.93}, seeds=(0, 5))
    found = compare_runs([one, two], tmp_path)
    assert [pair.is_clear for pair in found.comparisons] == [False, False]
    assert found.comparisons[1].interval[0] > 0, "on its own the pair is clear"
    assert headline(found) == "Allowing for all 2 pairs, no difference can be seen"
    assert not any(" better " in told or " worse " in told for told in answers(found)[:2])
    only = make_run(tmp_path / "only", {"cnn": 0.93}, seeds=(0, 5))
    assert headline(compare_runs([one, only], tmp_path)).startswith("only/cnn is ahead of one/cnn by 3.0")
