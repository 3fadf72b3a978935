"""What pictures of the comparison say: titles computed from numbers, whichever way these fall."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.comparison import headlines, tables
from model.comparison.learning_figure import Histories, last_rise, learning_title
from model.comparison.mistake_figures import confusion_title, mistakes_title
from model.comparison.pairs import AmongAll
from model.comparison.records import Comparison, Mistake, Model, NotCompared, Outcome
from model.report.words import LONGEST_NAME, ends, in_points, names, percent, short, span
from tests.comparison.test_accuracy_figure import HOSTILE
from tests.comparison.test_verdict import NOTHING_ODD
from tests.records import typed


def pair(difference: float, low: float, high: float, **others: Any) -> Comparison:
    """A comparison, as far as titles read it."""
    names = {"baseline": "dense", "candidate": "cnn", "over": "seeds and images", "verdict": "In words: so."}
    return typed(Comparison, names | {"difference": difference, "interval": [low, high]} | others)


def outcome(*pairs: Comparison, broken: tuple[NotCompared, ...] = (), models: Any = None) -> Outcome:
    return Outcome(
        chance=0.1, models=models or {}, comparisons=list(pairs), not_compared=list(broken), failed=[]
    )


def among(found: Comparison, pairs: int, clear: bool) -> Comparison:
    """One of so many pairs."""
    return replace(found, among_all=AmongAll(pairs, 0.03, 0.03 if clear else 0.06, clear))


def titled(*pairs: Comparison, broken: tuple[NotCompared, ...] = ()) -> str:
    return headlines.accuracy_title(outcome(*pairs, broken=broken))


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([pair(0.026, 0.022, 0.03)], "cnn is ahead by 2.6 points (2.2 to 3.0)"),
        ([pair(-0.026, -0.03, -0.022)], "dense is ahead by 2.6 points (2.2 to 3.0)"),
        (
            [pair(0.001, -0.005, 0.007)],
            "No difference can be seen: cnn leads dense by 0.1 points (−0.5 to 0.7)",
        ),
        (
            [pair(-0.001, -0.007, 0.005)],
            "No difference can be seen: dense leads cnn by 0.1 points (−0.5 to 0.7)",
        ),
        ([pair(0.003, 0.0002, 0.006)], "cnn is ahead by 0.30 points (0.02 to 0.60)"),
        (
            [pair(0.02, 0.01, 0.03, over="images")],
            "cnn is ahead by 2.0 points (1.0 to 3.0); other trainings may differ",
        ),
        (
            [pair(0.02, 0.01, 0.03), pair(0.03, 0.02, 0.04, candidate="b"), pair(0.0, -0.01, 0.01)],
            "Of 3 models against dense: 2 ahead, b most, by 3.0 points; 1 can't be told from it",
        ),
        (
            [pair(-0.02, -0.03, -0.01), pair(0.02, 0.01, 0.03, candidate="b")],
            "Of 2 models against dense: 1 ahead, b by 2.0 points; 1 behind, cnn by 2.0 points",
        ),
        (
            [pair(-0.02, -0.03, -0.01), pair(-0.05, -0.06, -0.04, candidate="b")],
            "Of 2 models against dense: 2 behind, b most, by 5.0 points",
        ),
        (
            [pair(-0.05, -0.06, -0.04), pair(-0.02, -0.03, -0.01, candidate="b")],
            "Of 2 models against dense: 2 behind, cnn most, by 5.0 points",
        ),
        (
            [pair(0.03, 0.02, 0.04, over="images"), pair(0.0, -0.01, 0.01, candidate="b", over="images")],
            "Of 2 models against dense: 1 ahead, cnn by 3.0 points; 1 can't be told from it;"
            " other trainings may differ",
        ),
        (
            [pair(0.03, 0.02, 0.04), pair(0.0, -0.01, 0.01, candidate="b", over="images")],
            "Of 2 models against dense: 1 ahead, cnn by 3.0 points; 1 can't be told from it",
        ),
        (
            [pair(0.03, 0.02, 0.04), pair(0.02, 0.01, 0.03, candidate="b")],
            "Of 2 models against dense: 2 ahead, cnn most, by 3.0 points",
        ),
    ],
)
def test_the_title_is_the_finding_whichever_way_it_falls(pairs: list[Comparison], expected: str) -> None:
    assert titled(*pairs) == expected, "the title of 2-accuracy doesn't say what the interval says"


def test_where_nothing_is_compared_the_title_says_why() -> None:
    broken = NotCompared("dense", "cnn", "dense is at 10.0 %, no more than guessing gives: x")
    assert titled(broken=(broken,)) == "dense is at 10.0 %, no more than guessing gives", (
        "a broken run must say so"
    )
    several = titled(pair(0.02, 0.01, 0.03), broken=(broken,))
    assert several.endswith("; 1 not compared"), "a model without comparison must not vanish from the title"


def history(*accuracies: float, loss_falls: bool = True) -> dict[str, np.ndarray]:
    values = np.array(accuracies)
    loss = 1 - values if loss_falls else values
    return {"accuracy": values, "val_accuracy": values, "val_loss": loss}


NO_TREND = "no trend beyond the noise of 5,000 validation pictures"


# Of 5,000 pictures, 80 % and then more: twice 0.8 * 0.2 / 5000 is 0.008 squared, so 1.6 points are noise.
@pytest.mark.parametrize(
    ("histories", "expected"),
    [
        (
            {"dense": {0: history(0.8, 0.88, 0.881)}, "cnn": {0: history(0.8, 0.88, 0.9)}},
            f"cnn still improves at epoch 3; dense shows {NO_TREND}",
        ),
        ({"a": {0: history(0.8, 0.815)}}, f"a shows {NO_TREND}"),
        ({"a": {0: history(0.8, 0.817)}}, "a still improves at epoch 2"),
        ({"cnn": {0: history(0.9, 0.85)}}, "cnn gets worse at epoch 2"),
        (
            {"a": {0: history(0.8, 0.9, loss_falls=False)}, "b": {0: history(0.9, 0.8, loss_falls=False)}},
            "a still improves in accuracy, but not in loss, at epoch 2;"
            " b gets worse in accuracy, but not in loss, at epoch 2",
        ),
        (
            {"a": {0: history(0.8, 0.801, loss_falls=False)}, "b": {0: history(0.8, 0.9)}},
            f"b still improves at epoch 2; a shows {NO_TREND}",
        ),
        ({"cnn": {0: history(0.9)}}, "cnn was trained for a single epoch"),
        (
            {"a": {0: history(0.8, 0.9)}, "b": {0: history(0.8, 0.8, 0.9)}},
            "a and b still improve at the end",
        ),
        # the last fifth of ten epochs is two: +1 and then +1 point are an improvement together
        ({"a": {0: history(*[0.8] * 8, 0.81, 0.82)}}, "a still improves at epoch 10"),
        # the mean over seeds decides
        (
            {"a": {0: history(0.8, 0.83), 1: history(0.8, 0.79)}},
            f"a shows {NO_TREND}",
        ),
    ],
)
def test_learning_title_tells_who_still_improves(histories: Histories, expected: str) -> None:
    assert learning_title(histories, 5000) == expected, "the title of 3-learning is wrong about the end"


def test_a_hundred_validation_pictures_show_no_trend_of_three() -> None:
    """23, 13, 16 of 100, or 84 to 81 while the loss falls: noise, in either direction."""
    told = learning_title({"cnn": {0: history(0.23, 0.13, 0.16)}, "dense": {0: history(0.84, 0.81)}}, 100)
    assert told == "cnn and dense show no trend beyond the noise of 100 validation pictures"
    sure = learning_title({"cnn": {0: history(0.5, 1.0)}, "dense": {0: history(1.0, 1.0)}}, 20)
    assert sure.startswith("cnn still improves at epoch 2; dense shows no trend"), "all right is not for sure"


def test_a_share_is_not_100_unless_all_are_right() -> None:
    told = [percent(share) for share in (0.5, 0.9994, 0.99951, 1.0, 0.0)]
    assert told == ["50.0 %", "99.9 %", "99.9 %", "100.0 %", "0.0 %"]
    assert [percent(share, 0) for share in (0.994, 0.996, 1)] == ["99 %", "99 %", "100 %"]
    assert (percent(0.0004), percent(0.004, 0), percent(0, 0)) == ("under 0.1 %", "under 1 %", "0 %"), (
        "a small share is called none"
    )


def test_of_two_equal_models_neither_leads() -> None:
    for difference in (0.0, 0.0004, -0.0004):
        told = headlines.ahead(pair(difference, -0.01, 0.01))
        assert told == "No difference can be seen: neither leads (−1.0 to 1.0)", "a lead of 0.0 points"
    assert "cnn leads dense by 0.1 points" in headlines.ahead(pair(0.0006, -0.01, 0.01))


@pytest.mark.parametrize(("right", "share", "count"), [(3999, "99.9 %", "1"), (4000, "100.0 %", "0")])
def test_one_wrong_answer_is_neither_none_nor_nothing(right: int, share: str, count: str) -> None:
    entry = typed(Model, {"accuracy": {"mean": right / 4000, "interval": [0.998, 1.0]}})
    told = (percent(entry.accuracy.mean), ends([entry.accuracy.mean] * 2), tables.wrong(entry, 4000))
    assert told == (share, " to ".join([share.removesuffix(" %")] * 2), count)
    third = typed(Model, {"accuracy": {"mean": 1 - 1 / 12000, "interval": [0.998, 1.0]}})
    assert tables.wrong(third, 4000) == "under 1", (
        "a third of a picture, on the mean of three seeds, is not none"
    )


def test_an_interval_is_written_with_real_minus_and_enough_digits() -> None:
    assert span((0.022, 0.03)) == "2.2 to 3.0"
    assert span((-0.0003, 0.0397)) == "−0.03 to 3.97"
    assert span(None) == ""
    assert in_points(-0.0004) == "0.0", "nothing has no sign"


@pytest.mark.parametrize(
    ("items", "told"),
    [
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d"], "a, b and 2 more"),
    ],
)
def test_lists_in_words(items: list[str], told: str) -> None:
    assert names(items) == told


def test_the_title_of_several_allows_for_all_of_them() -> None:
    one = among(pair(0.02, 0.01, 0.03), 2, clear=False)
    other = among(pair(0.03, 0.02, 0.04, candidate="b"), 2, clear=True)
    assert titled(one, other) == (
        "Of 2 models against dense, allowing for all: 1 ahead, b by 3.0 points; 1 can't be told from it"
    ), "a pair that may be ahead by luck counts as ahead"


def test_of_several_pairs_each_says_with_whom() -> None:
    """\"bare is behind by 2.0 points\", after a sentence on two others: behind whom?"""
    told = {"answer": "No difference can be seen: bare is behind by 2.0 points."}
    unclear = pair(-0.02, -0.03, 0.01, candidate="bare", words=told, verdict=told["answer"])
    named = pair(0.03, 0.02, 0.04, words={"answer": "cnn is better than dense."}, verdict="cnn is better.")
    several = tables.answers(outcome(named, unclear))
    assert several == ["cnn is better than dense.", f"Against dense: {told['answer']}"]
    assert tables.answers(outcome(unclear)) == [told["answer"]], "of a single pair the title says it"


