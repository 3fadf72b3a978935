"""Which filters an image is made up for."""

from model.inspection.job import WANTED, first_by_layer
from model.inspection.records import Passport
from tests.inspection.test_words import changed


def test_images_are_made_up_for_the_first_filters_of_each_layer_that_something_excites() -> None:
    passports: list[Passport] = [
        changed(layer=f"conv{number}", index=index, rank=20 - index)
        for number in range(1, 11)
        for index in range(20)
    ]
    passports[19] = changed(layer="conv1", index=19, rank=1, strongest=())
    chosen = first_by_layer(passports)
    assert list(chosen) == [f"conv{number}" for number in range(1, 11)], "conv10 is last"
    assert [passport.index for passport in chosen["conv2"]] == list(range(19, 19 - WANTED, -1)), "by rank"
    assert [passport.index for passport in chosen["conv1"]] == list(range(18, 18 - WANTED, -1)), (
        "a filter that no test picture excites has no place to climb from"
    )
