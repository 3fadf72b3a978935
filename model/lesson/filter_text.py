"""One's own filter in words: what it answers to, where it answers most, product by product."""

from pathlib import Path
from typing import Any

from model.lesson.text import number, rows, side_by_side, sum_of
from model.report.tables import wrapped

ACROSS = {"vertical": "horizontal", "horizontal": "vertical", "rising": "falling", "falling": "rising"}
EVEN = "less that to an even grey"


def filter_caption(numbers: dict[str, Any], picture: str) -> dict[str, Any]:
    """Title, subtitle, notes and alt text of the figure of one's own filter."""
    largest = max(abs(numbers["smallest"]), abs(numbers["largest"]))
    name, where = filter_name(numbers), _where(numbers)
    scale = f"one scale, ±{number(largest)}, the largest |response| here" if largest else "all are 0 here"
    return {
        "title": f"Your filter {name}",
        "subtitle": f"{picture[0].upper()}{picture[1:]}. Red: more than 0; blue: less; {scale}.",
        "notes": [f"{where[0].upper()}{where[1:]}", *([_sum(numbers)] if largest else [])],
        "alt": f"{rows(numbers['filter'])} on {picture}: {number(numbers['smallest'])} to "
        f"{number(numbers['largest'])}; it {name}.",
    }


def filter_name(numbers: dict[str, Any]) -> str:
    """What the measured answers to drawn lines and to a single pixel say about a filter."""
    answers = {kind: number(value, 1) for kind, value in numbers["mean_response"].items()}
    vertical, horizontal, rising, falling = answers.values()
    match numbers["answers_to"]:
        case "nothing":
            return "answers to nothing: all nine numbers are 0"
        case "spots":
            spot = number(numbers["strongest_thin"]["spot"])
            return f"answers to spots: a single white pixel gives up to {spot}, no line one pixel wide more"
        case "diagonals":
            sides = "not at all to lines along the sides"
            if (vertical, horizontal) != ("0", "0"):
                sides = f"less to lines along the sides ({vertical} and {horizontal})"
            return f"answers to both diagonals ({rising} and {falling}), {sides}"
        case "sides":
            diagonals = f"less to diagonals ({rising} and {falling})"
            return f"answers to vertical and horizontal lines ({vertical} and {horizontal}), {diagonals}"
        case "lines":
            return (
                f"answers to lines of every direction ({', '.join(answers.values())}): no clear orientation"
            )
        case kind:
            return f"answers to {kind} lines ({answers[kind]}; {ACROSS[kind]} ones: {answers[ACROSS[kind]]})"


def filter_lines(numbers: dict[str, Any], path: Path) -> list[str]:
    """What the terminal shows of one's own filter before Keras has loaded."""
    strongest = numbers["strongest"]
    answers = ", ".join(f"{kind} {number(value, 1)}" for kind, value in numbers["mean_response"].items())
    by_hand = [
        *side_by_side(strongest["neighbourhood"], numbers["filter"], strongest["products"]),
        *wrapped(f"   {_sum(numbers)}", indent=3).splitlines(),
        f"   Over the whole picture {number(numbers['smallest'])} to {number(numbers['largest'])}; "
        "ReLU keeps what is more than 0.",
    ]
    return [
        f"Your filter on {numbers['picture']}",
        _where(numbers),
        *(by_hand if numbers["smallest"] < numbers["largest"] else []),
        f"Mean |response| to drawn lines, {EVEN}",
        f"   {answers}",
        *wrapped(f"The filter {filter_name(numbers)}").splitlines(),
        f"Look   {path}",
    ]


def _where(numbers: dict[str, Any]) -> str:
    """Where it answers most, after ReLU; or that it does so nowhere."""
    place = f"row {numbers['strongest']['row']}, column {numbers['strongest']['column']} (the first is 0)"
    if numbers["largest"] > 0:
        return f"where it answers most: {place}"
    if numbers["smallest"] < 0:
        return f"after ReLU it answers nowhere; nearest to it: {place}"
    return "it answers nowhere: over the whole picture every sum is 0"


def _sum(numbers: dict[str, Any]) -> str:
    return sum_of([value for row in numbers["strongest"]["products"] for value in row])
