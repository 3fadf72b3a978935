"""What the comparison of two models comes to in words."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from configs.digests import setting_of, training_digest
from configs.schema import Config
from configs.values import LAST_SEED
from model.comparison.pairs import ToSee
from model.comparison.records import NOT_TRAINED, Comparison, Failure, Model, Models, ScoredSettings
from model.report.words import digits_for, names, percent, points, quoted, short

FAR_BELOW = 0.1  # training accuracy, from where on validation accuracy is a matter of concern
FEW = 10  # pictures of a class, on which a network may miss by chance what it knows
SAME_COST = 1.1  # a model up to a tenth larger counts as equally large
GUESSING = "no better than guessing"
ONE_ANSWER = "the same answer to every picture"
LABELS_DO_NOT_FIT = "the test labels do not fit the test pictures, or both are of another kind"
UNKNOWN_CAUSE = "; {source} can't say which made it better."


def no_comparison(
    baseline: str,
    candidate: str,
    models: Models,
    failed: Sequence[Failure],
    elsewhere: Collection[str] = (),
) -> str:
    """Say why two models can't be compared; nothing if they can.

    Those of `elsewhere` were not trained here.
    """
    trainings = [one for one in failed if one.is_training]
    sentences = []
    for name in (baseline, candidate):
        where, reasons = "has no result", [one.reason for one in trainings if one.model == name]
        if name in models:
            if not (broken := models[name].broken):
                continue
            accuracy, validation = (
                models[name].accuracy.mean,
                mean_by_seed(models[name], "validation_accuracy"),
            )
            if broken == LABELS_DO_NOT_FIT and validation is not None:
                learned = f"{percent(validation)} of the validation pictures"
                tested = f"{percent(accuracy)} of the test pictures, no more than guessing gives"
                sentences.append(
                    f"{name} is right on {learned}, and on {tested}: these test labels do not fit these test "
                    "pictures, or both are of another kind."
                )
                continue
            where = f"is at {percent(accuracy)}, no more than guessing gives"
            reasons = [broken]
        if not reasons or reasons[0] == NOT_TRAINED:
            done = "taken from its file" if name in elsewhere else "trained"
            sentences.append(f"{name} {where}: it is not {done} yet.")
            continue
        reason = f" ({reasons[0]})" if reasons[0] != GUESSING else ""
        if name in elsewhere:
            sentences.append(f"{name}, which was trained elsewhere, {where}{reason}.")
        else:
            sentences.append(f"{name} {where}: its training failed{reason}.")
    return " ".join([*sentences, "No comparison is made."]) if sentences else ""


def put_in_words(
    comparison: Comparison, models: Models, num_images: int, source: str = "this run"
) -> Comparison:
    """Say what a comparison of models from `source` comes to: the verdict, by the interval alone.

    Returns the comparison with its `verdict`, all sentences, and `words`, its parts: "answer", and where
    there is something to say "caution" (before all else), "agreement" (of the single trainings) and "cost" (a
    clause without its end).
    """
    caution = cautions({name: models[name] for name in (comparison.baseline, comparison.candidate)})
    words = {"caution": " ".join(caution)} if caution else {}
    words |= _words(comparison, models, num_images)
    verdict, unknown = " ".join(words.values()), UNKNOWN_CAUSE.format(source=source)
    return replace(comparison, words=words, verdict=verdict + unknown if "cost" in words else verdict)


def cautions(models: Models) -> list[str]:
    """What has to be known of networks before anything else: answers never given, learning that stays behind.

    The latter where validation accuracy is less than half as far above the share of the commonest class as
    that of the last epoch's training pictures, and `FAR_BELOW` it.
    """
    told = []
    for name, entry in models.items():
        if entry.broken:
            continue  # which is said with its reason
        if never := never_answered(entry):
            of_all = f" of {len(entry.per_class)} classes" if len(never) > 3 else ""
            told.append(f"{name} never answers {names(never)}{of_all}.")
        training, validation = (
            mean_by_seed(entry, "training_accuracy"),
            mean_by_seed(entry, "validation_accuracy"),
        )
        if training is None or validation is None:
            continue
        images = [row.images for row in entry.per_class]
        commonest = max(images) / max(sum(images), 1)
        if validation < min(training - FAR_BELOW, (training + commonest) / 2):
            told.append(
                f"{name} is right on {percent(training)} of the training pictures in its last epoch and on"
                f" {percent(validation)} of the validation pictures: less than half of what it learned"
                " carries over."
            )
    return told


def mean_by_seed(entry: Model, key: Literal["training_accuracy", "validation_accuracy"]) -> float | None:
    """The mean of an accuracy by seed, over the seeds that count and have it; None where none has."""
    by_seed: Mapping[str, float] = getattr(entry, key)
    values = [value for seed, value in by_seed.items() if seed in map(str, entry.seeds)]
    return sum(values) / len(values) if values else None


def never_answered(entry: Model) -> list[str]:
    """The classes that have test pictures, not only a few, and are no answer of any seed."""
    answers = [sum(column) for column in zip(*entry.confusion, strict=True)]
    return [
        quoted(short(row.class_))
        for row, count in zip(entry.per_class, answers, strict=False)  # a report alone may lack either
        if row.images >= FEW and not count
    ]


def _words(comparison: Comparison, models: Models, num_images: int) -> dict[str, str]:
    if comparison.over == "images":
        return {"answer": _one_training(comparison, models, num_images)}
    low, high = comparison.interval
    if low <= 0 <= high:
        return {"answer": _cannot_tell(comparison, _brought(comparison, models))}
    winner, loser = comparison.candidate, comparison.baseline
    if high < 0:
        winner, loser = loser, winner
    words = {"answer": _clear(comparison, num_images), "agreement": _agreement(winner, loser, models)}
    if cost := _cost(bigger_in(comparison, models)):
        words["cost"] = f"{'It' if winner == comparison.candidate else winner} {cost}"
    return words


def _one_training(comparison: Comparison, models: Models, num_images: int) -> str:
    candidate, baseline = comparison.candidate, comparison.baseline
    pictures = comparison.difference * num_images
    low, high = (end * num_images for end in comparison.interval)
    seeds = {name: models[name].seeds for name in (baseline, candidate)}
    single = [name for name in seeds if len(seeds[name]) == 1]
    brought = _brought(comparison, models)
    start, end = f"In this one training {candidate} was right on", "Another seed may differ."
    if len(single) == 1:  # some of its seeds failed, and the difference is one of means
        who = "it" if single == [candidate] else candidate
        start = f"{single[0]} has one training only, and {who} was right on about"
    elif brought or seeds[baseline] != seeds[candidate]:
        start = f"With one training each, {candidate} was right on"
    else:
        first = min(seeds[baseline][0], LAST_SEED - 2)
        end = f"Another seed may differ; seeds={first},{first + 1},{first + 2} measures it."
    size = f"{_counted(pictures, exact=True)} {_more(pictures)} {_plural('picture', pictures)}"
    if round(pictures) == 0:
        size = f"as many pictures as {baseline}"
    ends = f"{_counted(low)} {_more(low)} to {_counted(high)} {_more(high)}"
    if low > 0 or high < 0:
        ends = " to ".join(_counted(end) for end in sorted((low, high), key=abs))
    end = "Another training may differ." if brought else end
    return f"{start} {size} ({ends} with other test pictures). {end}"


def _brought(comparison: Comparison, models: Models) -> bool:
    """Whether one of two models was trained elsewhere, where nobody knows of seeds."""
    return any(models[name].elsewhere for name in (comparison.baseline, comparison.candidate))


def _cannot_tell(comparison: Comparison, brought: bool) -> str:
    digits = digits_for(comparison.interval)
    candidate, difference = comparison.candidate, comparison.difference
    low, high = (points(end, digits) for end in comparison.interval)
    ahead = f"{candidate} is {'ahead' if difference > 0 else 'behind'} by {points(difference, digits)} points"
    if float(points(difference, digits)) == 0:
        ahead = "neither is ahead"
    end = _to_see(comparison.to_see, "training" if brought else "seed")
    return (
        f"No difference can be seen: {ahead}, and anything from {low} behind to {high} ahead fits these "
        f"trainings. That does not make them equal{end}"
    )


def _to_see(needed: ToSee | None, one: str) -> str:
    """How the sentence that a difference can't be seen ends: what it would take, where that is known."""
    if needed is None:
        return "."
    wanted, more = needed.difference, needed.more_seeds
    to_see = f": to see a difference of {points(wanted, 1)}, "
    if more is None:
        return to_see + f"no number of {one}s would do; it takes more test pictures."
    if more == 0:
        return f", but a difference of {points(wanted, 1)} would very likely have been seen."
    return to_see + f"about {more} more {_plural(one, more)} would be needed."


