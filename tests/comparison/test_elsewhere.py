"""What is said of networks that were trained elsewhere follows from what was measured."""

import re
from dataclasses import replace
from typing import Any

from data.splits import DataFacts
from model.comparison.elsewhere import of_elsewhere, usual_in_words
from model.comparison.origins import Elsewhere, Usual
from model.comparison.records import Model
from tests.records import FACTS, typed

FORMS = ("unit", "byte", "standardised", "inverted")
DATA = typed(DataFacts, {"classes": ["Top", "Trouser", "3"]})
MINE = Elsewhere(
    files=["my.keras"],
    sha256=["a" * 64],
    names={},
    logits=False,
    dtype="float32",
    asked="auto",
    pixels="byte",
    images=2000,
    right=dict(zip(FORMS, (0.1, 0.881, 0.3, 0.02), strict=True)),
    right_in_order=dict(zip(FORMS, (0.2, 0.881, 0.31, 0.2), strict=True)),
    order=[0, 1, 2],
)


def models(**elsewhere: Elsewhere | None) -> dict[str, Any]:
    """Models with so much of them as these sentences need."""
    facts = FACTS | {"accuracy": {"mean": 0.9}, "parameters": 120_000}
    return {name: replace_elsewhere(typed(Model, facts), one) for name, one in elsewhere.items()}


def replace_elsewhere(model: Model, one: Elsewhere | None) -> Model:
    object.__setattr__(model, "elsewhere", one)
    return model


def said(**elsewhere: Elsewhere | None) -> str:
    return " ".join(of_elsewhere(models(**elsewhere), DATA))


def test_of_trained_networks_nothing_is_said():
    assert of_elsewhere(models(cnn=None), DATA) == []
    assert usual_in_words(models(cnn=None)) == []


def test_what_can_not_be_known_is_said_once_for_all():
    assert "mine was trained elsewhere: on which pictures, how long" in said(cnn=None, mine=MINE)
    assert "; units are ranked on validation pictures, which it may have been" in said(mine=MINE)
    both = models(mine=MINE, other=MINE)
    object.__setattr__(both["other"], "convolution_parameters", 9)
    assert "; filters and units are ranked" in " ".join(of_elsewhere(both, DATA)), "the dense one has none"
    one = " ".join(of_elsewhere(both, DATA, ["other"]))
    assert "; units are ranked on validation pictures" in one, (
        "it tells of filters that nobody has looked into"
    )
    none = " ".join(of_elsewhere(both, DATA, list(both)))
    assert "their accuracies are too high. mine reads" in none
    assert not re.search("ranked|untrained", none), "it tells of what is not there: nothing was looked into"
    both = said(mine=MINE, other=MINE)
    assert both.count("trained elsewhere: on which pictures") == 1
    assert "mine and other were trained elsewhere" in both
    assert "their accuracies are too high" in both


def test_how_pixels_are_read_is_said_with_the_figures():
    assert (
        "mine reads pixels from 0 to 255: right on 88.1 % of 2,000 training pictures; on 10.0 % with pixels "
        "from 0 to 1, 30.0 % with pixels standardised as Fashion-MNIST's are (less 0.286, by 0.353) and "
        "2.0 % with inverted pixels (from 1 to 0)."
    ) in said(mine=MINE)
    asked = replace(MINE, asked="byte", right={"byte": 0.881}, right_in_order={"byte": 0.881})
    assert (
        "mine is handed pixels from 0 to 255, as its config asks: right on 88.1 % of 2,000 training pictures."
    ) in said(mine=asked)


def test_forms_that_can_not_be_told_apart_are_no_finding():
    shares = dict(zip(FORMS, (0.64, 0.642, 0.626, 0.599), strict=True))
    near = replace(MINE, right=shares, right_in_order=shares)
    assert "mine is handed pixels from 0 to 255: right on 64.2 % of 2,000 training pictures; on 64.0 %" in (
        said(mine=near)
    )
    assert "In which form it reads them can't be told from that." in said(mine=near)


def test_another_order_of_classes_is_said_where_it_fits_far_better():
    swapped = replace(MINE, right=MINE.right | {"byte": 0.05}, order=[2, 1, 0])
    assert (
        "mine is right on 5.0 % of 2,000 training pictures, and would be on 88.1 % with its classes in"
        ' another order ("3" for answer 0 and Top for answer 2): it may have been trained with other labels'
        " than these data have."
    ) in said(mine=swapped)
    assert "right on 88.1 % of 2,000 training pictures, each answer taken for the class" in said(mine=swapped)
    near = replace(MINE, right=MINE.right | {"byte": 0.79}, order=[2, 1, 0])
    assert "another order" not in said(mine=near), "a weak network is not one of other labels"


def test_of_a_network_that_is_mostly_wrong_neither_form_nor_order_is_told():
    few = dict(zip(FORMS, (0.2, 0.273, 0.31, 0.2), strict=True))
    untrained = replace(MINE, right=MINE.right | {"byte": 0.111}, right_in_order=few, order=[2, 1, 0])
    told = said(mine=untrained)
    assert "another order" not in told, "the best of many orders is one even by chance"
    assert (
        "mine is handed pixels from 0 to 255: right on 11.1 % of 2,000 training pictures; on 10.0 %" in told
    )
    assert (
        "Whatever the form of its pixels and the order of its classes, mine is right on 31.0 % of them at"
        " best: it may be untrained, or trained on other data."
    ) in told
    asked = replace(untrained, asked="byte", right={"byte": 0.111}, right_in_order={"byte": 0.273})
    assert "Whatever the order of its classes, mine is right on 27.3 % of them at best" in said(mine=asked)
    trained = replace(MINE, right_in_order=MINE.right_in_order | {"byte": 0.5}, order=[2, 1, 0])
    assert "may be untrained" not in said(mine=trained)


def test_what_was_made_of_the_file_is_said():
    assert "mine: it gives logits, of which a softmax makes probabilities." in said(
        mine=replace(MINE, logits=True)
    )
    assert "it was made to compute in bfloat16, and does so here in float32" in said(
        mine=replace(MINE, dtype="bfloat16")
    )


def test_what_is_usual_for_its_size_stands_beside_its_accuracy():
    usual = [Usual(100_000, 1, 0.89, 0.89), Usual(240_000, 3, 0.86, 0.916)]
    assert usual_in_words(models(mine=replace(MINE, usual=usual))) == [
        "mine, with 120,000 parameters, is right on 90.0 % of the test pictures; of networks recorded with "
        "this program, the nearest in size are right with 100,000 parameters on 89.0 % and with 240,000 "
        "parameters (3 networks) on 86.0 to 91.6 %."
    ]
