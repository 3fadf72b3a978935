"""The lesson in words: the lines for the terminal, and title and alt text of every figure."""

from pathlib import Path
from typing import Any

TIMES, MINUS = "×", "−"


def number(value: float, digits: int = 2) -> str:
    """A number without needless zeros, with the real minus and commas: 577, 882.5, −1.5, 43,264.

    Below 1 there are three digits at least, from 10,000 on none; below a thousandth it is 2e−05.
    """
    if 0 < abs(value) < 1:
        digits = max(digits, 3)
    if abs(value) >= 10_000:
        digits = 0
    if 0 < abs(value) < 0.001:
        return f"{value:.0e}".replace("-", MINUS)
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.replace("-", MINUS)


def sum_of(values: list[float]) -> str:
    """`0 + 24 − 256 = −232`: the sum written out, and that its numbers are rounded where they are."""
    total = sum(values)
    text = number(values[0])
    for value in values[1:]:
        text += f" {MINUS if value < 0 else '+'} {number(abs(value))}"
    rounded = any(float(number(v).replace(",", "").replace(MINUS, "-")) != v for v in (*values, total))
    return f"{text} = {number(total)}{' (rounded)' * rounded}"


def percent(share: float) -> str:
    """A share as whole percent."""
    return f"{100 * share:.0f} %"