def test_the_one_model_of_a_run_is_told_with_its_interval() -> None:
    models = {"cnn": typed(Model, {"accuracy": {"mean": 0.917, "interval": [0.911, 0.923]}, **NOTHING_ODD})}
    told = headlines.accuracy_title(outcome(models=models))
    assert told == "cnn is right on 91.7 % of the test pictures (91.1 to 92.3)"


def test_the_headline_is_the_verdict_s_first_clause_or_the_title_of_several() -> None:
    one = outcome(pair(0.02, 0.01, 0.03))
    assert (headlines.headline(one), headlines.verdict_of(one)) == ("In words", "In words: so.")
    several = outcome(pair(0.02, 0.01, 0.03), pair(0.03, 0.02, 0.04, candidate="b"))
    title = "Of 2 models against dense: 2 ahead, b most, by 3.0 points"
    assert (headlines.headline(several), headlines.verdict_of(several)) == (title, f"{title}.")
    assert headlines.first_clause("Both are 2.2 points apart. More: none.") == "Both are 2.2 points apart"


def test_who_is_ahead_is_told_of_whom_where_asked() -> None:
    assert (
        headlines.ahead(pair(0.02, 0.01, 0.03), of_whom=True)
        == "cnn is ahead of dense by 2.0 points (1.0 to 3.0)"
    )
    behind = headlines.ahead(pair(-0.02, -0.03, -0.01), of_whom=True)
    assert behind == "dense is ahead of cnn by 2.0 points (1.0 to 3.0)"


