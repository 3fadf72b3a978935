"""What is to be known of networks that were trained elsewhere, in words. It computes no numbers."""

from collections.abc import Collection, Iterable, Mapping
from math import sqrt

from configs.networks import Form
from data.splits import DataFacts
from model.comparison.origins import Elsewhere
from model.comparison.records import Model, Models
from model.report.words import names, percent, quoted, short

READS: dict[Form, str] = {  # of a network: what it is handed
    "unit": "pixels from 0 to 1",
    "byte": "pixels from 0 to 255",
    "standardised": "pixels standardised as Fashion-MNIST's are (less 0.286, by 0.353)",
    "inverted": "inverted pixels (from 1 to 0)",
}
BEYOND_NOISE = 1.96  # standard errors
MOST_NAMED = 6  # of networks
MOST_CLASSES = 4  # that are named where their order differs


def of_elsewhere(models: Models, data: DataFacts, skipped: Collection[str] = ()) -> list[str]:
    """What is to be known of networks that were trained elsewhere, in sentences; none where none was.

    `data` have the classes by label; `skipped` are the models that are not looked into.
    """
    brought = {name: one for name, entry in models.items() if (one := entry.elsewhere)}
    if not brought:
        return []
    alone = len(brought) == 1
    was, it, accuracy = (
        ("was", "it", "its accuracy is") if alone else ("were", "they", "their accuracies are")
    )
    told = [
        f"{names(list(brought), MOST_NAMED)} {was} trained elsewhere: on which pictures, how long and from"
        " which start is not known here, so there are no training curves, seconds and seeds, and a file has"
        f" the number that stands among the seeds of the config. If test pictures were among them, {accuracy}"
        " too high"
    ]
    if looked_into := [name for name in brought if name not in skipped]:
        told[0] += (
            f"; {_ranked(models, looked_into)} are ranked on validation pictures, which {it} may have been"
            " trained on. What is shown as untrained has random weights"
        )
    told[0] += "."
    for name, found in brought.items():
        told += [order_in_words(name, found, data), _pixels(name, found), _form(name, found)]
    return [sentence for sentence in told if sentence]


def _ranked(models: Models, brought: Iterable[str]) -> str:
    """What of these models is ranked: filters of those with convolutions, units of the others."""
    kinds = {"filters" if models[name].convolution_parameters else "units" for name in brought}
    return names(sorted(kinds))


def _pixels(name: str, found: Elsewhere) -> str:
    """How it reads pixels, and how often it is right so and otherwise."""
    counted, how = found.right, ""
    if found.order_differs:
        counted, how = found.right_in_order, ", each answer taken for the class that it fits best"
    right = f"right on {percent(counted[found.pixels])} of {found.images:,} training pictures"
    if found.asked != "auto":
        told = f"{name} is handed {READS[found.pixels]}, as its config asks: {right}{how}."
        return f"{told} {_few(name, found)}".strip()
    others = [
        f"{percent(share)} with {READS[form]}" for form, share in counted.items() if form != found.pixels
    ]
    told = f"{READS[found.pixels]}: {right}{how}; on {names(others, len(others))}."
    if found.mostly_wrong:
        return f"{name} is handed {told} {_few(name, found)}"
    if _stands_out(found.pixels, counted, found.images):
        return f"{name} reads {told}"
    return f"{name} is handed {told} In which form it reads them can't be told from that."


def _few(name: str, found: Elsewhere) -> str:
    """That so few of its answers are right that nothing else can be told; empty where most may be right."""
    if not found.mostly_wrong:
        return ""
    form = "the form of its pixels and " if len(found.right_in_order) > 1 else ""
    return (
        f"Whatever {form}the order of its classes, {name} is right on {percent(found.most_right)} of them"
        " at best: it may be untrained, or trained on other data."
    )


def _stands_out(pixels: Form, right: Mapping[Form, float], images: int) -> bool:
    """Whether it is right more often so than in any other form, by more than two draws of pictures differ."""
    best = right[pixels]
    next_best = max(share for form, share in right.items() if form != pixels)
    noise = BEYOND_NOISE * sqrt((best * (1 - best) + next_best * (1 - next_best) + 2 / images) / images)
    return best - next_best > noise


def order_in_words(name: str, found: Elsewhere, data: DataFacts) -> str:
    """That a network's answers seem to stand for other classes than the data's; empty where they don't."""
    classes = data.classes if found.order_differs else []
    moved = [
        f"{quoted(short(classes[label]))} for answer {answer}"
        for answer, label in enumerate(found.order)
        if answer != label and label < len(classes)
    ]
    if not moved:
        return ""
    return (
        f"{name} is right on {percent(found.right[found.pixels])} of {found.images:,} training pictures, and"
        f" would be on {percent(found.right_in_order[found.pixels])} with its classes in another order"
        f" ({names(moved, MOST_CLASSES)}): it may have been trained with other labels than these data have."
    )


def _form(name: str, found: Elsewhere) -> str:
    """What was made of it that is not in its file."""
    made = ["it gives logits, of which a softmax makes probabilities"] if found.logits else []
    made += [f"it was made to compute in {found.dtype}, and does so here in float32"] * (
        found.dtype != "float32"
    )
    return f"{name}: {'; '.join(made)}." if made else ""


def usual_in_words(models: Models) -> list[str]:
    """What networks reach that are about as large as one that was trained elsewhere, a sentence for each."""
    known = {name: one for name, entry in models.items() if (one := entry.elsewhere) and one.usual}
    return [_usual(name, found, models[name]) for name, found in known.items()]


def _usual(name: str, found: Elsewhere, entry: Model) -> str:
    sizes = []
    for one in found.usual:
        ends = (
            [percent(one.lowest)] if one.networks == 1 else [percent(one.lowest)[:-2], percent(one.highest)]
        )
        several = f" ({one.networks} networks)" if one.networks > 1 else ""
        sizes.append(f"with {one.parameters:,} parameters{several} on {' to '.join(ends)}")
    return (
        f"{name}, with {entry.parameters:,} parameters, is right on {percent(entry.accuracy.mean)} of the "
        f"test pictures; of networks recorded with this program, the nearest in size are right "
        f"{names(sizes)}."
    )
