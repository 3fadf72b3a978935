"""Pictures of weights that read the image itself: conv1-filters and the dense network's dense1-weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.inspection.files import Convolution, DenseInspection, Patterns
from model.inspection.records import Passport, Unit, first_of
from model.inspection.tiles import draw_kernel, scale_words
from model.inspection.words import (
    UNNAMED,
    answers_lost,
    chosen_by,
    class_label,
    dead_ones,
    directed,
    favourite,
    line_after,
    pattern,
)
from model.networks.facts import SIDE
from model.report.canvas import (
    GREY,
    INK,
    LIGHT,
    UNTRAINED_FRAME,
    Sheet,
    caption,
    draw_line,
    largest_block,
    response,
    shortened,
    top_below,
    width_of,
)
from model.report.figure import Figure
from model.report.words import decimal

LARGE = 12  # filters drawn large: the first ones
LARGE_CELL, SMALL_GAP = (192, 196), (6, 18)
SMALL_SIDES = (48, 36, 24)  # pixels of the other kernels: the first that keeps the figure under
HIGHEST = 1500
UNITS = 24  # units of a dense layer that are drawn


@dataclass(frozen=True)
class Group:
    """Small kernels under one heading: where the heading stands, and where each kernel."""

    heading: str
    x: int
    y: int
    kernels: tuple[tuple[int, int, Passport], ...]


def draw_first(layer: Convolution, patterns: Patterns | None, path: Path, note: str = "") -> Figure:
    """Draw the kernels of the first convolution: the first ones large, the others by named pattern.

    `patterns` is None where kernels are too small to match any.
    """
    frozen = np.array_equal(layer.kernel, layer.untrained_kernel)
    title = first_title(layer.name, len(layer.passports), patterns, frozen) + dead_ones(layer.dead)
    large = first_of(layer.passports, LARGE)
    others = sorted(set(layer.passports) - set(large), key=lambda passport: passport.index)
    limit, scale = scale_words(layer.kernel, layer.untrained_kernel)
    subtitle = (
        f"Large: {len(large)} filters. {chosen_by(large)} Beside each, in a grey frame, the"
        f" untrained one{': training never changes these' if frozen else ''}.\n"
        f"Red adds, blue subtracts, white is 0. {scale} {note}"
    )
    if patterns is not None:
        subtitle += (
            f"\nA name needs a match of at least {patterns.threshold:.2f}, as about 1 in 20 untrained"
            " filters has."
        )
    lower = top_below(subtitle) + 10 + -(-len(large) // 6) * LARGE_CELL[1]
    for side in SMALL_SIDES:
        groups, end = flow(groups_of(others, patterns), 24, lower + 28, 1152, side)
        if end <= HIGHEST - 10:
            break
    sheet = Sheet((end if others else lower) + 10, title, subtitle)
    for place, passport in enumerate(large):
        x, y = 24 + place % 6 * LARGE_CELL[0], sheet.top + 10 + place // 6 * LARGE_CELL[1]
        if place == line_after(large):
            draw_line(sheet, x - 8, y, 2, LARGE_CELL[1] - 16, INK)
        _draw_large(sheet, x, y, layer, passport, limit)
    if others:
        by = ", by named pattern" if patterns is not None else ""
        sheet.text(24, lower, f"The other {len(others)}{by}", bold=True)
    block = largest_block(max(layer.kernel.shape[:2]), side)
    for group in groups:
        sheet.text(group.x, group.y, group.heading, size=15)
        for x, y, passport in group.kernels:
            draw_kernel(sheet, x, y, layer.kernel[:, :, 0, passport.index], limit, block)
            if side > 24:
                caption(sheet, x + side / 2, y + side + 2, str(passport.index))
    sheet.save(path)
    best = large[0]
    alt = f"{title}. Without filter {best.index}: {answers_lost(best.worth)}."
    return Figure(path, title, alt)


def first_title(layer: str, num_filters: int, patterns: Patterns | None, frozen: bool = False) -> str:
    """How many kernels match a named pattern, trained and untrained, or that these never learned."""
    filters = f"{layer}: {num_filters} filter{'s' if num_filters > 1 else ''}"
    if patterns is None:
        return filters
    trained, untrained = sum(patterns.trained.values()), sum(patterns.untrained.values())
    found = f"{trained or 'none'} match{'es' if trained <= 1 else ''}"
    return f"{filters}, {found} a named pattern ({'never trained' if frozen else f'untrained: {untrained}'})"


def groups_of(
    passports: Sequence[Passport], patterns: Patterns | None
) -> list[tuple[str, tuple[Passport, ...]]]:
    """Filters by their pattern, each before its reverse; what has no name comes last."""
    if patterns is None:
        return [("by index", tuple(passports))] if passports else []
    groups: dict[str, list[Passport]] = {}
    order = [name for pattern in patterns.names for name in (pattern, f"inverted {pattern}")]
    for passport in passports:
        match = passport.match
        name = directed(match.name, match) if match and match.name else UNNAMED
        groups.setdefault(name, []).append(passport)
    return [(name, tuple(groups[name])) for name in (*order, UNNAMED) if name in groups]


def flow(
    groups: Sequence[tuple[str, tuple[Passport, ...]]], left: int, top: int, width: int, side: int
) -> tuple[list[Group], int]:
    """Set groups side by side like words on lines.

    A group is a heading and its members; `side` is a kernel's, and all lengths are pixels. Returns also where
    the last line ends.
    """
    across, down = side + SMALL_GAP[0], side + SMALL_GAP[1]
    placed, x, y, line = [], left, top, 0
    for name, members in groups:
        heading = f"{name} ({len(members)})"
        per_row = min(len(members), width // across)
        needed = round(max(per_row * across, width_of(heading, 15) + 12)) + 10
        if x > left and x + needed > left + width:
            x, y, line = left, y + line, 0
        kernels = tuple(
            (x + place % per_row * across, y + 26 + place // per_row * down, passport)
            for place, passport in enumerate(members)
        )
        placed.append(Group(heading, x, y, kernels))
        x, line = x + needed, max(line, 26 + -(-len(members) // per_row) * down + 8)
    return placed, y + line


def _draw_large(sheet: Sheet, x: int, y: int, layer: Convolution, passport: Passport, limit: float) -> None:
    side = max(layer.kernel.shape[:2])
    large, small = largest_block(side, 120), largest_block(side, 48)
    kernel = layer.kernel[:, :, 0, passport.index]
    draw_kernel(sheet, x, y, kernel, limit, large, numbers=True)
    before = layer.untrained_kernel[:, :, 0, passport.index]
    draw_kernel(sheet, x + 131, y + 3, before, limit, small, untrained=True)
    caption(sheet, x + 152, y + side * small + 8, "untrained")
    sheet.text(x, y + 126, f"filter {passport.index}", bold=True)
    sheet.text(x, y + 146, _named(passport, 180, 13), size=13)
    sheet.text(x, y + 163, answers_lost(passport.worth), size=13, colour=GREY)


def _named(passport: Passport, width: float, size: float) -> str:
    """A filter's pattern on one line: where it is too long the name is cut, and the number stays."""
    if passport.dead:
        return "dead: it never answers"
    if passport.match is None:
        return ""
    name, _, number = pattern(passport.match).rpartition(" ")
    return f"{shortened(name, width - width_of(f' {number}', size), size)} {number}"