def test_the_rise_at_the_end_is_that_of_the_last_fifth() -> None:
    ten = history(*np.linspace(0.5, 0.95, 10))
    assert last_rise({0: ten}) == pytest.approx(0.1), "two of ten epochs"
    assert last_rise({0: ten, 1: history(0.8, 0.7)}) == pytest.approx(0.0), "the mean of the seeds"
    apart = history(0.8, 0.81) | {"accuracy": np.array([0.1, 0.9])}
    assert last_rise({0: apart}) == pytest.approx(0.01), "of validation, not of training"
    assert last_rise({0: history(0.9)}) is None


def test_confusion_title_tells_the_largest_change() -> None:
    classes = ["T-shirt/top", "Trouser", "Shirt"]
    change = np.array([[0, 3.0, 0], [0, 0, 0], [-38, 0, 0]])
    mistakes = np.abs(change)

    def title(change: np.ndarray | None) -> str:
        return confusion_title(classes, mistakes, change, "cnn")

    assert title(change) == "Where cnn errs less: Shirt taken for T-shirt, −38 of 1,000"
    assert title(-change) == "Where cnn errs more: Shirt taken for T-shirt, +38 of 1,000"
    assert "no pair of classes changes" in title(change / 100), "changes under 1 of 1,000 are no finding"
    assert title(None) == "Most frequent mistake of cnn: Shirt taken for T-shirt, 38 of 1,000"
    both = np.array([[0, 0, 37.0], [0, 0, 0], [-38, 0, 0]])
    assert title(both) == "Where cnn errs less: Shirt taken for T-shirt, −38 of 1,000"
    assert title(-both) == "Where cnn errs more: Shirt taken for T-shirt, +38 of 1,000", "the larger of both"
    hardly = confusion_title(classes, mistakes / 100, None, "cnn")
    assert hardly == "cnn takes hardly any picture for another class"


