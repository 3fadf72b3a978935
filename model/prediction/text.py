"""What is said of pictures that were answered. No drawing, no TensorFlow."""

from collections.abc import Sequence
from pathlib import Path

from configs.command_line import command
from configs.networks import IMAGE_SIDE as SIDE
from data.likeness import LIKENESS
from data.own_pictures import Steps
from model.prediction.records import Answer, Predicted, Predictions, Unlikeness
from model.report.tables import printable, shortened, without_middle, wrapped
from model.report.words import names, percent, quoted, share, short

SHOWN = 20  # pictures that are told on the screen
LONGEST = 40  # characters that a title has for the name of a file
RUNNERS_UP = 0.05  # a class that is at least as probable is told beside the first


def predictions_block(predictions: Predictions, folder: str, drawn: Sequence[str]) -> str:
    """All that is said on the screen, in lines of at most 80 columns.

    Args:
        predictions: what is told.
        folder: where the files are, as the user would type it.
        drawn: the figures in it that are of these pictures.
    """
    parts = ["\n".join(picture_lines(one, predictions.classes)) for one in predictions.pictures[:SHOWN]]
    more = len(predictions.pictures) - SHOWN
    parts += [f"{more:,} more: predictions.json in {folder}"] if more > 0 else []
    parts += [wrapped(remark) for remark in predictions.remarks]
    if drawn:
        look = f"{folder}/{drawn[0]}" if len(drawn) == 1 else f"{folder}: {names(drawn)}"
        parts.append(f"Look   {look}")
    return "\n\n".join(parts)


def picture_lines(picture: Predicted, classes: Sequence[str]) -> list[str]:
    """What was done to a picture, whether it is like the data, and what every model says."""
    width = min(max(len(model) for model in picture.answers), 20)
    lines = [wrapped(f"{printable(picture.name)}: {steps_in_words(picture.own.steps)}.")]
    lines += [wrapped(unlike_in_words(picture.unlikeness))]
    for model, answer in picture.answers.items():
        name = f"  {shortened(model, width):<{width}}  "
        lines.append(wrapped(f"{name}{answer_in_words(answer, classes)}", indent=len(name)))
    return list(filter(None, lines))


def steps_in_words(steps: Steps) -> str:
    """How a picture became 28 x 28 pixels, in a clause."""
    width, height = steps.size
    size = f"{width:,} x {height:,} pixels"
    if steps.layout == "as packed":
        done = ["rows and columns swapped"] if steps.transposed else []
        done += ["scaled as a whole"] if steps.size != [SIDE, SIDE] else []
        done += ["inverted"] if steps.light else []
        made = ", ".join(done) or "taken as it is"
        return f"{size}, prepared as the data of this run were packed: {made}"
    done = ["inverted to light on dark"] if steps.light else []
    if steps.layout == "as it is":
        return ", ".join([size, *(done or ["taken as it is"])])
    done += [f"what is below {steps.black} of 255 made black"] if steps.black else []
    kept = "scaled as a whole" if steps.layout == "as a whole" else "trimmed, scaled"
    return f"{', '.join([size, *done, kept])} to 28 x 28"


def unlike_in_words(found: Unlikeness | None) -> str:
    """That a picture is unlike the data, and by what; nothing where it is not."""
    if found is None or not found.is_unlike:
        return ""
    return (
        "Unlike the data: it is further from the nearest of the training pictures that the run keeps than"
        f" validation pictures are, but for {share(found.beyond)} of them. What networks say of it may mean"
        " nothing."
    )


def answer_in_words(answer: Answer, classes: Sequence[str]) -> str:
    """The most probable classes, and how far the seeds agree."""
    mean, label = answer.mean, answer.label
    order = (-mean).argsort(kind="stable").tolist()
    others = [one for one in order if one != label and mean[one] >= RUNNERS_UP]
    told = [f"{quoted(short(classes[one]))} {percent(mean[one])}" for one in [label, *others[:2]]]
    return f"{', '.join(told)}; {agreement(answer)}"


def agreement(answer: Answer) -> str:
    """How many seeds name the class, and which probability they give it."""
    number = len(answer.seeds)
    if number == 1:
        return f"by one {answer.word}, {answer.seeds[0]}"
    low, high = (percent(end) for end in answer.span)
    agreeing = f"all {number}" if answer.agreeing == number else f"{answer.agreeing} of {number}"
    said = f"{agreeing} {answer.word}s say so"
    return f"{said}, {low} to {high}" if low != high else f"{said}, {low} each"


def title(picture: Predicted, classes: Sequence[str]) -> str:
    """What the networks say, in one line; first that the picture is unlike the data, where it is."""
    said: dict[int, list[str]] = {}
    for model, answer in picture.answers.items():
        said.setdefault(answer.label, []).append(f"{model} {percent(answer.mean[answer.label])}")
    told = "; ".join(
        f"{quoted(short(classes[label]))} ({names(models, len(models))})" for label, models in said.items()
    )
    unlike = picture.unlikeness is not None and picture.unlikeness.is_unlike
    name = without_middle(printable(Path(picture.name).name), LONGEST)
    return f"{name}{' is unlike the data' if unlike else ''}: {told}"


def bad_in_words(name: str, reason: str) -> str:
    """A picture that could not be answered, in a sentence."""
    kinds = "PNG, JPEG, WebP, GIF, BMP, TIFF"
    return f"{printable(name)}: {reason}. Expected a picture ({kinds}) that can be read; else leave it out."


def without_likeness(run: str) -> str:
    """That a run can't tell what is unlike its data, and what makes that good."""
    return (
        f"{run} has no {LIKENESS}, so whether a picture is unlike its data can't be told; "
        f"`{command('inspect', run)}` makes it, with the data at hand"
    )