def draw_dense(dense: DenseInspection, class_names: Sequence[str], path: Path, note: str = "") -> Figure:
    """Draw the weights of a dense network's first layer as pictures: the other half of the comparison."""
    title = dense_title(dense)
    shown = dense.units[:UNITS]
    kernels, indices = (dense.kernel, dense.untrained_kernel), [unit.index for unit in shown]
    pictures, before = (kernel.T.reshape(-1, SIDE, SIDE)[indices] for kernel in kernels)
    limit, scale = scale_words(pictures, before)
    by = "" if shown[0].worth is None else f" {chosen_by(shown, strongest=False)}"
    subtitle = (
        f"A weight per pixel: {dense.rule}.{by} {note}\nBeside each, in a grey frame, the untrained one."
        f" Red adds, blue subtracts, white is 0. {scale}"
    )
    across, down = 192, 188
    sheet = Sheet(top_below(subtitle) + 14 + -(-len(shown) // 6) * down, title, subtitle)
    for place, unit in enumerate(shown):
        x, y = 24 + place % 6 * across, sheet.top + 10 + place // 6 * down
        if place == line_after(shown):
            draw_line(sheet, x - 11, y, 2, down - 16, INK)
        sheet.place(x, y, response(pictures[place], limit, 4), frame=LIGHT, frame_width=1)
        sheet.place(x + 121, y + 3, response(before[place], limit, 2), frame=UNTRAINED_FRAME, frame_width=3)
        caption(sheet, x + 149, y + 63, "untrained")
        _draw_unit_words(sheet, x, y + 118, unit, class_names)
    sheet.save(path)
    best = shown[0]
    if best.worth is None:
        return Figure(path, title, f"{title}. A picture of weights for each of {len(shown)} classes.")
    alt = f"{title}. Without unit {best.index}: {answers_lost(best.worth)}."
    return Figure(path, title, alt)


def _draw_unit_words(sheet: Sheet, x: int, y: int, unit: Unit, class_names: Sequence[str]) -> None:
    if unit.worth is None:
        sheet.text(x, y, class_label(class_names, unit.index), bold=True)
        return
    sheet.text(x, y, f"unit {unit.index}", bold=True)
    words = "dead: it never answers" if unit.dead else favourite(unit.selectivity, class_names)
    sheet.text(x, y + 20, shortened(words, 184, 13), size=13)
    sheet.text(x, y + 37, answers_lost(unit.worth), size=13, colour=GREY)


def dense_title(dense: DenseInspection) -> str:
    """How far the weights of neighbouring pixels agree, trained and untrained."""
    trained, untrained = (decimal(value, 2) for value in dense.neighbours)
    return f"{dense.layer}: weights of neighbouring pixels correlate by {trained} (untrained: {untrained})"
