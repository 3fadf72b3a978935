# ruff: noqa: E501  a pattern stands as its sentence does, in one line
"""Tables of the reports, cell by cell: a check for each kind, known by its head."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.strangers import second_way
from tests.strangers.evidence import Evidence, Model
from tests.strangers.grammar import KINDS, Fault, Number, Said, Wrong, agree, agree_share, claim, says
from tests.strangers.reports import agree_duration, agree_work
from tests.strangers.told import Table
from tests.strangers.verdicts import agree_ends, balanced, uneven

CHECKS: list[tuple[re.Pattern[str], Callable[..., None]]] = []


def table(head: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The check of tables with such a head, its cells joined by bars; it is called with every row by column."""

    def known(check: Callable[..., None]) -> Callable[..., None]:
        CHECKS.append((re.compile(head), check))
        return check

    return known


def faults(e: Evidence, found: Table) -> Iterator[Fault]:
    """What of a table is wrong or not known."""
    head = "|".join(found.head)
    check = next((check for pattern, check in CHECKS if pattern.fullmatch(head)), None)
    if check is None:
        yield Fault(Said(head, found.where), head, "no check knows this table")
    for row in found.rows if check else ():
        try:
            check(e, found.head, row)  # type: ignore[misc]
        except Wrong as wrong:
            yield Fault(Said(head, found.where), " | ".join(row), str(wrong))


def mean_and_deviation(what: str, told: str, values: np.ndarray) -> None:
    """ "0.8897 ± 0.0010", the latter where there are several seeds."""
    mean, _, deviation = told.partition(" ± ")
    agree(what, Number(mean), float(values.mean()))
    of_seeds = values.mean(axis=1)
    claim(bool(deviation) == (len(of_seeds) > 1), f"{len(of_seeds)} seeds")
    if deviation:
        agree(f"deviation of {what}", Number(deviation), float(np.std(of_seeds, ddof=1)))


def ends_of(text: str) -> tuple[Number, Number]:
    """ "0.8839 to 0.8952" as two numbers."""
    low, _, high = text.partition(" to ")
    return Number(low), Number(high)


