"""A page for every six filters: what each looks for, in which pictures, and what it is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.ticker import MaxNLocator

from data.splits import Split
from model.inspection.combination_figures import draw_read, slices_of
from model.inspection.files import Convolution, Inspection
from model.inspection.records import Example, Passport, first_of
from model.inspection.tiles import boxed_garment, draw_kernel, draw_map, draw_patch, scale_words
from model.inspection.words import (
    chosen_by,
    class_label,
    line_after,
    number,
    sentence,
    which,
    worth_in_words,
)
from model.report.canvas import (
    GREY,
    INK,
    LIGHT,
    MODEL_COLOURS,
    Axes,
    Sheet,
    caption,
    draw_line,
    garment,
    largest_block,
    pt,
    shortened,
    top_below,
    width_of,
    wrapped,
)
from model.report.drawing import drawn
from model.report.figure import Figure

SHOWN, PER_PAGE = 12, 6
STRONGEST, MEDIAN = 6, 3
# Columns and rows in pixels: two pictures with their maps, the untrained twin, the axis of worth.
LEFT, RIGHT = 24, 1176
PICTURES, UNTRAINED, WORTH = (158, 498), 842, 1020
PICTURE, MAP, STEP = 112, 104, 107
HEADS, PASSPORT, MAPS, PATCHES = 44, 215, 26, 153  # heights; from the top of a passport to its lines
ABOVE = 4  # pixels between a passport and the line above it, the first of which is the axis of worth
KERNEL, SMALL, SLICE = 120, 48, 36
EXAMPLE, PATCH = 100, 40
BEFORE, STRONGEST_BEFORE = 983, 3  # where the untrained twin's strongest patches stand, and how many


@dataclass(frozen=True)
class Context:
    """What all passports of a layer share: one scale for its kernels, one for its maps, one axis of worth."""

    layer: Convolution
    test: Split
    images: np.ndarray
    names: tuple[str, ...]
    class_names: Sequence[str]
    threshold: float | None
    num_test: int
    kernel_limit: float
    map_limit: float
    span: tuple[float, float]


def draw_passports(
    found: Inspection,
    layer: Convolution,
    test: Split,
    class_names: Sequence[str],
    folder: Path,
    note: str = "",
) -> list[Figure]:
    """Draw the passports of a convolution's first dozen filters, six a page.

    They go to `<layer>-passports.png` and `<layer>-passports-2.png`; patches come from `test`.
    """
    dozen = first_of(layer.passports, SHOWN)
    chosen = [0, len(found.images) - 1]
    indices = [passport.index for passport in dozen]
    shown = [layer.maps[chosen][..., indices], layer.untrained_maps[:1][..., indices]]
    shown += [layer.pooled[chosen][..., indices]] if layer.pooled is not None else []
    map_limit, scale = scale_words(*shown)
    kernels = slices_of(layer.kernel, dozen) or [layer.kernel, layer.untrained_kernel]
    kernel_limit, _ = scale_words(*kernels)
    ends = [end for passport in dozen for end in (*passport.worth.interval, 0.0)]
    context = Context(
        layer=layer,
        test=test,
        images=found.images[chosen],
        names=tuple(class_label(class_names, int(label), PICTURE, 13) for label in found.labels[chosen]),
        class_names=class_names,
        threshold=found.patterns.threshold if found.patterns and layer.reads is None else None,
        num_test=found.num_test,
        kernel_limit=kernel_limit,
        map_limit=map_limit,
        span=(found.num_test * min(ends), found.num_test * max(ends)),
    )
    pages = []
    for page in range(-(-len(dozen) // PER_PAGE)):
        filters = dozen[PER_PAGE * page : PER_PAGE * (page + 1)]
        path = folder / f"{layer.name}-passports{f'-{page + 1}' if page else ''}.png"
        pages.append(drawn(_draw_page, context, filters, path=path, scale=scale, note=note))
    return pages


def passports_title(layer: str, filters: Sequence[Passport], num_test: int) -> str:
    """Which filters are on the page, and what is lost without the one of them that costs most there."""
    title = which(filters, layer)
    most = max(passport.worth.became_wrong - passport.worth.became_right for passport in filters)
    costs = f"up to {most:,} of {num_test:,} answers lost" if most > 0 else "none costs answers"
    if most > 0 and all(passport.worth.interval[0] <= 0 for passport in filters):
        costs += ", each within chance"
    return f"{title[0].upper()}{title[1:]}: {costs}"


def _draw_page(context: Context, filters: Sequence[Passport], path: Path, scale: str, note: str) -> Figure:
    layer = context.layer
    title = passports_title(layer.name, filters, context.num_test)
    left = "Kernel" if layer.reads is None else f"Heaviest slices, the {layer.reads.name} filters they read"
    frozen = np.array_equal(layer.kernel, layer.untrained_kernel)
    control = "untrained; training left these kernels alone" if frozen else "untrained"
    height, width = layer.field.rows.size, layer.field.columns.size
    maps = "each with its map" if layer.pooled is None else "map and pooled map"
    subtitle = (
        f"{left}; two pictures, {maps}; grey frame: {control}. {note}\n"
        f"Below: six test pictures that excite it most, three around the median, three that most excite the"
        f" untrained one; boxed, the {height} x {width} pixels seen.\n"
        f"{chosen_by(filters)} Worth: on test pictures, 95 % for all filters at once. {scale}"
    )
    top = top_below(subtitle)
    sheet = Sheet(top + HEADS + len(filters) * PASSPORT - 2, title, subtitle)
    axes = _worth_axes(sheet, context, top + HEADS - ABOVE, len(filters) * PASSPORT)
    _draw_heads(sheet, context, top)
    for place, passport in enumerate(filters):
        y = top + HEADS + place * PASSPORT
        ends = place == line_after(filters)
        draw_line(sheet, LEFT, y - ABOVE, RIGHT - LEFT, 2 if ends else 1, INK if ends else LIGHT)
        _draw_sentence(sheet, context, passport, y)
        _draw_kernel(sheet, context, passport, y + MAPS)
        _draw_maps(sheet, context, passport, y + MAPS)
        _draw_untrained(sheet, context, passport, y + MAPS)
        _draw_examples(sheet, context, passport, y + PATCHES)
        _draw_worth(sheet, axes, context, passport, y + MAPS, place * PASSPORT + ABOVE + MAPS)
    sheet.save(path)
    best = filters[0]
    alt = f"{title}. Filter {best.index}: {worth_in_words(best.worth, context.num_test, best.dead)}."
    return Figure(path, title, alt)


def _draw_heads(sheet: Sheet, context: Context, y: int) -> None:
    layer = context.layer
    heads = [(LEFT, "kernel" if layer.reads is None else "slice, reads")]
    for x, name in zip(PICTURES, context.names, strict=True):
        heads += [(x, name), (x + PICTURE + 3, "map")]
        heads += [(x + PICTURE + 3 + STEP, "pooled")] if layer.pooled is not None else []
    heads += [(UNTRAINED, "untrained"), (WORTH - 14, "answers lost without it")]
    for x, head in heads:
        sheet.text(x, y, head, size=13, colour=GREY)


def _draw_sentence(sheet: Sheet, context: Context, passport: Passport, y: int) -> None:
    name = f"filter {passport.index}"
    sheet.text(LEFT, y, name, bold=True)
    left = LEFT + width_of(name, 15, bold=True) + 12
    words = sentence(passport, context.threshold, context.class_names)
    sheet.text(left, y, shortened(words, RIGHT - left))


def _draw_kernel(sheet: Sheet, context: Context, passport: Passport, y: int) -> None:
    """The kernel with its numbers; of a deeper filter the heaviest slices and what they read."""
    layer = context.layer
    side = max(layer.kernel.shape[:2])
    if layer.reads is None:
        kernel = layer.kernel[:, :, 0, passport.index]
        draw_kernel(sheet, LEFT, y, kernel, context.kernel_limit, largest_block(side, KERNEL), numbers=True)
        return
    for place, part in enumerate(passport.slices):
        top = y + place * (SLICE + 5)
        kernel = layer.kernel[:, :, part.channel, passport.index]
        draw_kernel(sheet, LEFT, top, kernel, context.kernel_limit, largest_block(side, SLICE))
        draw_read(sheet, LEFT + SLICE + 5, top, layer.reads, part.channel, SLICE, context.test)
        sheet.text(LEFT + 2 * SLICE + 12, top + 10, str(part.channel), size=13)


def _draw_maps(sheet: Sheet, context: Context, passport: Passport, y: int) -> None:
    layer = context.layer
    for place, (x, image) in enumerate(zip(PICTURES, context.images, strict=True)):
        end = 0 if place == 0 else -1
        sheet.place(x, y, garment(image, PICTURE // image.shape[0]))
        for column, maps in enumerate(m for m in (layer.maps, layer.pooled) if m is not None):
            values, left = maps[end, ..., passport.index], x + PICTURE + 3 + column * STEP
            draw_map(sheet, left, y + 4, values, context.map_limit, MAP)
            caption(sheet, left + MAP / 2, y + MAP + 9, f"largest {number(values.max())}")
    caption(sheet, PICTURES[0] + PICTURE / 2, y + PICTURE + 1, f"on black {number(passport.background)}")


def _draw_untrained(sheet: Sheet, context: Context, passport: Passport, y: int) -> None:
    layer = context.layer
    values = layer.untrained_maps[0, ..., passport.index]
    draw_map(sheet, UNTRAINED, y + 4, values, context.map_limit, MAP, untrained=True)
    caption(sheet, UNTRAINED + MAP / 2, y + MAP + 9, f"largest {number(values.max())}")
    if layer.reads is None:
        kernel = layer.untrained_kernel[:, :, 0, passport.index]
        block = largest_block(max(kernel.shape), SMALL)
        draw_kernel(sheet, UNTRAINED + MAP + 9, y + 6, kernel, context.kernel_limit, block, untrained=True)


def _draw_examples(sheet: Sheet, context: Context, passport: Passport, y: int) -> None:
    examples: list[tuple[int, Example]] = [
        *((LEFT + EXAMPLE * place, e) for place, e in enumerate(passport.strongest[:STRONGEST])),
        *((LEFT + 56 + EXAMPLE * (STRONGEST + p), e) for p, e in enumerate(passport.median[:MEDIAN])),
    ]
    field = context.layer.field
    for x, example in examples:
        image = context.test.images[example.index]
        sheet.place(x, y, boxed_garment(image, field, example.row, example.column, 2))
        draw_patch(sheet, x + 58, y, image, field, example, PATCH)
        caption(sheet, x + 58 + PATCH / 2, y + PATCH + 1, number(example.activation))
    if passport.median:
        sheet.text(LEFT + EXAMPLE * STRONGEST + 2, y + 20, "median", size=13, colour=GREY)
    for place, example in enumerate(passport.untrained_strongest[:STRONGEST_BEFORE]):
        x = BEFORE + 69 + place * (PATCH + 2)
        draw_patch(sheet, x, y, context.test.images[example.index], field, example, PATCH, untrained=True)
        caption(sheet, x + PATCH / 2, y + PATCH + 3, number(example.activation))
    sheet.text(BEFORE, y + 20, "untrained", size=13, colour=GREY)


def _worth_axes(sheet: Sheet, context: Context, y: int, height: int) -> Axes:
    """One axis for the page; a filter's mark stands at its own height, in pixels from the top."""
    axes = sheet.axes(WORTH, y, RIGHT - WORTH, height)
    low, high = context.span
    margin = 0.06 * (high - low) or 1.0
    axes.set_xlim(low - margin, high + margin)
    axes.set_ylim(height, 0)
    axes.set_yticks([])
    axes.xaxis.tick_top()
    axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10], integer=True))
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.spines["top"].set_visible(True)
    return axes


def _draw_worth(sheet: Sheet, axes: Axes, context: Context, passport: Passport, y: int, height: int) -> None:
    middle = height + 16
    low, high = (context.num_test * end for end in passport.worth.interval)
    axes.plot([0, 0], [middle - 12, middle + 12], color=LIGHT, linewidth=1.2)
    axes.plot([low, high], [middle, middle], color=MODEL_COLOURS[1], linewidth=2)
    lost = context.num_test * passport.worth.accuracy_drop
    axes.plot([lost], [middle], "o", color=MODEL_COLOURS[1], markersize=pt(11))
    words = worth_in_words(passport.worth, context.num_test, passport.dead)
    sheet.text(WORTH, y + 32, wrapped(words, RIGHT - WORTH, 13, lines=6), size=13, colour=INK)
