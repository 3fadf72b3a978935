import pytest

from model.inspection import words
from model.inspection.records import Match, Passport, Worth
from model.report.words import counted, share

NAMED = Match("vertical edge", "vertical edge", 0.93)
REVERSED = Match("vertical edge", "vertical edge", -0.934)
UNNAMED = Match(None, "blur", -0.62)
FILTER = Passport(
    layer="conv1",
    index=3,
    rank=1,
    match=NAMED,
    untrained_match=UNNAMED,
    untrained_strongest=(),
    orientation=87.2,
    dead=False,
    saturated=False,
    background=0.0,
    selectivity=(0.1, 0.7, -0.3),
    strongest=(),
    median=(),
    slices=(),
    worth=Worth(0.01, (0.005, 0.015), 143, 111, 32),
)
CLASSES = ("Shirt", "Trouser", "Bag")


@pytest.mark.parametrize(
    ("match", "text"),
    [(NAMED, "vertical edge 0.93"), (REVERSED, "vertical edge −0.93"), (UNNAMED, "no named pattern")],
)
def test_a_filter_has_a_name_only_above_the_threshold(match: Match, text: str) -> None:
    assert words.pattern(match) == text, "what random kernels reach as well is no name"


def test_a_name_stands_beside_what_chance_gives() -> None:
    assert words.pattern_with_control(NAMED, 0.8125) == "vertical edge 0.93 (untrained: 1 in 20 above 0.81)"
    without = words.pattern_with_control(UNNAMED, 0.8125)
    assert without == "no named pattern (blur −0.62; untrained: 1 in 20 above 0.81)"


@pytest.mark.parametrize(
    ("degrees", "text"),
    [
        (None, "no preferred direction"),
        (0.0, "drawn flat lines (0°)"),
        (22.4, "drawn flat lines (22°)"),
        (45.0, "drawn rising lines (45°)"),
        (87.2, "drawn upright lines (87°)"),
        (135.0, "drawn falling lines (135°)"),
        (179.7, "drawn flat lines (0°)"),
    ],
)
def test_directions_in_words(degrees: float | None, text: str) -> None:
    assert words.direction(degrees) == text


@pytest.mark.parametrize(
    ("effect", "text"),
    [
        (
            Worth(0.01, (0.005, 0.015), 143, 111, 32),
            "taking it out changes 143 of 10,000 answers: 111 become wrong, 32 right",
        ),
        (
            Worth(0.0002, (-0.001, 0.002), 20, 11, 9),
            "taking it out changes 20 of 10,000 answers: 11 become wrong, 9 right; within chance on its own",
        ),
        (
            Worth(-0.01, (-0.02, -0.005), 1200, 100, 200),
            "taking it out changes 1,200 of 10,000 answers: 100 become wrong, 200 right;"
            " without it the network does better",
        ),
        (Worth(0.0, (0.0, 0.0), 0, 0, 0), "no effect on its own: others stand in"),
    ],
)
def test_worth_is_told_in_answers(effect: Worth, text: str) -> None:
    told = words.worth_in_words(effect, 10_000)
    assert told == text
    assert "useless" not in told, "an interval that crosses 0 does not make a filter useless"


def test_a_dead_filter_is_said_to_be_dead() -> None:
    dead = Passport(**{**vars(FILTER), "dead": True})
    assert words.sentence(dead, 0.81, CLASSES) == "dead: never above 0 on any training or test picture"
    assert (
        words.worth_in_words(dead.worth, 10_000, dead=True)
        == "taking it out changes nothing: it never answers"
    )


def test_the_sentence_of_a_filter() -> None:
    assert words.sentence(FILTER, 0.81, CLASSES) == (
        "vertical edge 0.93 (untrained: 1 in 20 above 0.81); answers to drawn upright lines (87°);"
        " Trouser most, Bag least"
    )
    deeper = Passport(**{**vars(FILTER), "match": None, "orientation": None, "saturated": True})
    assert words.sentence(deeper, None, CLASSES) == (
        "above 0 nearly everywhere; no preferred direction; Trouser most, Bag least"
    )


def test_a_class_without_test_pictures_is_neither_most_nor_least() -> None:
    assert words.favourites((None, 0.7, -0.3), CLASSES) == "Trouser most, Bag least"
    assert words.favourites((0.1, 0.7, None), CLASSES) == "Trouser most, Shirt least"
    assert words.favourite((None, -0.7, -0.8), CLASSES) == "most for Trouser"


def test_class_names_of_any_kind_become_one_short_line() -> None:
    assert words.class_label(["a\nb\tc"], 0) == "a b c"
    assert words.class_label(["\x00\x07"], 0) == "��", "control characters must not reach a picture"
    assert words.class_label([""], 0) == "class 0"
    assert words.class_label([], 7) == "7", "a label without a name is shown as its number"
    assert words.class_label(["A" * 300], 0).endswith("…"), "a long name must be cut to its place"
    assert words.class_label(["$\\frac{$"], 0) == "$\\frac{$"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.123, "0.12"), (-0.41, "−0.41"), (9.996, "10.0"), (12.34, "12.3"), (99.96, "100")],
)
def test_activations_in_three_digits(value: float, text: str) -> None:
    assert words.number(value) == text


def test_shares_and_counts() -> None:
    assert [share(part) for part in (0.0, 0.0004, 0.005)] == ["none", "under 0.1 %", "0.5 %"]
    assert [counted(n, "class") for n in (1, 10, 12)] == ["one class", "ten classes", "12 classes"]
    assert words.answers_change(Worth(0.0, (0.0, 0.0), 1, 1, 0)) == "1 answer changes"
    assert words.answers_change(FILTER.worth) == "143 answers change"
