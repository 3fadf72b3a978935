import pytest

from model.inspection import words
from model.inspection.records import Example, Match, Passport, Unit, Worth, first_of
from model.report.words import counted, quoted, share

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
    strength=0.5,
    active=0.4,
    background=0.0,
    selectivity=(0.1, 0.7, -0.3),
    strongest=(Example(0, 1, 2, 3.0),),
    median=(),
    slices=(),
    worth=Worth(0.01, (0.005, 0.015), 143, 111, 32),
)
CLASSES = ("Shirt", "Trouser", "Bag")


@pytest.mark.parametrize(
    ("match", "text"),
    [
        (NAMED, "vertical edge 0.93"),
        (REVERSED, "inverted vertical edge 0.93"),
        (UNNAMED, "no named pattern"),
    ],
)
def test_a_filter_has_a_name_only_above_the_threshold(match: Match, text: str) -> None:
    assert words.pattern(match) == text, "what random kernels reach as well is no name"


def test_a_name_stands_beside_what_chance_gives() -> None:
    assert words.pattern_with_control(NAMED, 0.8125) == "vertical edge 0.93 (untrained: 1 in 20 above 0.81)"
    without = words.pattern_with_control(UNNAMED, 0.8125)
    assert without == "no named pattern (inverted blur 0.62; untrained: 1 in 20 above 0.81)"


@pytest.mark.parametrize(
    ("degrees", "text"),
    [
        (None, "no preferred direction"),
        (0.0, "lines drawn flat (0°)"),
        (22.4, "lines drawn flat (22°)"),
        (45.0, "lines drawn rising (45°)"),
        (87.2, "lines drawn upright (87°)"),
        (135.0, "lines drawn falling (135°)"),
        (179.7, "lines drawn flat (0°)"),
    ],
)
def test_directions_in_words(degrees: float | None, text: str) -> None:
    assert words.direction(degrees) == text


