"""Sentences by case."""

import re
from typing import Any

import pytest

from configs.command_line import quoted
from configs.values import LAST_SEED
from model.comparison.records import Comparison, Failure, Model, ScoredSettings
from model.comparison.verdict import Scored, cautions, count_settings, no_comparison, put_in_words
from tests.records import typed

CLASSES = ["T-shirt/top", "Sandal", "Bag"]
COST = {
    "dense": {"parameters": 101_770, "flops_per_image": 203_264},
    "cnn": {"parameters": 243_786, "flops_per_image": 10_045_952},
}

NOTHING_ODD: dict[str, Any] = {"broken": None, "per_class": [], "confusion": []}


def of(models: dict[str, dict[str, Any]]) -> dict[str, Model]:
    return typed(dict[str, Model], models)


def failures(failed: list[dict[str, Any]]) -> list[Failure]:
    return typed(list[Failure], failed)


def with_error(error: float) -> Comparison:
    return typed(Comparison, {"standard_error": error})


def row(name: str, difference: float | None = 0.02, clear: bool = False) -> dict[str, Any]:
    return {"class": name, "difference": difference, "clear": clear}


def words_for(
    difference: float,
    interval: tuple[float, float],
    *,
    dense: tuple[float, ...] = (0.89, 0.891, 0.892),
    cnn: tuple[float, ...] = (0.916, 0.917, 0.918),
    cost: dict[str, dict[str, int]] | None = None,
    num_images: int = 10_000,
    seeds: dict[str, list[int]] | None = None,
    **changes: Any,
) -> str:
    """The verdict on a comparison put together by hand."""
    comparison = {
        "baseline": "dense",
        "candidate": "cnn",
        "difference": difference,
        "interval": list(interval),
        "over": "seeds and images",
        "per_class": [row(name) for name in CLASSES],
        "to_see": None,
        **changes,
    }
    cost = cost or {"dense": COST["dense"], "cnn": COST["dense"]}
    models = {
        name: {
            **cost[name],
            "accuracy": {"values": list(values)},
            "seeds": (seeds or {}).get(name, list(range(len(values)))),
            **NOTHING_ODD,
        }
        for name, values in (("dense", dense), ("cnn", cnn))
    }
    return put_in_words(typed(Comparison, comparison), of(models), num_images).verdict


def words_for_worse(**changes: Any) -> str:
    return words_for(-0.026, (-0.030, -0.022), dense=(0.917, 0.918), cnn=(0.89, 0.891), **changes)