def _clear(comparison: Comparison, num_images: int) -> str:
    difference, digits = comparison.difference, digits_for(comparison.interval)
    ends = " to ".join(points(end, digits) for end in sorted(comparison.interval, key=abs))
    better, fewer = ("better", "fewer") if difference > 0 else ("worse", "more")
    mistakes = abs(difference) * num_images
    return (
        f"{comparison.candidate} is {better} than {comparison.baseline} by "
        f"{points(difference, digits)} points ({ends}): about {_counted(mistakes)} {fewer} "
        f"{_plural('mistake', mistakes)} in {num_images:,}{_against_the_trend(comparison)}."
    )


def _against_the_trend(comparison: Comparison) -> str:
    """Classes that changed the other way, beyond what luck gives one of so many."""
    changes = [(row.class_, row.difference) for row in comparison.per_class if row.clear and row.difference]
    rows = [(name, change) for name, change in changes if change * comparison.difference < 0]
    rows.sort(key=lambda row: -abs(row[1]))
    if not rows:
        return ""
    better = rows[0][1] > 0
    changed, sign = ("got better", "+") if better else ("got worse", "−")
    sizes = [(name, f"({sign}{points(change, 1)})") for name, change in rows]
    if len(sizes) == 1:
        return f", but {sizes[0][0]} {changed} {sizes[0][1]}"
    *others, last = (" ".join(size) for size in sizes)
    return f", but {', '.join(others)} and {last} {changed}"