@pytest.mark.parametrize(
    ("effect", "text"),
    [
        (
            Worth(0.01, (0.005, 0.015), 143, 111, 32),
            "without it 143 of 10,000 answers change: 111 become wrong, 32 right; 79 lost",
        ),
        (
            Worth(0.0002, (-0.001, 0.002), 25, 11, 9),
            "without it 25 of 10,000 answers change: 11 become wrong, 9 right, 5 wrong otherwise;"
            " 2 lost; within chance",
        ),
        (
            Worth(-0.01, (-0.02, -0.005), 1200, 100, 200),
            "without it 1,200 of 10,000 answers change: 100 become wrong, 200 right, 900 wrong otherwise;"
            " 100 gained; better without it",
        ),
        (Worth(0.0, (0.0, 0.0), 0, 0, 0), "no answer changes without it"),
        (
            Worth(-0.0001, (-0.0004, 0.0002), 1, 0, 1),
            "without it 1 of 10,000 answers changes: 1 becomes right; within chance",
        ),
        (
            Worth(0.0001, (-0.0002, 0.0004), 3, 1, 0),
            "without it 3 of 10,000 answers change: 1 becomes wrong, 2 wrong otherwise; within chance",
        ),
        (
            Worth(0.0, (-0.0002, 0.0002), 2, 0, 0),
            "without it 2 of 10,000 answers change: from one wrong answer to another; within chance",
        ),
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
        words.worth_in_words(dead.worth, 10_000, dead=True) == "nothing changes without it: it never answers"
    )


def test_the_sentence_of_a_filter() -> None:
    assert words.sentence(FILTER, 0.81, CLASSES) == (
        "vertical edge 0.93 (untrained: 1 in 20 above 0.81); answers most to lines drawn upright (87°);"
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


def test_where_all_classes_are_alike_none_is_most() -> None:
    for alike in ((0.0, 0.0, 0.0), (None, 0.3, None), (None, None, None)):
        assert words.favourites(alike, CLASSES) == words.favourite(alike, CLASSES) == ""


def test_class_names_that_are_numbers_stand_in_quotes() -> None:
    assert words.favourites((0.1, 0.7, -0.3), ("0", "1", "2")) == '"1" most, "2" least'
    assert words.favourite((0.1, 0.7, -0.3), ("0", "1", "2")) == 'most for "1"'
    told = [quoted(name) for name in ("9", "3.5", "-1", "４", "Bag", "T-shirt/top", "2nd", "コート")]
    assert told == ['"9"', '"3.5"', '"-1"', '"４"', "Bag", "T-shirt/top", "2nd", "コート"]


def changed(**about: object) -> Passport:
    return Passport(**{**vars(FILTER), **about})


def test_a_filter_that_no_test_picture_excites_is_said_to_be_so() -> None:
    silent = changed(strongest=(), active=0.0, selectivity=(0.0, 0.0, 0.0))
    assert words.sentence(silent, None, CLASSES) == (
        "never above 0 on any test picture; answers most to lines drawn upright (87°)"
    )
    seldom = words.sentence(changed(active=0.0002), None, CLASSES)
    assert seldom.startswith("hardly ever answers (above 0 at 0.02 % of places); ")
    assert "hardly" not in words.sentence(changed(active=0.001), None, CLASSES)


def test_a_filter_that_answers_to_black_is_said_to_do_so() -> None:
    black = words.sentence(changed(background=1.6), 0.81, CLASSES)
    assert black.startswith("answers to black (1.60 on an empty picture); vertical edge"), (
        "its name hides that an empty picture excites it nearly as much as any other"
    )
    assert "black" not in words.sentence(changed(background=1.5), 0.81, CLASSES), "half is not most of it"


# One filter each: its rank, whether it is dead, its strength.
RANKED, UNCLEAR, DEAD = (1, False, 0.1), (None, False, 0.2), (None, True, 0.0)


def filters(*kinds: tuple[int | None, bool, float]) -> list[Passport]:
    return [
        changed(index=index, rank=rank, dead=dead, strength=strength)
        for index, (rank, dead, strength) in enumerate(kinds)
    ]


def test_ranked_filters_come_first_then_the_strongest_by_index_and_dead_ones_last() -> None:
    several = filters(DEAD, UNCLEAR, (None, False, 0.9), (2, False, 0.1), (None, False, 0.5), RANKED, DEAD)
    for count, indices in ((7, [5, 3, 1, 2, 4, 0, 6]), (4, [5, 3, 2, 4]), (3, [5, 3, 2]), (1, [5]), (0, [])):
        shown = [one.index for one in first_of(several, count)]
        assert shown == indices, f"of {count} that are shown noise wins, or a dead one is among them"
    units = [Unit(one.index, one.rank, one.dead, one.strength, (), None) for one in several]
    assert [unit.index for unit in first_of(units, 4)] == [5, 3, 2, 4]


@pytest.mark.parametrize(
    ("kinds", "title", "rule", "line"),
    [
        ([RANKED, (2, False, 0.1)], "the two filters of conv1 ranked first on validation pictures",
         "Ranked by how much the loss on validation pictures rises without each.", None),
        ([RANKED], "the filter of conv1 ranked first on validation pictures", "Ranked by how much", None),
        ([(7, False, 0), (12, False, 0)], "the two filters of conv1 ranked 7 to 12 on validation pictures",
         "Ranked by how much", None),
        ([(7, False, 0)], "the filter of conv1 ranked 7 on validation pictures", "Ranked by how much", None),
        ([UNCLEAR] * 6, "six filters of conv1 that can't be told from 0 on validation pictures",
         "Not ranked: whether the loss on validation pictures rises without each can't be told. Here are"
         " those that answer most strongly, by index.", None),
        ([RANKED] + [UNCLEAR] * 2, "three filters of conv1 (one ranked on validation pictures)",
         "First those ranked by how much the loss on validation pictures rises without each; after the line"
         " those that can't be told from 0 there and answer most strongly, by index.", 1),
        ([RANKED, DEAD], "two filters of conv1 (one ranked on validation pictures)",
         "Ranked by how much the loss on validation pictures rises without each. Dead ones last.", 1),
        ([DEAD, DEAD], "two dead filters of conv1",
         "Dead: above 0 at no place of any training or test picture.", None),
    ],
)  # fmt: skip
def test_titles_and_rules_claim_no_rank_beyond_the_noise(
    kinds: list[tuple[int | None, bool, float]], title: str, rule: str, line: int | None
) -> None:
    shown = filters(*kinds)
    assert words.which(shown, "conv1") == title
    assert words.chosen_by(shown).startswith(rule)
    assert words.line_after(shown) == line, "the line does not end those that are ranked"


@pytest.mark.parametrize("kinds", [[UNCLEAR] * 6, [RANKED, UNCLEAR]])
def test_units_are_not_said_to_be_chosen_for_strength(kinds: list[tuple[int | None, bool, float]]) -> None:
    told = words.chosen_by(filters(*kinds), strongest=False)
    assert "strongly" not in told, "they were chosen because their answers vary"
    assert told.endswith(("By index.", ", by index."))


def test_dead_filters_are_named() -> None:
    told = [words.dead_ones(indices) for indices in ([], [3], [3, 17], [1, 2, 3, 4])]
    assert told == ["", "; dead: 3", "; dead: 3 and 17", "; dead: 1, 2 and 2 more"]


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
    assert [share(part) for part in (0.0, 0.0004, 0.0006, 0.005)] == ["none", "under 0.1 %", "0.1 %", "0.5 %"]
    assert [counted(n, "class") for n in (1, 10, 12)] == ["one class", "ten classes", "12 classes"]
    assert words.answers_lost(Worth(0.0, (0.0, 0.0), 1, 1, 0)) == "1 answer lost"
    assert words.answers_lost(FILTER.worth) == "79 answers lost", "111 become wrong, 32 right"
    assert words.answers_lost(Worth(0.0, (0.0, 0.0), 9, 3, 5)) == "2 answers gained"
    assert words.answers_lost(Worth(0.0, (0.0, 0.0), 9, 3, 3)) == "no answer lost"