CLEAR = "cnn is better than dense by 2.6 points (2.2 to 3.0): about 260 fewer mistakes in 10,000"
WORSE = "cnn is worse than dense by 2.6 points (2.2 to 3.0): about 260 more mistakes in 10,000"
UNCLEAR = (
    "No difference can be seen: cnn is ahead by 0.1 points, and anything from 0.5 behind to 0.7 ahead fits "
    "these trainings. That does not make them equal"
)
TWICE = {"parameters": 200_000, "flops_per_image": 200_000}
CASES = {
    "clear": (words_for(0.026, (0.022, 0.030)), f"{CLEAR}. All 3 trainings agree."),
    "two seeds": (
        words_for(0.026, (0.022, 0.030), dense=(0.89, 0.891), cnn=(0.916, 0.917)),
        f"{CLEAR}. Both trainings agree.",
    ),
    "a seed is missing": (
        words_for(0.026, (0.022, 0.030), cnn=(0.916, 0.917)),
        f"{CLEAR}. All trainings agree.",
    ),
    "trainings overlap": (
        words_for(0.026, (0.022, 0.030), dense=(0.89, 0.891, 0.916)),
        f"{CLEAR}. Single trainings overlap: the best of dense reaches the worst of cnn.",
    ),
    "unequal cost": (
        words_for(0.026, (0.022, 0.030), cost=COST),
        f"{CLEAR}. All 3 trainings agree. It is also 2.4 times as large and does 49 times the arithmetic; "
        "this run can't say which made it better.",
    ),
    "only larger": (
        words_for(0.026, (0.022, 0.030), cost={"dense": {**TWICE, "parameters": 150_000}, "cnn": TWICE}),
        f"{CLEAR}. All 3 trainings agree. It is also 1.3 times as large; this run can't say which made it "
        "better.",
    ),
    "only more arithmetic": (
        words_for(0.026, (0.022, 0.030), cost={"dense": {**TWICE, "flops_per_image": 1_250}, "cnn": TWICE}),
        f"{CLEAR}. All 3 trainings agree. It also does 160 times the arithmetic; "
        "this run can't say which made it better.",
    ),
    "better and cheaper": (
        words_for(0.026, (0.022, 0.030), cost={"dense": COST["cnn"], "cnn": COST["dense"]}),
        f"{CLEAR}. All 3 trainings agree.",
    ),
    "worse": (words_for_worse(), f"{WORSE}. Both trainings agree."),
    "worse, and the other is larger": (
        words_for_worse(cost={"dense": COST["cnn"], "cnn": COST["dense"]}),
        f"{WORSE}. Both trainings agree. dense is also 2.4 times as large and does 49 times the arithmetic; "
        "this run can't say which made it better.",
    ),
    "barely": (
        words_for(0.0011, (0.0002, 0.0020)),
        "cnn is better than dense by 0.11 points (0.02 to 0.20): about 11 fewer mistakes in 10,000. "
        "All 3 trainings agree.",
    ),
    "one mistake of few": (
        words_for(0.02, (0.01, 0.03), num_images=50),
        "cnn is better than dense by 2.0 points (1.0 to 3.0): about 1 fewer mistake in 50. All 3 trainings "
        "agree.",
    ),
    "a class against the trend": (
        words_for(0.026, (0.022, 0.030), per_class=[row("Bag"), row("Sandal", -0.012, clear=True)]),
        f"{CLEAR}, but Sandal got worse (−1.2). All 3 trainings agree.",
    ),
    "classes against the trend": (
        words_for(
            0.026,
            (0.022, 0.030),
            per_class=[row("Bag", -0.008, clear=True), row("Sandal", -0.012, clear=True), row("Coat", -0.02)],
        ),
        f"{CLEAR}, but Sandal (−1.2) and Bag (−0.8) got worse. All 3 trainings agree.",
    ),
    "a class against a bad trend": (
        words_for_worse(per_class=[row("Bag", 0.012, clear=True), row("Sandal", -0.012, clear=True)]),
        f"{WORSE}, but Bag got better (+1.2). Both trainings agree.",
    ),
    "can't tell": (
        words_for(0.001, (-0.005, 0.007), to_see={"difference": 0.002, "more_seeds": 9}),
        f"{UNCLEAR}: to see a difference of 0.2, about 9 more seeds would be needed.",
    ),
    "can't tell, nearly": (
        words_for(0.001, (-0.005, 0.007), to_see={"difference": 0.002, "more_seeds": 1}),
        f"{UNCLEAR}: to see a difference of 0.2, about 1 more seed would be needed.",
    ),
    "can't tell by seeds": (
        words_for(0.001, (-0.005, 0.007), to_see={"difference": 0.002, "more_seeds": None}),
        f"{UNCLEAR}: to see a difference of 0.2, no number of seeds would do; it takes more test pictures.",
    ),
    "can't tell, and there is little": (
        words_for(0.001, (-0.005, 0.007), to_see={"difference": 0.002, "more_seeds": 0}),
        f"{UNCLEAR}, but a difference of 0.2 would very likely have been seen.",
    ),
    "can't tell, behind": (
        words_for(-0.004, (-0.011, 0.003), to_see={"difference": 0.004, "more_seeds": 3}),
        "No difference can be seen: cnn is behind by 0.4 points, and anything from 1.1 behind to 0.3 ahead "
        "fits these trainings. That does not make them equal: to see a difference of 0.4, about 3 more seeds "
        "would be needed.",
    ),
    "can't tell, level": (
        words_for(0.0001, (-0.006, 0.0062), to_see={"difference": 0.002, "more_seeds": 3}),
        "No difference can be seen: neither is ahead, and anything from 0.6 behind to 0.6 ahead fits these "
        "trainings. That does not make them equal: to see a difference of 0.2, about 3 more seeds would be "
        "needed.",
    ),
    "one seed": (
        words_for(0.024, (0.019, 0.029), over="images", dense=(0.89,), cnn=(0.914,), cost=COST),
        "In this one training cnn was right on 240 more pictures (190 to 290 with other test pictures). "
        "Another seed may differ; seeds=0,1,2 measures it.",
    ),
    "one seed, worse": (
        words_for(-0.0243, (-0.029, -0.019), over="images", dense=(0.914,), cnn=(0.89,)).split(". ")[0],
        "In this one training cnn was right on 243 fewer pictures (190 to 290 with other test pictures)",
    ),
    "one seed, one picture": (
        words_for(0.0001, (-0.0024, 0.0026), over="images", dense=(0.89,), cnn=(0.89,)),
        "In this one training cnn was right on 1 more picture (24 fewer to 26 more with other test "
        "pictures). Another seed may differ; seeds=0,1,2 measures it.",
    ),
    "one seed, level": (
        words_for(0.0, (-0.0025, 0.0025), over="images", dense=(0.89,), cnn=(0.89,)),
        "In this one training cnn was right on as many pictures as dense (25 fewer to 25 more with other "
        "test pictures). Another seed may differ; seeds=0,1,2 measures it.",
    ),
    "one seed is left": (
        words_for(0.024, (0.019, 0.029), over="images", dense=(0.89,)),
        "dense has one training only, and cnn was right on about 240 more pictures (190 to 290 with other "
        "test pictures). Another seed may differ.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_sentences(case: str) -> None:
    verdict, expected = CASES[case]
    assert verdict == expected
    assert not re.search(r"significan|p-value|p [<=]|-\d", verdict), (
        "never a test's name, and real minus signs"
    )


def test_a_failed_look_inside_is_no_failed_training() -> None:
    look = {"model": "dense", "seed": 0, "stage": "inspection", "reason": "no disk left"}
    training = {"model": "dense", "seed": 0, "reason": "loss not finite at epoch 2"}
    told = no_comparison("dense", "cnn", of({"cnn": {"broken": None}}), failures([look, training]))
    assert (
        told
        == "dense has no result: its training failed (loss not finite at epoch 2). No comparison is made."
    )


def settings(*known: str) -> list[Scored]:
    """Models of that setting each, of one run."""
    return [Scored((f"cd model{place}", f"{place}" * 64), setting) for place, setting in enumerate(known)]


def test_looks() -> None:
    found = count_settings(settings(*"abcdefghijklmn", "a", "b"), [with_error(0.0025)], 10_000)
    assert found.test_looks == 14, "the same setting twice is one look"
    assert re.fullmatch(
        r"14 settings have now been scored on these 10,000 pictures: the best of 14 equal ones looks about "
        r"0\.3 points better by luck\.",
        str(found.test_looks_words),
    )
    assert count_settings(settings("a"), [], 10_000) == ScoredSettings(
        test_looks=1, test_luck=0.0, test_looks_words=None
    )
    told = str(count_settings(settings("a", "b"), [], 10_000).test_looks_words)
    assert told.endswith("equal ones looks better by luck.")


@pytest.mark.parametrize(
    ("ratio", "told"),
    [(1.1, "1.1"), (9.94, "9.9"), (9.97, "10"), (99.6, "100"), (123.4, "120"), (12_345.0, "12,000")],
)
def test_ratios_have_two_digits_that_count(ratio: float, told: str) -> None:
    cost = {
        "cnn": {"parameters": ratio * 1000, "flops_per_image": 1},
        "dense": {"parameters": 1000, "flops_per_image": 1},
    }
    words = words_for(0.026, (0.022, 0.030), cost=cost)  # type: ignore[arg-type]
    assert f"It is also {told} times as large;" in words, "9.97 is no 10.0"


def test_what_is_less_than_a_tenth_larger_is_no_reason() -> None:
    cost = {
        "cnn": {"parameters": 1099, "flops_per_image": 1099},
        "dense": {"parameters": 1000, "flops_per_image": 1000},
    }
    assert words_for(0.026, (0.022, 0.030), cost=cost) == f"{CLEAR}. All 3 trainings agree."


def test_single_trainings_name_the_seeds_that_would_tell_more() -> None:
    one = {"over": "images", "dense": (0.89,), "cnn": (0.914,)}
    told = words_for(0.024, (0.019, 0.029), seeds={"dense": [7], "cnn": [7]}, **one)
    assert told.endswith("Another seed may differ; seeds=7,8,9 measures it.")
    [setting] = re.findall(r"seeds=\S+", told)
    assert quoted(setting) == setting, "zsh refuses it as it stands, when it is pasted"
    last = {"dense": [LAST_SEED], "cnn": [LAST_SEED]}
    told = words_for(0.024, (0.019, 0.029), seeds=last, **one)
    assert told.endswith("seeds=2147483645,2147483646,2147483647 measures it."), "others are refused"
    told = words_for(0.024, (0.019, 0.029), seeds={"dense": [7], "cnn": [4]}, **one)
    assert told == (
        "With one training each, cnn was right on 240 more pictures (190 to 290 with other test pictures). "
        "Another seed may differ."
    ), "seeds that differ can't be added to alike"


def test_which_model_has_one_training_only_is_told() -> None:
    told = words_for(0.024, (0.019, 0.029), over="images", cnn=(0.914,))
    assert told.startswith("cnn has one training only, and it was right on about 240 more pictures")
    told = words_for(0.024, (0.019, 0.029), over="images", dense=(0.89,))
    assert told.startswith("dense has one training only, and cnn was right on about 240 more pictures")


def test_each_model_without_a_result_has_its_own_reason() -> None:
    failed = [
        {"model": "cnn", "seed": 0, "reason": "out of memory"},
        {"model": "cnn", "seed": 1, "reason": "killed"},
        {"model": "dense", "seed": 0, "reason": "loss not finite at epoch 2"},
    ]
    assert no_comparison("dense", "cnn", {}, failures(failed)) == (
        "dense has no result: its training failed (loss not finite at epoch 2). "
        "cnn has no result: its training failed (out of memory). No comparison is made."
    )
    broken = {"cnn": {"broken": "the same answer to every picture", "accuracy": {"mean": 0.1}}}
    both = of(broken | {"dense": {"broken": None}})
    assert no_comparison("cnn", "dense", both, failures(failed)) == (
        "cnn is at 10.0 %, no more than guessing gives: its training failed "
        "(the same answer to every picture). No comparison is made."
    )
    of_before = failures([{"model": "cnn", "seed": 0, "reason": "not trained yet"}])
    for waiting in ([], of_before):  # which counted as a failure
        assert no_comparison("dense", "cnn", of({"dense": {"broken": None}}), waiting) == (
            "cnn has no result: it is not trained yet. No comparison is made."
        )
    sound = {name: {"broken": None} for name in ("dense", "cnn")}
    assert no_comparison("dense", "cnn", of(sound), failures(failed)) == "", "other seeds have a result"


def test_the_source_of_the_models_is_named() -> None:
    models = {
        name: {**COST[name], "accuracy": {"values": [share, share]}, "seeds": [0, 1], **NOTHING_ODD}
        for name, share in (("dense", 0.89), ("cnn", 0.917))
    }
    pair = {"baseline": "dense", "candidate": "cnn", "difference": 0.026, "interval": [0.022, 0.03],
            "over": "seeds and images", "per_class": [], "to_see": None}  # fmt: skip
    found = put_in_words(typed(Comparison, pair), of(models), 10_000, "these runs")
    assert list(found.words) == ["answer", "agreement", "cost"]
    assert found.words["cost"] == "It is also 2.4 times as large and does 49 times the arithmetic"
    assert found.verdict.endswith("arithmetic; these runs can't say which made it better.")


def test_looks_that_are_known_of_count() -> None:
    assert count_settings(settings("a"), [], 100, told=3).test_looks == 3
    assert count_settings(settings("a", "b", "c", "d"), [], 100, told=3).test_looks == 4
    little = count_settings(settings("a", "b"), [with_error(0.0004)], 10_000)
    assert str(little.test_looks_words).endswith("looks about 0.02 points better by luck."), "not 0.0"


def test_a_setting_that_is_not_known_is_its_own_unless_another_run_tells_it() -> None:
    unknown = [Scored((name,), None) for name in ("cd model0", "cd cnn", "ef model0")]
    assert count_settings(unknown, [], 100).test_looks == 3
    assert count_settings(unknown + settings("a"), [], 100).test_looks == 3, "model0 of cd is known to be a"
    fewer = Scored(("12 model0", "0" * 64), None)  # of a run with other seeds, of which one is the same
    assert count_settings([fewer, *settings("a", "b")], [], 100).test_looks == 2, (
        "a run counts once more with the seeds that it had before"
    )
    assert count_settings([], [], 100).test_looks == 1, "nothing is known of any: this is a look at least"


def odd(
    confusion: list[list[float]], training: float | None = None, validation: float = 0.5, **changes: Any
) -> dict[str, Model]:
    """A network `cnn` by its answers to classes "a", "1" and "c" with as many pictures as the rows hold."""
    rows = [{"class": name, "images": int(sum(row))} for name, row in zip("a1c", confusion, strict=True)]
    model = {"broken": None, "seeds": [0], "per_class": rows, "confusion": confusion, **changes}
    if training is not None:
        model |= {"training_accuracy": {"0": training}, "validation_accuracy": {"0": validation}}
    return of({"cnn": model})


def test_what_a_network_never_answers_is_said_first() -> None:
    never = odd([[9, 0, 1], [5, 0, 5], [1, 0, 9]])
    assert cautions(never) == ['cnn never answers "1".'], "a class that is a number is in quotes"
    assert cautions(odd([[9, 1, 0], [5, 5, 0], [0, 0, 0]])) == [], (
        "a class without pictures is no such answer"
    )
    assert cautions(odd([[9, 0.5, 1], [5, 0, 5], [1, 0, 9]])) == [], "one seed gives it"
    assert cautions(odd([[9, 0, 1], [4, 0, 5], [1, 0, 9]])) == [], "nine pictures say little of a class"
    assert cautions(odd([[9, 0, 1], [5, 0, 5], [1, 0, 9]], broken="the same answer to every picture")) == []


@pytest.mark.parametrize(
    ("training", "validation", "said"),
    [
        (0.78, 0.16, True),
        (0.78, 0.557, False),  # 0.556 is half way from 0.333, the share of the commonest class
        (0.4, 0.33, False),  # less than ten points
        (0.5, 0.9, False),
    ],
)
def test_learning_that_does_not_carry_over_is_said_first(
    training: float, validation: float, said: bool
) -> None:
    told = cautions(odd([[8, 1, 1], [1, 8, 1], [1, 1, 8]], training, validation))
    assert bool(told) is said
    failed = odd([[8, 1, 1], [1, 8, 1], [1, 1, 8]], training, validation)["cnn"]
    object.__setattr__(failed, "training_accuracy", {"0": training, "1": 0.1})
    assert cautions({"cnn": failed}) == told, "a seed that failed is part of no mean"
    if said:
        assert told == [
            "cnn is right on 78.0 % of the training pictures in its last epoch and on 16.0 % of the"
            " validation pictures: less than half of what it learned carries over."
        ]


def test_a_verdict_begins_with_what_a_network_lacks() -> None:
    models = of({"dense": {**NOTHING_ODD, "accuracy": {"values": [0.5]}, "seeds": [0]}})
    models |= odd([[9, 0, 1], [5, 0, 5], [1, 0, 9]], accuracy={"values": [0.6]}, seeds=[0])
    pair = {"baseline": "dense", "candidate": "cnn", "difference": 0.1, "interval": [0.05, 0.15]}
    told = put_in_words(typed(Comparison, {**pair, "over": "images", "per_class": []}), models, 30)
    assert told.verdict.startswith(
        'cnn never answers "1". In this one training cnn was right on 3 more pictures'
    )
    assert list(told.words) == ["caution", "answer"]
