"""How numbers are written: digits, minus, and that nothing is no "−0.0"."""

import pytest

from model.report.words import counted, decimal, digits_for, mega, points, signed, told_by_number


@pytest.mark.parametrize(
    ("value", "text", "with_sign"),
    [
        (1.25, "1.2", "+1.2"),
        (-3.44, "−3.4", "−3.4"),
        (-0.04, "0.0", "0.0"),
        (0.04, "0.0", "0.0"),
        (0, "0.0", "0.0"),
        (-0.06, "−0.1", "−0.1"),
        (10.0, "10.0", "+10.0"),
        (-20.0, "−20.0", "−20.0"),
    ],
)
def test_minus_is_the_real_minus_and_zero_has_no_sign(value: float, text: str, with_sign: str) -> None:
    assert decimal(value) == text
    assert signed(value) == with_sign


def test_as_many_digits_as_asked_for() -> None:
    assert [decimal(-0.004, digits) for digits in (0, 2, 3)] == ["0", "0.00", "−0.004"]
    assert [signed(100.0, digits) for digits in (0, 2)] == ["+100", "+100.00"]


def test_an_end_that_is_not_0_is_not_written_as_0() -> None:
    assert digits_for(None) == digits_for((0.0005, 0.01)) == digits_for((-0.01, -0.0005)) == 1
    assert digits_for((0.0004, 0.01)) == digits_for((-0.01, 0.00049)) == 2, "0.04 points would look like 0.0"
    assert digits_for((-0.01, 0.0005)) == 1, "0.05 points is written as 0.1"


def test_points_are_hundredths_without_a_sign() -> None:
    assert [points(0.026), points(-0.026), points(-0.00026, 2)] == ["2.6", "2.6", "0.03"]


def test_a_number_without_end_has_no_35_digits() -> None:
    assert decimal(1.04e34, 4) == "1.0e34"
    assert decimal(-2.5e9, 2) == "−2.5e9"
    assert decimal(999_999_999, 1) == "999999999.0"


def test_arithmetic_is_written_in_one_way_and_none_of_it_as_0() -> None:
    written = {10_112_000: "10", 203_264: "0.2", 50_432: "0.1", 25_216: "0.025", 80: "0.00008", 0: "0"}
    assert {flops: mega(flops) for flops in written} == written


def test_who_is_told_by_number_is_named() -> None:
    told = told_by_number(["日本", "b", "c", "d"])
    assert told.startswith("Pictures give the numbers of the classes 日本, b and 2 more and not their names")


def test_small_numbers_are_words() -> None:
    words = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "11", "12"]
    told = [counted(number, "filter") for number in range(13)]
    assert told == [f"{word} filter{'s' * (word != 'one')}" for word in words]
    assert [counted(1, "class"), counted(12, "class")] == ["one class", "12 classes"]
