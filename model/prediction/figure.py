"""A picture of one's own: how it was prepared, what every network says of it, and why."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model.prediction.records import Answer, Predicted, Predictions, Why
from model.prediction.text import agreement, steps_in_words, title, unlike_in_words
from model.report.canvas import (
    GREY,
    INK,
    LIGHT,
    MODEL_COLOURS,
    Sheet,
    attribution,
    caption,
    draw_line,
    enlarge,
    garment,
    limit_of,
    response,
    rgb_of,
    shortened,
    top_below,
)
from model.report.figure import Figure
from model.report.words import names, percent, short

SIDE, BLOCK, GAP = 28, 6, 24  # pixels: of a picture, of a pixel of it as drawn, between things
STAGE = SIDE * BLOCK  # pixels a side that a step of the preparation has
MAP = 78  # pixels a side that a map is drawn at most
ROW = 208  # pixels a model takes
MOST_MODELS = 5  # on a sheet
BARS, BAR, LINE = 5, 150, 26  # classes told, pixels of a bar, pixels below one another
EXPLAINED, MAPS = 470, 640  # pixels from the left: of the covered places, of the maps


def picture_of(picture: Predicted, told: Predictions, path: Path) -> Figure:
    """Draw one picture that was answered, of those that are told; of many models the first five."""
    classes = told.classes
    shown = list(picture.answers)[:MOST_MODELS]
    reading = _reading(picture, shown)
    if more := len(picture.answers) - len(shown):
        reading += f" {len(shown)} of {len(shown) + more} models are shown, the first ones."
    reading = "\n".join([reading, *told.remarks])
    top = top_below(reading)
    bottom = top + LINE + STAGE + GAP
    heading = title(picture, classes)
    sheet = Sheet(bottom + len(shown) * ROW, heading, reading)
    _draw_stages(sheet, top, picture)
    limit = limit_of(*(picture.why[model].occlusion for model in shown))
    for number, model in enumerate(shown):
        y = bottom + number * ROW
        draw_line(sheet, GAP, y - 5, sheet.width - 2 * GAP, 1)
        colour = MODEL_COLOURS[told.models.index(model) % len(MODEL_COLOURS)]
        _draw_answer(sheet, y, model, picture.answers[model], classes, colour)
        _draw_why(sheet, y, picture.own.pixels, picture.why[model], limit, picture.answers[model].word)
    sheet.save(path)
    said = [f"{model}: {agreement(picture.answers[model])}" for model in shown]
    return Figure(path, heading, f"{heading}. {'. '.join(said)}.")


def _reading(picture: Predicted, shown: Sequence[str]) -> str:
    """Whether it is unlike the data, what was done to it, and how to read what is shown of these models."""
    answers, why = [picture.answers[model] for model in shown], [picture.why[model] for model in shown]
    several = [answer for answer in answers if len(answer.seeds) > 1]
    averaged = names(sorted({f"{answer.word}s" for answer in several})) if several else ""
    ticks = "for each" if len(several) == len(answers) else "for each where a model has several"
    bars = f", averaged over the {averaged}, with a tick {ticks}" if several else ""
    told = (
        f"{steps_in_words(picture.own.steps)}. Below: the most probable classes{bars}; orange: what speaks"
        " for the answer, by how much it loses when the place is covered, purple: against it"
    )
    drawn = [values for one in why for values in (one.maps, one.pooled) if values is not None]
    if drawn:
        colours = "red, and blue below 0" if min(values.min() for values in drawn) < 0 else "red"
        pooled = ", above their pooled maps" if any(one.pooled is not None for one in why) else ""
        told += f"; {colours}: maps of the filters that answer most beyond what they answer to black{pooled}"
    return "\n".join(filter(None, [unlike_in_words(picture.unlikeness), f"{told[:1].upper()}{told[1:]}."]))


def _draw_stages(sheet: Sheet, y: int, picture: Predicted) -> None:
    """The picture as it came and after each step, the last one as the networks get it."""
    x = GAP
    for words, pixels in picture.own.stages:
        block = max(1, STAGE // max(pixels.shape))
        tile = garment(pixels, block)
        sheet.text(x, y, words)
        sheet.place(x, y + LINE, tile, frame=LIGHT, frame_width=1)
        x += STAGE + GAP
    sheet.text(x, y, "as the networks get it")
    sheet.place(x, y + LINE, garment(picture.own.pixels, BLOCK), frame=INK, frame_width=1)


def _draw_answer(
    sheet: Sheet, y: int, model: str, answer: Answer, classes: Sequence[str], colour: str
) -> None:
    """The most probable classes as bars, on which every seed has a tick."""
    sheet.text(GAP, y, shortened(model, 180, bold=True), bold=True)
    sheet.text(GAP, y + 22, shortened(agreement(answer), EXPLAINED - 2 * GAP, 13), size=13, colour=GREY)
    mean = answer.mean
    order = [answer.label, *(int(one) for one in (-mean).argsort(kind="stable") if one != answer.label)]
    left = 180
    for place, label in enumerate(order[:BARS]):
        top = y + 48 + place * LINE
        sheet.text(
            left - 10, top, shortened(short(classes[label]), left - GAP - 12, 14), size=14, align="right"
        )
        draw_line(sheet, left, top + 2, BAR, 14, "#f0f0f0")
        if filled := round(BAR * float(mean[label])):
            draw_line(sheet, left, top + 2, filled, 14, colour)
        for share in answer.probabilities[:, label].tolist() if len(answer.seeds) > 1 else []:
            draw_line(sheet, left + round((BAR - 2) * share), top, 2, 18, INK)
        sheet.text(left + BAR + 10, top, percent(float(mean[label])), size=14)


def _draw_why(sheet: Sheet, y: int, pixels: np.ndarray, why: Why, limit: float, word: str) -> None:
    """Which places speak for the answer, and maps of the first convolution."""
    block = 5
    sheet.text(EXPLAINED, y, f"what {word} {why.seed} goes by")
    tile = attribution(why.occlusion, limit, block)
    sheet.place(EXPLAINED, y + LINE, _with_outline(tile, pixels, block), frame=LIGHT, frame_width=1)
    if why.maps is None:
        return
    sheet.text(MAPS, y, f"{why.layer} of {word} {why.seed}")
    above = limit_of(why.maps)
    step = MAP + 10
    for place, (number, values) in enumerate(zip(why.filters, why.maps, strict=True)):
        x = MAPS + place * step
        _place_map(sheet, x, y + LINE, values, above)
        if why.pooled is not None:
            _place_map(sheet, x, y + LINE + MAP + 2, why.pooled[place], above)
        rows = 1 if why.pooled is None else 2
        caption(sheet, x + MAP / 2, y + LINE + rows * (MAP + 2), str(number))


def _place_map(sheet: Sheet, x: int, y: int, values: np.ndarray, limit: float) -> None:
    sheet.place(x, y, response(values, limit, max(1, MAP // max(values.shape))))


def _with_outline(tile: np.ndarray, pixels: np.ndarray, block: int) -> np.ndarray:
    """The attribution with the picture's own edge between dark and light drawn into it."""
    inside = enlarge((pixels > 127)[..., None].astype(np.uint8), block)[..., 0]
    edge = np.zeros_like(inside, bool)
    edge[1:] |= inside[1:] != inside[:-1]
    edge[:, 1:] |= inside[:, 1:] != inside[:, :-1]
    drawn: Any = tile.copy()
    drawn[edge] = rgb_of("#b0b0b0")
    return drawn
