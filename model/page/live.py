"""What the page needs to run the networks itself: test pictures to choose from, networks, their passports."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from configs.schema import Config
from data.splits import Split
from model.inspection.files import Inspection, read_inspection
from model.networks.facts import layer_facts
from model.page.contents import block
from model.page.networks import live_network, live_passports, off_in_words
from model.report.words import numbered
from model.run.folder import RunError, RunFolder

NUM_PICTURES = 200  # in the page
OF_A_GROUP = 24  # of them, on which networks differ or are wrong
TEXT_OF_A_WEIGHT = 16 / 3  # characters: four bytes in base64


def live(
    run: RunFolder,
    config: Config,
    test: Split,
    class_names: Sequence[str],
    answers: Mapping[str, np.ndarray],
    groups: Mapping[str, np.ndarray],
    looked_into: Collection[str],
    room: int,
) -> dict[str, Any]:
    """Put together what the page's script runs: of the networks of the run's first seed.

    `answers` are of the models that have a usable training of this seed, `looked_into` those whose inspection
    is of these networks. `groups` are more test pictures to choose from, by what is said of them: indices
    into the test file. `room` is how many characters of text networks may take; from the first on, as many as
    fit.

    Returns `classes`, `pictures` and, by model, `networks`, or in `not_live` the reason in words; `shown` are
    the test pictures that passports tell of.
    """
    indices = chosen(test.labels, groups)
    seed = config.seeds[0]
    networks: dict[str, Any] = {}
    not_live: dict[str, str] = {}
    shown: set[int] = set()
    for model, network in config.models.items():
        size = TEXT_OF_A_WEIGHT * sum(fact.parameters for fact in layer_facts(network, len(class_names)))
        path = run.seed_folder(model, seed) / "model.keras"
        which = numbered(seed, model in config.elsewhere)
        try:
            if model not in answers:
                raise RunError(f"{which} has no training that can be used")
            if size > room:
                raise RunError(f"it takes {_mega(size)}, and the page has {_mega(room)} left for it")
            run.vouch_for(path)
            found = live_network(path, network, len(class_names), test.images[indices])
            passports: tuple[dict[str, Any], list[int]] = ({}, [])
            if model in looked_into:
                passports = _passports(run, model, class_names, config)
            off = off_in_words(config.inspection.replacement if passports[0] else "zero")
            one = {"seed": seed, "which": which, **found, "passports": passports[0], "off": off}
            room -= _characters(one)
        except RunError as error:
            not_live[model] = str(error)
        else:
            networks[model] = one
            shown |= set(passports[1])
    return {
        "classes": list(class_names),
        "pictures": _pictures(test, indices)
        | {
            "groups": {name: _places(indices, some) for name, some in groups.items() if len(some)},
            "totals": {name: len(some) for name, some in groups.items() if len(some)},
        },
        "shown": _pictures(test, np.array(sorted(shown), int)),
        "networks": networks,
        "not_live": not_live,
    }


def _characters(network: Mapping[str, Any]) -> int:
    """How many a network takes in the page."""
    try:
        return len(block(network))
    except ValueError:
        raise RunError("some of the numbers it works with are not finite") from None


def _mega(size: float) -> str:
    return f"{size / 1e6:,.1f} MB"


def chosen(labels: np.ndarray, groups: Mapping[str, np.ndarray]) -> np.ndarray:
    """Which test pictures are in the page, by index: of each class the first, then of each group the first.

    As many of each class as there is room for beside the groups; what is left over are the first of the file.
    """
    of_groups = [some[:OF_A_GROUP] for some in groups.values()]
    classes = np.unique(labels)
    each = max(1, (NUM_PICTURES - sum(map(len, of_groups))) // max(1, len(classes)))
    of_classes = [np.flatnonzero(labels == label)[:each] for label in classes]
    wanted = np.concatenate([*of_classes, *of_groups, np.arange(len(labels))]).astype(int)
    return np.array(list(dict.fromkeys(wanted.tolist()))[:NUM_PICTURES], int)


def _places(indices: np.ndarray, group: np.ndarray) -> list[int]:
    """Where the pictures of a group stand among those of the page."""
    return [int(np.flatnonzero(indices == one)[0]) for one in group[:OF_A_GROUP] if one in indices]


def _pictures(test: Split, indices: np.ndarray) -> dict[str, Any]:
    labels = test.labels[indices].tolist()
    return {"pixels": test.images[indices], "labels": labels, "indices": indices.tolist()}


def _passports(
    run: RunFolder, model: str, class_names: Sequence[str], config: Config
) -> tuple[dict[str, Any], list[int]]:
    """What is known of the filters of a model, and the test pictures that this tells of."""
    try:
        found = read_inspection(run.inspection_folder(model))
    except RunError:
        return {}, []
    if not isinstance(found, Inspection):
        return {}, []
    return live_passports(found, class_names, config.inspection.replacement, model in config.elsewhere)


def groups_of(
    labels: np.ndarray, answers: Mapping[str, np.ndarray], pair: Sequence[str], which: str
) -> dict[str, np.ndarray]:
    """On which test pictures only one of two models is right, by what is said of them: indices.

    `answers` are the predicted classes (num_test,) by model, of the trainings that `which` names. Empty for
    one model.
    """
    if len(pair) < 2:
        return {}
    (one, right), (other, also) = ((model, answers[model] == labels) for model in pair)
    told = ((one, other, right & ~also), (other, one, also & ~right))
    return {f"Only {a} is right, not {b}, {which}": np.flatnonzero(where) for a, b, where in told}