def captions(numbers: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Title (the finding), subtitle (how to read it) and alt text of the five figures, by file name."""
    return {
        "1-one-pixel.png": _one_pixel(numbers["worked_example"]),
        "2-vertical-lines.png": _lines(numbers["lines"], "vertical"),
        "3-horizontal-lines.png": _lines(numbers["lines"], "horizontal"),
        "4-pooling.png": _pooling(numbers["pooling"], numbers["shift"]["change"]),
        "5-from-784.png": _journey(numbers),
    }


def _one_pixel(example: dict[str, Any]) -> dict[str, str]:
    value = number(example["sum"])
    pixel = example["neighbourhood"][1][1]
    return {
        "title": f"One pixel by hand: {pixel} and its eight neighbours become {value}",
        "subtitle": "Multiply each pixel in the frame by the filter's number at the same place, then add "
        "the nine products.\nAll nine belong to one place; then the frame moves on by one pixel.",
        "alt": f"The filter on the window around the pixel {pixel}, product by product: {value}; "
        f"the largest of the four places is {number(example['largest'])}.",
    }


def _lines(lines: dict[str, Any], kind: str) -> dict[str, str]:
    other = "horizontal" if kind == "vertical" else "vertical"
    response = lines["mean_response"]
    own, none = response[f"drawn_{kind}"][kind], response[f"drawn_{other}"][kind]
    direction = "left to right" if kind == "vertical" else "top to bottom"
    return {
        "title": f"{kind.capitalize()} lines stand out: mean response {number(own, 1)}, "
        f"and exactly {number(none, 1)} to {other} ones",
        "subtitle": f"Red: dark to light, {direction}. Blue: light to dark. ReLU keeps the red. "
        f"All maps on one scale, ±{lines['strongest_possible']:,}, the most the filter can give.",
        "alt": f"The {kind} filter on a trouser, a striped T-shirt and drawn vertical lines, before and "
        f"after ReLU. Mean |response|: {number(response['trouser'][kind], 1)} on the trouser, "
        f"{number(response['striped'][kind], 1)} on the stripes.",
    }


def _pooling(pooling: dict[str, Any], change: dict[str, float]) -> dict[str, str]:
    before, after = pooling["numbers_before"], pooling["numbers_after"]
    return {
        "title": f"Max pooling: {before} numbers become {after}, a quarter; {pooling['stripes_after']} of "
        f"{pooling['stripes_before']} stripes can still be told apart",
        "subtitle": "Of every 2 × 2 block the largest number goes on (circled; of two equal ones the first). "
        "Where in the block it stood is lost:\nthe map gets coarser, never sharper. Both maps on one scale, "
        "±1,020, as in figures 2 and 3.",
        "alt": f"Max pooling on a patch of 16 pixels and on a map of {before} numbers, which become {after}. "
        f"A shift by one pixel changes {percent(change['filtered'])} of the filtered picture, "
        f"{percent(change['max_pooled'])} after pooling.",
    }


def _journey(numbers: dict[str, Any]) -> dict[str, str]:
    network, separation = numbers["network"], numbers["classes"]["separation"]
    return {
        "title": f"One filter a layer turns 784 numbers into 25; 64 a layer make {network['pool2']:,}",
        "subtitle": "A trouser (test picture 24) through the vertical filter, twice; one block per number, "
        "to scale; deepest red: the largest of its layer.\nIn the network a filter of the second convolution "
        "reads all 64 maps of the first, not one.",
        "alt": f"28 x 28 = 784 numbers become 676, 169, 121 and 25 for one filter, {network['conv1']:,} to "
        f"{network['pool2']:,} for 64. 'More vertical than horizontal' tells trouser from sneaker in "
        f"{separation['right']:,} of {separation['of']:,} pictures.",
    }


def lesson_lines(numbers: dict[str, Any], folder: Path) -> list[str]:
    """What the terminal shows before Keras has loaded; at most 80 columns wide."""
    example, lines = numbers["worked_example"], numbers["lines"]["mean_response"]
    pooling, change = numbers["pooling"], numbers["shift"]["change"]
    network, separation = numbers["network"], numbers["classes"]["separation"]
    places = [number(value) for row in example["all_places"] for value in row]
    products = [value for row in example["products"] for value in row]
    return [
        "1  One pixel: nine pixels times the nine numbers of the filter, added",
        *side_by_side(example["neighbourhood"], example["filter"], example["products"]),
        f"   {sum_of(products)}: {example['neighbourhood'][1][1]} becomes {number(example['sum'])}",
        "   Nine products are one place, not nine steps; then the window moves on by one.",
        f"   All four places of the 4 x 4 patch: {', '.join(places)}; "
        f"the largest {number(example['largest'])}:",
        "   16 numbers, then 4, then 1. The border lacks neighbours: 28 becomes 26.",
        *_other_results(example),
        "",
        f"2  vertical filter    {rows(numbers['lines']['filters']['vertical'])}",
        f"3  horizontal filter  {rows(numbers['lines']['filters']['horizontal'])}",
        "   Mean |response|          vertical filter   horizontal filter",
        *(
            f"   {label:24} {number(lines[key]['vertical'], 1):>15} {number(lines[key]['horizontal'], 1):>19}"
            for key, label in LABELS.items()
        ),
        "",
        f"4  Max pooling keeps the largest of each 2 x 2 block: {rows(pooling['max'])}",
        f"   (the mean would be {rows(pooling['average'])}; "
        f"every other pixel {rows(pooling['every_other_pixel'])}).",
        f"   {pooling['numbers_before']} numbers become {pooling['numbers_after']}, a quarter (75 % less); "
        f"{pooling['stripes_after']} of {pooling['stripes_before']} stripes stay apart.",
        f"   A shift by one pixel changes {percent(change['picture'])} of a picture, "
        f"{percent(change['filtered'])} of the filtered one,",
        f"   {percent(change['max_pooled'])} after pooling: less sensitive, not invariant.",
        "",
        "5  One filter   784 → 676 → 169 → 121 → 25 numbers",
        "   64 filters   " + " → ".join(f"{count:,}" for count in network.values()),
        f"   'More vertical than horizontal' tells trouser from sneaker in {separation['right']:,} of "
        f"{separation['of']:,}.",
        "",
        f"Look   {folder}/1-one-pixel.png   and four more; the numbers: lesson.json",
    ]


LABELS = {
    "drawn_vertical": "drawn vertical lines",
    "drawn_horizontal": "the same lines, turned",
    "trouser": "trouser (test 24)",
    "striped": "striped T-shirt (719)",
}


def _other_results(example: dict[str, Any]) -> list[str]:
    swapped, turned, mistyped, clipped = example["other_results"].values()
    return [
        f"   {number(swapped)}? rows and columns swapped.   {number(turned)}? filter turned by 180 degrees.",
        f"   {number(mistyped)}? 42 typed for 142.   {number(clipped)}? clipped, as image software does;",
        "   a network keeps what passes 255 "
        f"({example['sum_with_pixels_from_0_to_1']:.3f} with pixels from 0 to 1).",
    ]


def keras_lines(numbers: dict[str, Any]) -> list[str]:
    """What Keras's layers gave for the same."""
    keras = numbers["keras"]
    places = ", ".join(number(value) for row in keras["all_places"] for value in row)
    return [
        f"Keras: Conv2D gives {places}; MaxPooling2D {rows(keras['max'])}.",
        f"Keras: all {keras['numbers_compared']:,} numbers of the maps above: "
        f"{difference(keras['largest_difference'], numbers['lines']['strongest_possible'])}.",
    ]


def difference(apart: float, largest: float) -> str:
    """How far two computations of the same numbers are apart, beside the largest of them."""
    if apart == 0:
        return "exactly equal"
    return f"at most {apart:.1e} apart, {apart / largest:.0e} of the largest".replace("-", MINUS)


def rows(values: list[list[float]]) -> str:
    """A small table in one line, rows divided by slashes: `192 144 / 255 168`."""
    return " / ".join(" ".join(number(value) for value in row) for row in values)


def side_by_side(
    pixels: list[list[float]], kernel: list[list[float]], products: list[list[float]]
) -> list[str]:
    """Pixels × filter = products, row beside row."""
    tables = [[[number(value) for value in row] for row in t] for t in (pixels, kernel, products)]
    widths = [max(len(text) for row in table for text in row) for table in tables]
    lines: list[str] = []
    for index, row in enumerate(zip(*tables, strict=True)):
        middle = index == len(pixels) // 2
        parts = zip(row, widths, strict=True)
        texts = [" ".join(text.rjust(width) for text in part) for part, width in parts]
        signs = (TIMES, "=") if middle else (" ", " ")
        lines.append(f"   {texts[0]}  {signs[0]}  {texts[1]}  {signs[1]}  {texts[2]}")
    return lines
