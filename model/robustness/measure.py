"""What perturbed test images do to a trained network: to its answers, and to the maps inside it.

TensorFlow is imported by the functions. What is told of their arrays is `model.robustness.curves`'s job.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from data.perturbations import perturb
from data.splits import Splits, choose_images
from data.storage import write_json, write_npz
from model.robustness.files import PICTURE
from model.run.jobs import Tell
from model.run.looks import Look

if TYPE_CHECKING:
    import keras

BATCH = 100  # images at a time whose maps are compared
ROUNDING = 1e-6  # of float32 sums, as a share: maps that differ less are the same


def num_questions(settings: Mapping[str, Any], labels: np.ndarray) -> int:
    """How many images a network is shown, about: what asking it costs."""
    per_class = settings["images_per_class"]
    images = len(labels) if per_class == "all" else min(len(labels), per_class * len(np.unique(labels)))
    maps = 2 * 2  # still and moved, trained and untrained
    return images * (1 + sum(len(strengths) - 1 for strengths in settings["strengths"].values()) + maps)


def measure_robustness(splits: Splits, tell: Tell, look: Look) -> None:
    """Ask one saved network about perturbed test images: robustness.npz, and robustness.json last.

    The look's settings are what `measured_with` in `files.py` says, among them the strengths of each kind.
    The arrays are `indices` into the test file and `labels` of the images; for each kind of perturbation
    `answers/KIND` uint8 (strengths, images); and of a network with convolutions, for the picture and every
    map, `changes/trained/LAYER` and `changes/untrained/LAYER` float32 (images,) as `map_changes` gives them.
    """
    model, untrained, facts = look.open(len(splits.class_names))
    labels, number = splits.test.labels, look.settings["images_per_class"]
    indices = np.arange(len(labels)) if number == "all" else choose_images(labels, number)
    images = splits.test.images[indices]
    arrays = {"indices": indices, "labels": labels[indices]}
    kinds = look.settings["strengths"]
    answers = answers_to(model, images, indices, kinds, lambda share: tell((0.8 * share, "", "perturbing")))
    arrays |= {f"answers/{kind}": given for kind, given in answers.items()}
    layers = [fact.name for fact in facts if fact.kind != "dense"]
    if layers:
        moved = perturb(images, indices, "shift", 1)
        for state, one in (("trained", model), ("untrained", untrained)):
            changes = map_changes(one, layers, images, moved)
            arrays |= {f"changes/{state}/{layer}": change for layer, change in changes.items()}
    write_npz(look.folder / "robustness.npz", arrays)
    write_json(look.folder / "robustness.json", look.identity | {"settings": look.settings})


def answers_to(
    model: "keras.Model",
    images: np.ndarray,
    indices: np.ndarray,
    kinds: Mapping[str, Sequence[float]],
    on_progress: Callable[[float], None],
) -> dict[str, np.ndarray]:
    """What a network takes images for, perturbed in every way.

    It makes probabilities of float32 (batch, 28, 28, 1) in [0, 1]. Images are uint8 (n, 28, 28), `indices`
    int (n,) where they are in their file. Of each kind of perturbation the strengths are given, of which 0 is
    the first. Returns per kind the classes, uint8 (strengths, n): the first row is of the untouched images.
    """
    from model.networks.answers import predict

    untouched = predict(model, images)[0].argmax(axis=1)
    answers = {}
    for number, (kind, strengths) in enumerate(kinds.items(), 1):
        perturbed = [perturb(images, indices, kind, strength) for strength in strengths[1:]]
        given = predict(model, np.concatenate(perturbed))[0].argmax(axis=1)
        answers[kind] = np.vstack([untouched, given.reshape(-1, len(images))]).astype(np.uint8)
        on_progress(number / len(kinds))
    return answers


def map_changes(
    model: "keras.Model", layers: Sequence[str], images: np.ndarray, moved: np.ndarray
) -> dict[str, np.ndarray]:
    """How much maps change when the picture moves, for whoever reads them always at the same place.

    That is ||f(moved x) - f(x)|| over all places and channels of the map f, in units of the root mean square
    of ||f(x) - f(x')|| over pairs of different images: 0 is no change at all, 1 as much as another image
    would make. Unlike a share of ||f(x)||, it is the same whatever constant is added to a map and by
    whatever it is multiplied, so layers can be compared, before and after a pooling, trained or not.

    Images, also `moved`, are uint8 (n, 28, 28), `layers` names of convolutions and poolings. Returns for the
    picture itself and each layer float32 (n,); 0 for maps that are the same for all images.
    """
    import keras
    import tensorflow as tf

    from model.networks.as_arrays import compile_for_images, to_input

    names = (PICTURE, *layers)
    maps_of = keras.Model(model.inputs, {layer: model.get_layer(layer).output for layer in layers})

    def compare(pairs: tf.Tensor) -> list[tuple[tf.Tensor, ...]]:
        maps = maps_of(to_input(pairs)) | {PICTURE: to_input(pairs)}
        found = []
        for values in (maps[name] for name in names):
            still, after = tf.split(tf.reshape(values, (tf.shape(pairs)[0], -1)), 2)
            squares = tf.reduce_sum(still**2, axis=1)
            found.append((tf.norm(after - still, axis=1), squares, tf.reduce_sum(still, axis=0)))
        return found

    comparing = compile_for_images(compare)
    distances: dict[str, list[np.ndarray]] = {name: [] for name in names}
    squares, sums = dict.fromkeys(names, 0.0), dict.fromkeys(names, np.zeros(()))
    for first in range(0, len(images), BATCH):
        part = slice(first, first + BATCH)
        for name, found in zip(names, comparing(np.concatenate([images[part], moved[part]])), strict=True):
            distances[name].append(found[0].numpy())
            squares[name] += float(found[1].numpy().sum(dtype=np.float64))
            sums[name] = sums[name] + found[2].numpy().astype(np.float64)
    return {
        name: np.concatenate(distances[name]) / _between(squares[name], sums[name], len(images))
        for name in names
    }


def _between(squares: float, sums: np.ndarray, count: int) -> np.float32:
    """Root mean square of the distance between two different of `count` maps; infinite if it is 0."""
    # the mean of ||a - b||^2 over pairs is twice the sum of the places' variances
    variances = (squares - float((sums**2).sum()) / count) / max(count - 1, 1)
    differ = variances > ROUNDING * squares / count
    return np.float32(np.sqrt(2 * variances)) if differ else np.float32(np.inf)