def scores(model: Model, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Per seed and picture: among the first two, loss, Brier score."""
    top_2, loss, brier = [], [], []
    for seed in model.seeds:
        answers, of_label = model.answers[seed], model.answers[seed][np.arange(len(labels)), labels]
        above = np.sum(answers > of_label[:, None], axis=1)
        before = [int(np.sum(row[:label] == row[label])) for row, label in zip(answers, labels, strict=True)]
        top_2.append((above + before < 2).astype(float))
        loss.append(-np.log(np.maximum(of_label, 1e-12)))
        wanted = np.eye(answers.shape[1])[labels]
        brier.append(np.sum((answers - wanted) ** 2, axis=1))
    return {"top_2": np.array(top_2), "loss": np.array(loss), "brier": np.array(brier)}


@table(
    r"model\|accuracy\|interval\|validation accuracy(?:\|balanced accuracy)?\|top-2 accuracy\|log loss\|Brier score\|calibration error"
)
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    model, found = e.models[row[0]], e.mean(row[0])
    row = _without_balanced(e, head, row)
    mean_and_deviation("accuracy", row[1], model.right)
    agree_ends(ends_of(row[2]), found.low, found.high, 1)
    agree("validation accuracy", Number(row[3]), model.validation)
    for told, values in zip(row[4:7], scores(model, e.data.test_labels).values(), strict=True):
        mean_and_deviation("a score", told, values)
    agree("calibration error", Number(row[7]), second_way.calibration_error(model.sure, model.right))


@table(
    r"model\|seeds\|epochs\|precision\|parameters\|of these in convolutions\|FLOPs per picture\|training seconds.*"
)
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    model = e.models[row[0]]
    if model.is_from_elsewhere:
        claim(row[1] == row[2] == row[3] == row[7] == "not known", "nobody knows how it was trained")
    else:
        claim(row[1] == ", ".join(map(str, model.seeds)), f"the seeds are {model.seeds}")
        epochs = [len(rows) for rows in model.histories.values()]
        claim(row[2] in (f"{min(epochs)} to {max(epochs)}", str(max(epochs))), f"the epochs are {epochs}")
        claim(row[3] == ", ".join(sorted({m["precision"] for m in model.metrics.values()})), "the precision")
        agree("train_seconds", Number(row[7]), model.seconds("train_seconds"))
    counts = (model.first.parameters, model.first.parameters_in_convolutions, 2 * model.first.multiply_adds)
    for told, value in zip(row[4:7], counts, strict=True):
        agree("a count", Number(told), value)
    for told, key in zip(row[8:], ("predict_one_seconds", "predict_seconds"), strict=True):
        agree(key, Number(told), model.seconds(key))


@table(r"model\|right\|95 %\|validation\|single trainings\|parameters\|MFLOP a picture\|training")
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    model, found = e.models[row[0]], e.mean(row[0])
    agree_share("validation accuracy", Number(row[3]), model.validation)
    row = (*row[:3], *row[4:])
    agree_share("accuracy", Number(row[1]), found.value)
    agree_ends(ends_of(row[2]), found.low, found.high)
    singles = row[3].removesuffix(", …").split(", ")
    claim(len(singles) == min(5, len(model.seeds)), "one number a seed, five at most")
    for told, value in zip(singles, model.right.mean(axis=1), strict=False):
        agree_share("a training", Number(told), float(value))
    agree("parameters", Number(row[4]), model.first.parameters)
    agree_work(Number(row[5]), model)
    agree_duration(row[6].replace(",", ""), model.seconds("train_seconds"))


@table(
    r"model\|parameters\|in convolutions\|MFLOP a picture\|epochs\|training\|one picture\|all test pictures"
)
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    model = e.models[row[0]]
    agree("parameters", Number(row[1]), model.first.parameters)
    agree("in convolutions", Number(row[2]), model.first.parameters_in_convolutions)
    agree_work(Number(row[3]), model)
    agree_duration(row[5].replace(",", ""), model.seconds("train_seconds"))
    agree("one picture", Number(row[6].removesuffix(" ms")), model.seconds("predict_one_seconds"), 1000)
    agree_duration(row[7].replace(",", ""), model.seconds("predict_seconds"))


@table(r"comparison\|points\|95 %\|only the first right\|only the second right")
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    candidate, _, baseline = row[0].partition(" against ")
    found = e.difference(baseline, candidate)
    agree("the difference", Number(row[1]), found.value, 100)
    agree_ends(ends_of(row[2]), found.low, found.high)
    _only(e, candidate, baseline, row[3])
    _only(e, baseline, candidate, row[4])


def _only(e: Evidence, one: str, other: str, told: str) -> None:
    """Pictures that only one of two trainings of the same seed gets right, of up to five seeds."""
    counts = counts_of(e, one, other)
    claim(told == ", ".join(str(count) for count in list(counts.values())[:5]), f"they are {counts}")


def counts_of(e: Evidence, one: str, other: str) -> dict[int, int]:
    """By seed, how many pictures only the first of two models gets right."""
    a, b = e.models[one], e.models[other]
    right = {name: dict(zip(m.seeds, m.right, strict=True)) for name, m in ((one, a), (other, b))}
    return {s: int(np.sum(right[one][s] > right[other][s])) for s in e.seeds if s in a.seeds and s in b.seeds}


@table(r"training\|only (.+) right\|only (.+) right")
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    one, other = (cell.removeprefix("only ").removesuffix(" right") for cell in head[1:])
    agree("only the baseline", Number(row[1]), counts_of(e, one, other)[int(row[0])])
    agree("only the candidate", Number(row[2]), counts_of(e, other, one)[int(row[0])])


def label_of(e: Evidence, name: str) -> int:
    names = [" ".join(one.split()) for one in e.classes]
    claim(name in names, f"{name} is no class")
    return names.index(name)


def per_class(e: Evidence, name: str, label: int) -> dict[str, float | None]:
    """Recall, precision and F1 of a class, from the counts; None where there is nothing to divide by."""
    hits = sum(float(cells) for cells in [e.models[name].confusion[label, label]])
    found, given = float(np.sum(e.data.test_labels == label)), float(e.models[name].confusion[:, label].sum())
    return {
        "accuracy": hits / found if found else None,
        "precision": hits / given if given else None,
        "f1": 2 * hits / (found + given) if found + given else None,
    }


@table(r"class\|test pictures\|.*")
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    label = label_of(e, row[0])
    agree("test pictures", Number(row[1]), int(np.sum(e.data.test_labels == label)))
    for name, told in zip(head[2:], row[2:], strict=True):
        values = per_class(e, name, label)
        if told in ("no pictures", "no answers", "neither"):
            key = {"no pictures": "accuracy", "no answers": "precision", "neither": "f1"}[told]
            claim(values[key] is None, f"there are some: {values}")
        else:  # which of the three tables it is, the heading says: one of them it must be
            near = [v for v in values.values() if v is not None and abs(Number(told) - v) <= 0.000051]
            claim(near, f"{name} has {values}")


@table(r"class\|difference\|interval\|clear, of so many classes")
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    label = label_of(e, row[0])
    if row[1] == "no pictures":
        claim(not (e.data.test_labels == label).any(), "there are some")
        return
    pairs = [pair for pair in e.pairs if _fits(e, pair, label, row)]
    claim(pairs, f"{[e.difference(*pair, label) for pair in e.pairs]}")


def _fits(e: Evidence, pair: tuple[str, str], label: int, row: tuple[str, ...]) -> bool:
    found = e.difference(*pair, label)
    try:
        agree("the difference", Number(row[1]), found.value)
        agree_ends(ends_of(row[2]), found.low, found.high, 1)
    except Wrong:
        return False
    return (row[3] == "yes") == clear_of(e, pair)[label]


def clear_of(e: Evidence, pair: tuple[str, str]) -> list[bool]:
    """Which classes differ, all of them allowed for."""
    present = [(e.data.test_labels == label).any() for label in range(len(e.classes))]
    p_values = [e.difference(*pair, label).p_value if there else None for label, there in enumerate(present)]
    return second_way.clear_after_all(p_values)


@table(r"class\|.*\|pictures")
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    label = label_of(e, row[0])
    agree("pictures", Number(row[-1]), int(np.sum(e.data.test_labels == label)))
    for place in range(1, len(head) - 1):
        cell, column = row[place], head[place]
        if column in e.models:
            value = per_class(e, column, label)["accuracy"]
            claim((cell == "–") == (value is None), "a dash where there is nothing")
            if value is not None:
                agree_share(column, Number(cell), value)
        elif " − " in column and cell != "–":
            candidate, _, baseline = column.partition(" − ")
            found = e.difference(baseline, candidate, label)
            agree("the difference", Number(cell), found.value, 100)
            agree_ends(ends_of(row[place + 1]), found.low, found.high)


def _without_balanced(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> tuple[str, ...]:
    """The row without balanced accuracy, which is checked, and stands where classes differ in size."""
    claim(
        ("balanced accuracy" in head) == uneven(e),
        f"classes are of the sizes {np.bincount(e.data.test_labels)}",
    )
    if "balanced accuracy" not in head:
        return row
    place = head.index("balanced accuracy")
    share = "%" in row[place]
    (agree_share if share else agree)("balanced accuracy", Number(row[place]), balanced(e, row[0]))
    return row[:place] + row[place + 1 :]


@table(
    r"model\|among its first two(?:\|balanced accuracy)?\|log loss\|Brier score\|calibration error\|right when .*\|how sure\|trained in"
)
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    model, row = e.models[row[0]], _without_balanced(e, head, row)
    found = scores(model, e.data.test_labels)
    agree_share("among the first two", Number(row[1]), float(found["top_2"].mean()))
    agree("loss", Number(row[2]), float(found["loss"].mean()))
    agree("Brier score", Number(row[3]), float(found["brier"].mean()))
    agree_share("calibration error", Number(row[4]), second_way.calibration_error(model.sure, model.right))
    agree_share("a tenth left out", Number(row[5]), second_way.left_out(model.sure, model.right, 0.1))
    agree_share("how sure", Number(row[6]), float(model.sure.mean()))


@table(r"class\|.+: precision\|F1.*")
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    for place in range(1, len(head), 2):
        values = per_class(e, head[place].removesuffix(": precision"), label_of(e, row[0]))
        for told, key in zip(row[place : place + 2], ("precision", "f1"), strict=True):
            claim((told == "–") == (values[key] is None), f"{key}: {values[key]}")
            if told != "–":
                agree_share(key, Number(told), values[key])


@table(r"what\|is")
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    key, told = row
    made: dict[str, Any] = json.loads((e.run / "environment.json").read_text(encoding="utf-8"))
    known = {"Seeds": ", ".join(map(str, e.seeds)), "Config's sha256": made["config_digest"]}
    known |= {"Its sha256": made["data_digest"]}
    sizes = [f"{len(part):,}" for part in (*e.splits, e.data.test_labels)]
    known |= {"Test": "each training was scored once, at its last epoch; nothing was chosen by it"}
    for name, model in e.models.items():
        if model.is_from_elsewhere:
            known["Test"] = "each network was scored once; nothing was chosen by it"
            [stored] = (model.folder / f"seed-{seed}" / "original.keras" for seed in e.seeds)
            digest = hashlib.sha256(stored.read_bytes()).hexdigest()
            name_of_file = Path(model.settings["file"]).name
            kept = "the run keeps a copy, original.keras"
            known[name] = f"trained elsewhere: {name_of_file}, sha256 {digest}; {kept}"
    if key == "Data":
        claim(
            told.endswith(f": {sizes[0]} training, {sizes[1]} validation, {sizes[2]} test pictures"),
            f"{sizes}",
        )
        claim(told.startswith(e.data.title), "the title")
    elif key in known:
        claim(told == known[key], f"it is {known[key]}")


@table(r"strength\|.*")
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    """A row of a kind of perturbation; which kind, the heading says: it must fit one."""
    claim(
        any(_fits_kind(e, kind, head, row) for kind in e.kinds), "no kind of perturbation has these numbers"
    )


def _fits_kind(e: Evidence, kind: str, head: tuple[str, ...], row: tuple[str, ...]) -> bool:
    try:
        strength = e.kinds[kind].index(float(row[0]))
        for column, cell in zip(head[1:], row[1:], strict=True):
            value, _, ends = cell.partition(" (")
            candidate, _, baseline = column.partition(" − ")
            found = e.perturbed(kind, strength, candidate, baseline)
            agree(column, Number(value), found.value)
            agree_ends(ends_of(ends.removesuffix(")")), found.low, found.high, 1)
    except (Wrong, ValueError):
        return False
    return True


@table(r"model\|same answer(?:\|.*)?")
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    found = e.kept_answers(row[0])
    value, _, ends = row[1].partition(" (")
    agree("the same answers", Number(value), found.value)
    agree_ends(ends_of(ends.removesuffix(")")), found.low, found.high, 1)
    for cell in row[2:]:
        if cell:
            layer, trained, before = re.fullmatch(r"(\S+) (\S+) \((\S+)\)", cell).groups()  # type: ignore[union-attr]
            for told, state in ((trained, "trained"), (before, "untrained")):
                agree(layer, Number(told), e.changes(row[0], f"changes/{state}/{layer}"))


# Layer by layer --------------------------------------------------------------------------------------------


def agree_layer(
    e: Evidence, models: list[str], name: str, kind: str, shape: str, parameters: Number, work: Number
) -> None:
    """A layer as the saved network of the first of these models has it; which one, where none is named."""
    faults, (name, _, theirs) = [], name.removesuffix(")").partition(" (")
    for model in models:
        if theirs and theirs not in e.models[model].names_of_file:
            faults.append(f"{model}: its file has no {theirs}")
            continue
        found = {layer.name: layer for layer in e.models[model].first.layers}
        layer = found.get(name)
        if layer is None:
            faults.append(f"{model} has no {name}")
            continue
        sides = " x ".join(f"{side:,}" for side in layer.output.shape[1:])
        count, flops = layer.count_params(), 2 * e.models[model].first.multiply_adds_of(layer)
        right = layer.__class__.__name__ == kind and sides == shape and count == parameters
        if right and abs(work - flops / 1e6) <= work.half and (work > 0 or not flops):
            return
        faults.append(f"{model}: {layer.__class__.__name__}, {sides}, {count:,}, {flops:,}")
    claim(False, "; ".join(faults))


def agree_sum(e: Evidence, models: list[str], parameters: Number, work: Number) -> None:
    """What all layers of one of these models add up to."""
    sums = [
        (e.models[model].first.parameters, 2 * e.models[model].first.multiply_adds / 1e6) for model in models
    ]
    claim(any(parameters == n and abs(work - mega) <= work.half for n, mega in sums), f"{sums}")


@table(r"(?:.+: )?layer\|type\|output shape\|parameters\|MFLOP")
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    named = head[0].removesuffix("layer").removesuffix(": ")
    models = named.split(", ") if named else list(e.models)
    if row[0] == "all":
        agree_sum(e, models, Number(row[3]), Number(row[4]))
    else:
        agree_layer(e, models, row[0], row[1], row[2], Number(row[3]), Number(row[4]))


KINDS["named"] = r"\w+(?: \(\w+\))?"  # in brackets: as the file calls it
KINDS["shape"] = r"[\d,]+(?: x [\d,]+)*"
TYPES = "Conv2D|MaxPooling2D|AveragePooling2D|Flatten|Dense|Dropout|BatchNormalization|Activation|ReLU|LeakyReLU|ELU|Rescaling|Average"


@says("<who:names> layer type output shape parameters MFLOP", "<who:names>")
def _(e: Evidence, at: Said, who: str) -> None:
    e.layered = who.split(", ")  # type: ignore[attr-defined]


@says("mirror_mean: what comes before it once more, of the mirror image, and the mean of both")
def _(e: Evidence, at: Said) -> None:
    claim(any(model.first.mirrored for model in e.models.values()), "no network looks at mirror images")


@says(f"<name:named> <kind:{TYPES}> <shape:shape> <parameters:n> <work:n>", "all <parameters:n> <work:n>")
def _(
    e: Evidence, at: Said, parameters: Number, work: Number, name: str = "", kind: str = "", shape: str = ""
) -> None:
    if name:
        agree_layer(e, e.layered, name, kind, shape, parameters, work)  # type: ignore[attr-defined]
    else:
        agree_sum(e, e.layered, parameters, work)  # type: ignore[attr-defined]