def _agreement(winner: str, loser: str, models: Models) -> str:
    won, lost = models[winner].accuracy.values, models[loser].accuracy.values
    if min(won) <= max(lost):
        return f"Single trainings overlap: the best of {loser} reaches the worst of {winner}."
    if len(won) != len(lost):
        return "All trainings agree."
    return "Both trainings agree." if len(won) == 2 else f"All {len(won)} trainings agree."


def bigger_in(comparison: Comparison, models: Models) -> dict[str, float]:
    """In what the model that is ahead is the bigger one, "size" or "arithmetic": how many times as big."""
    one, other = models[comparison.candidate], models[comparison.baseline]
    ahead, behind = (one, other) if comparison.difference > 0 else (other, one)
    size = ahead.parameters / behind.parameters
    arithmetic = ahead.flops_per_image / behind.flops_per_image
    times = {"size": size, "arithmetic": arithmetic}
    return {what: ratio for what, ratio in times.items() if ratio >= SAME_COST}


def _cost(times: Mapping[str, float]) -> str:
    """In what the winner is the bigger one, as `bigger_in` has it; empty if in nothing."""
    clauses = [f"is also {_times(times['size'])} times as large"] if "size" in times else []
    if "arithmetic" in times:
        clauses.append(f"{'' if clauses else 'also '}does {_times(times['arithmetic'])} times the arithmetic")
    return " and ".join(clauses)


class Scored(NamedTuple):
    """A model that was scored on the test images: by what it is known, its own first, and its setting.

    The setting (`configs.digests.setting_of`) is None where its config can't be read.
    """

    known_by: tuple[str, ...]
    setting: str | None


def scored_of(
    config_digest: str,
    config: Config | None,
    models: Iterable[str],
    trainings: Mapping[str, Sequence[str]] | None = None,
) -> list[Scored]:
    """Models of a run that were scored on its test images.

    `config` is None where it can't be read. Then the digests of `trainings` by model, as far as these tell
    them, say which of them are settings that other runs have, too.
    """
    found = []
    for name in models:
        told, setting = tuple((trainings or {}).get(name, ())), None
        if config and name in config.models:
            told = tuple(training_digest(config, name, seed) for seed in config.seeds)
            setting = setting_of(config, name)
        found.append(Scored((f"{config_digest} {name}", *told), setting))
    return found


def count_settings(
    scored: Iterable[Scored], comparisons: Sequence[Comparison], num_images: int, told: int = 1
) -> ScoredSettings:
    """Say how many settings have been scored on these test images, and what luck that buys the best.

    A setting is a network and its recipe, however many trainings and runs have it. A model of which it is not
    known counts as one of its own, unless another run that has the same config, or trainings of it, tells it.

    `scored` are the models of every run at hand that was scored on these images; the comparisons, of any of
    these runs, tell how far apart equal settings come to lie. `told` settings are known of already, perhaps
    of these very models.
    """
    from model.comparison.intervals import luck_of_the_best  # SciPy: who only reads a report needs none

    models = list(scored)
    known = {name: one.setting for one in models if one.setting for name in one.known_by}
    found = {
        one.setting or next((known[name] for name in one.known_by if name in known), one.known_by[0])
        for one in models
    }
    number = max(len(found), told)
    errors = [one.standard_error for one in comparisons if one.standard_error is not None]
    luck = luck_of_the_best(number, errors)
    size = "" if luck is None else f"about {points(luck, 1 if luck >= 0.0005 else 2)} points "
    sentence = (
        f"{number} settings have now been scored on these {num_images:,} pictures: the best of {number} equal"
        f" ones looks {size}better by luck."
    )
    return ScoredSettings(
        test_looks=number, test_luck=luck, test_looks_words=sentence if number > 1 else None
    )


def _counted(pictures: float, exact: bool = False) -> str:
    """How many, from 100 on to the nearest ten, since no more is known."""
    count = abs(pictures)
    return f"{round(count) if exact or count < 100 else 10 * round(count / 10):,}"


def _more(number: float) -> str:
    return "more" if number > 0 else "fewer"


def _plural(noun: str, number: float) -> str:
    return noun if round(abs(number)) == 1 else f"{noun}s"


def _times(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio < 9.95 else f"{float(f'{ratio:.2g}'):,.0f}"
