"""What is to be known of a run beside its result: of its data, its trainings, its config and its rules."""

from contextlib import suppress

from configs.schema import Cnn, Config
from data.splits import DataFacts
from model.comparison.elsewhere import of_elsewhere, usual_in_words
from model.comparison.verdict import ONE_ANSWER
from model.experiment.report import Report
from model.report.words import names, numbered, percent, quoted
from model.run.folder import RunError, RunFolder
from model.run.rules import RULES, outdated, rules_of

MOST_CLASSES = 6  # that are named
MOST_TRAININGS = 6  # likewise


def of_data(data: DataFacts) -> list[str]:
    """A sentence for each thing that is to be known before anything is learned."""
    told, twice = [], data.duplicates
    if twice is not None:
        for count, size, split, earlier in (
            (twice.test_in_training, data.test, "test", "training"),
            (twice.test_in_validation, data.test, "test", "validation"),
            (twice.validation_in_training, data.validation, "validation", "training"),
        ):
            if count:
                are = "is" if count == 1 else "are"
                pictures = f"{count:,} of {size:,} {split} pictures"
                told.append(f"{pictures} {are} also among the {earlier} pictures, equal in every pixel.")
    for split in ("test", "validation"):
        lacking = [quoted(sizes.class_) for sizes in data.per_class if not getattr(sizes, split)]
        if lacking:
            word = "class" if len(lacking) == 1 else "classes"
            told.append(f"No {split} picture is of the {word} {names(lacking, MOST_CLASSES)}.")
    return told


def of_report(report: Report) -> list[str]:
    """The same, what is not trained yet or was elsewhere, what test pictures that were learned from give."""
    told, without = of_data(report.data), report.without_duplicates
    alike = {one.model for one in report.failed if one.reason == ONE_ANSWER and one.seed == report.seeds[0]}
    told += of_elsewhere(report.models, report.data, alike) + usual_in_words(report.models)
    for what, elsewhere in (("trained", None), ("taken from their files", True)):
        waiting = [
            f"{one.model} {numbered(one.seed, bool(elsewhere))}"
            for one in report.not_trained
            if one.elsewhere is elsewhere
        ]
        told += [f"Not {what} yet: {names(waiting, MOST_TRAININGS)}."] if waiting else []
    if None in without.values():
        told.append("No other test picture is left: how the models do on new ones can't be told.")
    elif without:
        each = [
            f"{name} {percent(share or 0)} ({percent(report.models[name].accuracy.mean)} with them)"
            for name, share in without.items()
        ]
        told.append(f"Right, without the test pictures that are also training pictures: {', '.join(each)}.")
    return told


def of_config(run: RunFolder, report: Report) -> list[str]:
    """What earlier rules did to its networks, and what these never met, as far as its config is known."""
    with suppress(RunError):
        config = run.config()
        changed = rules_of(report.environment) != RULES
        told = outdated(config, report.environment, report.data.train) if changed else []
        return told + _never_mirrored(config)
    return []


def _never_mirrored(config: Config) -> list[str]:
    """Of networks that answer mirror images, too, and were trained on none."""
    mirrored = [name for name, one in config.models.items() if isinstance(one, Cnn) and one.flip_at_test]
    if not mirrored or (config.data.augmentation and config.data.augmentation.flip):
        return []
    return [
        f"{names(mirrored, MOST_TRAININGS)}: trained on no mirror images (data.augmentation.flip), and asked "
        "about them, too (flip_at_test): where left and right differ, that may make answers worse."
    ]