def test_mistakes_title_tells_how_sure() -> None:
    sure, fair, half, unsure = (typed(Mistake, {"probability": p}) for p in (0.9999, 0.6, 0.41, 0.31))
    title = mistakes_title
    assert title([sure], "cnn") == "Sure and wrong: cnn gave each of these wrong answers at least 99.9 %"
    assert title([sure, fair], "cnn").endswith("at least 60.0 %"), "the least sure of them"
    assert title([half, unsure], "cnn").endswith("more than 41.0 %"), "the surest of them"
    assert title([unsure], "cnn") == "Wrong, but never sure: cnn gave no wrong answer more than 31.0 %"
    assert title([], "cnn") == "cnn makes no mistake on the test pictures"


def test_models_with_convolutions_are_looked_into_first() -> None:
    plain, deep = (typed(Model, {"convolution_parameters": count}) for count in (0, 9))
    assert headlines.by_interest({"dense": plain, "cnn": deep}) == ["cnn", "dense"]
    assert headlines.by_interest({"cnn": deep, "dense": plain}) == ["cnn", "dense"]
    assert headlines.by_interest({"cnn": deep, "other": deep}) == ["other", "cnn"], "of two the candidate"
    several = {"cnn": deep, "dense": plain, "strides": deep}
    assert headlines.by_interest(several) == ["cnn", "strides", "dense"], (
        "of more the one all are compared with"
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_cut_to_one_printable_line(name: str) -> None:
    shown = short(name)
    assert shown.isprintable(), "a control character reaches the picture"
    assert 0 < len(shown) <= LONGEST_NAME, "a name can push everything else out of its place"
