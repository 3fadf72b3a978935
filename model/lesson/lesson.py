"""Convolution and pooling worked by hand: on sixteen pixels, on real garments, then checked with Keras."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.splits import Split
from data.storage import write_json
from model.lesson import figures as lesson_figures
from model.lesson import text as lesson_text
from model.lesson.against_keras import compare
from model.lesson.arithmetic import (
    FILTERS,
    HORIZONTAL,
    PATCH,
    PICTURES,
    STRIPED,
    STRONGEST,
    TROUSER,
    VERTICAL,
    WORKED,
    Maps,
    Say,
    average_pool,
    blocks,
    convolve,
    drawn_lines,
    max_pool,
    mean_response,
    relu,
)
from model.report.drawing import must_be_drawn

FILTERS_OF_A_LAYER = 64  # of the default network


def lesson(outputs: Path, test: Split, class_names: Sequence[str], say: Say) -> None:
    """Write the five figures and lesson.json, tell their numbers, and how far Keras's are from them.

    All is written to `lesson/` in `outputs`. `test` has the official test images, all of them, in the order
    of the file.

    Raises:
        RunError: a figure could not be drawn; everything else has been done.
    """
    folder = outputs / "lesson"
    numbers, maps = lesson_numbers(test, class_names)
    numbers["figures"] = lesson_text.captions(numbers)
    write_json(folder / "lesson.json", numbers)
    *text, where_to_look = lesson_text.lesson_lines(numbers, folder)
    for line in text:
        say(line)
    figures = lesson_figures.draw_all(folder, numbers, maps)
    say(where_to_look)
    numbers["keras"] = compare(maps)
    write_json(folder / "lesson.json", numbers)
    for line in lesson_text.keras_lines(numbers):
        say(line)
    must_be_drawn(figures, outputs)


def lesson_numbers(test: Split, class_names: Sequence[str]) -> tuple[dict[str, Any], Maps]:
    """All numbers of the lesson, as lesson.json holds them, and the pictures and maps behind them."""
    drawn = drawn_lines("vertical"), drawn_lines("horizontal")
    pictures = dict(zip(PICTURES, (test.images[TROUSER], test.images[STRIPED], *drawn), strict=True))
    maps: Maps = dict(pictures)
    for name, picture in pictures.items():
        maps |= {f"{name}/{kind}": convolve(picture, kernel) for kind, kernel in FILTERS.items()}
    maps["striped/pooled"] = max_pool(relu(maps["striped/horizontal"]))
    journey, maps_on_the_way = _journey(pictures["trouser"])
    classes, answers = _classes(test, class_names)
    maps |= maps_on_the_way | answers
    numbers = {
        "worked_example": _worked_example(),
        "lines": {
            "filters": {name: kernel.tolist() for name, kernel in FILTERS.items()},
            "test_indices": {"trouser": TROUSER, "striped": STRIPED},
            "strongest_possible": STRONGEST,
            "mean_response": {
                name: {kind: float(mean_response(picture, kernel)) for kind, kernel in FILTERS.items()}
                for name, picture in pictures.items()
            },
        },
        "pooling": _pooling(maps["striped/horizontal"]),
        "shift": _shift(test.images[:1000]),
        "journey": journey,
        "network": _network(),
        "classes": classes,
    }
    return numbers, maps


def _worked_example() -> dict[str, Any]:
    window = PATCH[:3, :3]
    products = window * WORKED
    mistyped = window.copy()
    mistyped[2, 0] = 42
    everywhere = convolve(PATCH, WORKED)
    return {
        "patch": PATCH.tolist(),
        "neighbourhood": window.tolist(),
        "filter": WORKED.tolist(),
        "products": (products + 0).tolist(),  # + 0: no "-0.0" in the file
        "sum": float(products.sum()),
        "sum_with_pixels_from_0_to_1": float(products.sum()) / 255,
        "all_places": everywhere.tolist(),
        "largest": float(everywhere.max()),
        "other_results": {
            "rows and columns swapped": float(convolve(window, WORKED.T)[0, 0]),
            "filter turned by 180 degrees": float(convolve(window, WORKED[::-1, ::-1])[0, 0]),
            "42 typed for 142": float(convolve(mistyped, WORKED)[0, 0]),
            "clipped, as image software does": float(min(products.sum(), 255)),
        },
    }


def _pooling(responses: np.ndarray) -> dict[str, Any]:
    highlighted = relu(responses)
    return {
        "patch": PATCH.tolist(),
        "max": max_pool(PATCH).tolist(),
        "winners": blocks(PATCH).argmax(axis=-1).tolist(),  # place in the block; of equal ones the first
        "average": average_pool(PATCH).tolist(),
        "every_other_pixel": PATCH[::2, ::2].tolist(),
        "numbers_before": highlighted.size,
        "numbers_after": max_pool(highlighted).size,
        "largest_before": float(highlighted.max()),
        "largest_after": float(max_pool(highlighted).max()),
        "stripes_before": _stripes(highlighted),
        "stripes_after": _stripes(max_pool(highlighted)),
    }


def _stripes(highlighted: np.ndarray) -> int:
    """How many stripes can be told apart down the middle: runs of more than half the largest value."""
    middle = highlighted[:, highlighted.shape[1] // 2]
    bright = np.concatenate([[False], middle > highlighted.max() / 2])
    return int(np.sum(bright[1:] & ~bright[:-1]))


def _shift(images: np.ndarray) -> dict[str, Any]:
    """What moving the picture by one pixel changes: the sum of all changes over the sum of all numbers.

    Mean of the four directions, at each stage of the way.
    """
    still = _stages(images)
    height, width = images.shape[1:]
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    changes: dict[str, list[float]] = {name: [] for name in still}
    for top, left in ((0, 1), (2, 1), (1, 0), (1, 2)):
        moved = _stages(padded[:, top : top + height, left : left + width])
        for name, values in still.items():
            change = np.abs(moved[name] - values).sum(dtype=np.float64) / values.sum(dtype=np.float64)
            changes[name].append(float(change))
    return {
        "num_images": len(images),
        "filter": "horizontal",
        "change": {name: sum(values) / len(values) for name, values in changes.items()},
    }


def _stages(images: np.ndarray) -> Maps:
    highlighted = relu(convolve(images, HORIZONTAL))
    return {
        "picture": images.astype(np.float32),
        "filtered": highlighted,
        "max_pooled": max_pool(highlighted),
        "every_other": highlighted[..., ::2, ::2],
    }


def _journey(picture: np.ndarray) -> tuple[dict[str, Any], Maps]:
    """One garment through filter, ReLU and pooling, twice; the vertical filter both times."""
    first = relu(convolve(picture, VERTICAL))
    pooled = max_pool(first)
    second = relu(convolve(pooled, VERTICAL))
    steps = {"picture": picture, "conv1": first, "pool1": pooled, "conv2": second, "pool2": max_pool(second)}
    numbers = {
        name: {"shape": list(values.shape), "numbers": values.size, "largest": float(values.max())}
        for name, values in steps.items()
    }
    return {"test_index": TROUSER, "steps": numbers}, {f"journey/{k}": v for k, v in steps.items()}


def _network() -> dict[str, int]:
    """How many numbers stand between the layers of a network of 64 and 64 filters."""
    side, counts = 28, {"picture": 28 * 28}
    for layer in ("1", "2"):
        side -= 2  # 3 x 3 filters lose one pixel on each side
        counts[f"conv{layer}"] = side * side * FILTERS_OF_A_LAYER  # 26*26*64 = 43,264; 11*11*64 = 7,744
        side //= 2
        counts[f"pool{layer}"] = side * side * FILTERS_OF_A_LAYER  # 13*13*64 = 10,816; 5*5*64 = 1,600
    return counts


def _classes(test: Split, class_names: Sequence[str]) -> tuple[dict[str, Any], Maps]:
    """Each class as a cloud: how strongly its pictures answer to the vertical and the horizontal filter."""
    answers = np.stack([mean_response(test.images, kernel) for kernel in (VERTICAL, HORIZONTAL)], axis=1)
    upright = answers[:, 0] > answers[:, 1]
    trouser, sneaker = class_names.index("Trouser"), class_names.index("Sneaker")
    either = np.isin(test.labels, (trouser, sneaker))
    clouds = []
    for label, name in enumerate(class_names):
        members = answers[test.labels == label]
        clouds.append(
            {
                "class": name,
                "num_images": len(members),
                "mean_vertical": float(members[:, 0].mean()),
                "mean_horizontal": float(members[:, 1].mean()),
                **_outline(members),
                "more_vertical": int(upright[test.labels == label].sum()),
            }
        )
    right = int((upright[either] == (test.labels[either] == trouser)).sum())
    separation = {"classes": ["Trouser", "Sneaker"], "right": right, "of": int(either.sum())}
    return {"clouds": clouds, "separation": separation}, {"answers": answers, "labels": test.labels}


def _outline(points: np.ndarray) -> dict[str, Any]:
    """The ellipse around the mean, shaped as the cloud is, that holds half of its points."""
    covariance = np.cov(points.T)
    spread, axes = np.linalg.eigh(covariance)  # the shorter axis first
    in_units_of_spread = (points - points.mean(axis=0)) @ axes / np.sqrt(spread)
    radius = float(np.median(np.hypot(*in_units_of_spread.T)))
    longer = axes[:, 1]
    return {
        "half_within": {
            "semi_axes": (radius * np.sqrt(spread[::-1])).tolist(),
            "angle_degrees": math.degrees(math.atan2(longer[1], longer[0])) % 180,
        }
    }
