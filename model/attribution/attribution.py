"""Which pixels speak for a class: Grad-CAM, integrated gradients and occlusion.

Each answers another question, so all three stand side by side, and `model.attribution.faithfulness`
measures whether the answer holds for the network at hand.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from data.splits import Splits
from data.storage import write_json, write_npz
from model.attribution.faithfulness import BLOCK, faithfulness, thirds
from model.networks.as_arrays import pick
from model.networks.facts import SIDE, LayerFacts, Span, receptive_field
from model.networks.take_apart import weights_of

BATCH = 250  # images in one graph call
NUM_TESTED = 200  # test images on which the methods are put to the test
FIRST_STEPS, MOST_STEPS = 16, 1296  # of the path integral
METHODS = {"grad_cam": "Grad-CAM", "integrated_gradients": "integrated gradients", "occlusion": "occlusion"}
RULE = "first test picture of each class"


class Gradients:
    """A saved network, opened for questions about its logits: what `probabilities` has before softmax.

    It takes float32 (batch, 28, 28, 1) in [0, 1]. Grad-CAM looks at the last convolution of its layers, which
    `facts` has; where an answer is also of the mirror image, at its maps of the picture as it is.
    """

    def __init__(self, model: keras.Model, facts: list[LayerFacts]) -> None:
        last = model.get_layer("probabilities")
        convolutions = [fact.name for fact in facts if fact.kind == "conv"]
        self.layer = convolutions[-1] if convolutions else None
        self.field = receptive_field(facts, self.layer) if self.layer else None
        maps = model.get_layer(self.layer).output if self.layer else model.input
        body = keras.Model(model.input, [maps, last.input])
        kernel, bias = (tf.constant(weights) for weights in weights_of(last))

        def answer(images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            maps, hidden = body(images, training=False)
            return maps, tf.matmul(hidden, kernel) + bias

        def slope(images: tf.Tensor, targets: tf.Tensor, of_maps: bool) -> tuple[tf.Tensor, tf.Tensor]:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(images)
                maps, logits = answer(images)
                logit = pick(logits, targets)
            if of_maps:
                return maps, tape.gradient(logit, maps)
            return logit, tape.gradient(logit, images)

        batch = tf.TensorSpec((None, SIDE, SIDE, 1), tf.float32)
        labels = tf.TensorSpec((None,), tf.int32)
        # no Python condition depends on a tensor: TensorFlow need not rewrite anything, which takes time
        compiled = partial(tf.function, autograph=False)
        self._logits = compiled(lambda x: answer(x)[1], [batch])
        self._pixel_slopes = compiled(lambda x, t: slope(x, t, False), [batch, labels])
        self._map_slopes = compiled(lambda x, t: slope(x, t, True), [batch, labels])

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Logits float32 (n, num_classes) of images float32 (n, 28, 28)."""
        return np.concatenate([self._logits(batch[..., None]).numpy() for batch in _batches(images)])

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Class probabilities float64 (n, num_classes) of images float32 (n, 28, 28)."""
        logits = self.logits(images).astype(np.float64)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    def pixel_slopes(self, images: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Each image's target logit (n,) and its gradient by the pixels, float32 (n, 28, 28)."""
        logits, slopes = self._in_batches(self._pixel_slopes, images, targets)
        return logits, slopes[..., 0]

    def map_slopes(self, images: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The maps of the last convolution and the target logit's gradient by them, (n, h, w, c) each."""
        return self._in_batches(self._map_slopes, images, targets)

    def _in_batches(
        self, function: Callable[..., Any], images: np.ndarray, targets: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        pairs = zip(_batches(images), _batches(targets.astype(np.int32)), strict=True)
        parts = [function(batch[..., None], asked) for batch, asked in pairs]
        return np.concatenate([p[0].numpy() for p in parts]), np.concatenate([p[1].numpy() for p in parts])


def grad_cam(network: Gradients, images: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Where the last convolution speaks for the target (Selvaraju et al. 2017, arXiv 1610.02391, eq. 1, 2).

    A filter's weight is the mean gradient of the target logit over its map; the weighted maps are added
    and what is negative is cut off. A pixel has the value of the cell whose receptive field has its
    centre nearest to it: blocks, since the map has no finer detail than its cells.

    Takes images float32 (n, 28, 28) in [0, 1] and the class that each is asked about, int (n,). Returns
    float32 (n, 28, 28), at least 0.

    Raises:
        ValueError: the network has no convolution.
    """
    if network.field is None:
        raise ValueError("Grad-CAM looks at a convolution, and this network has none")
    maps, slopes = network.map_slopes(images, targets)
    cells = np.maximum(np.einsum("nhwc,nc->nhw", maps, slopes.mean(axis=(1, 2))), 0)
    _, height, width = cells.shape
    rows, columns = _nearest(network.field.rows, height), _nearest(network.field.columns, width)
    return cells[:, rows][:, :, columns]


def _nearest(field: Span, places: int) -> np.ndarray:
    """For each row (or column) of a picture the place of a map whose field has its centre nearest to it."""
    first_centre = field.offset + (field.size - 1) / 2
    # halves are rounded up, so that every place has as many pixels
    nearest = np.floor((np.arange(SIDE) - first_centre) / field.stride + 0.5).astype(int)
    return np.clip(nearest, 0, places - 1)


def integrated_gradients(
    network: Gradients, images: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """How the target logit comes about on the way from black (Sundararajan et al. 2017, arXiv 1703.01365).

    Pixel times the mean gradient along the straight path `a * image`, a from 0 to 1 (their eq. 1). The
    integral is taken over s with a = s * s by the midpoint rule: near black, where the gradient of a ReLU
    network changes most, the steps are shortest. An image whose sum misses the difference of the logits
    (completeness, their proposition 1) by more than `tolerance` gets three times the steps: the middle of
    a step stays the middle of one of the three, and keeps what was computed there.

    Takes images float32 (n, 28, 28) in [0, 1] and the class that each is asked about, int (n,). Returns
    float32 (n, 28, 28); and per image `difference` of the target logit between image and black, `sum` of the
    map, `gap` between both, `tolerance`, `complete` (gap within it) and `steps`.
    """
    everyone = np.arange(len(images))
    start = network.logits(np.zeros_like(images[:1]))[0, targets]
    difference = (network.logits(images)[everyone, targets] - start).astype(np.float64)
    tolerance = completeness_tolerance(difference)
    maps, gap, taken = np.zeros_like(images), np.full(len(images), np.inf), np.zeros(len(images), int)
    totals = np.zeros(images.shape, np.float64)
    steps = FIRST_STEPS
    while steps <= MOST_STEPS and (open_ones := np.flatnonzero(gap > tolerance)).size:
        places = np.arange(steps) if steps == FIRST_STEPS else np.flatnonzero(np.arange(steps) % 3 != 1)
        some, asked = images[open_ones], targets[open_ones]
        for s in (places + 0.5) / steps:  # da = 2 s ds
            totals[open_ones] += 2 * s * network.pixel_slopes(some * np.float32(s * s), asked)[1]
        maps[open_ones] = some * (totals[open_ones] / steps)
        gap = np.abs(maps.sum(axis=(1, 2), dtype=np.float64) - difference)
        taken[open_ones] = steps
        steps *= 3
    rows = [
        {
            "difference": float(difference[i]),
            "sum": float(maps[i].sum(dtype=np.float64)),
            "gap": float(gap[i]),
            "tolerance": float(tolerance[i]),
            "complete": bool(gap[i] <= tolerance[i]),
            "steps": int(taken[i]),
        }
        for i in everyone
    ]
    return maps, rows


def completeness_tolerance(difference: np.ndarray) -> np.ndarray:
    """How far the sum of a map may be from the difference of the logits: 1 % of it and 0.01."""
    return 0.01 * np.abs(difference) + 0.01


def occlusion(network: Gradients, images: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """How far the target logit falls when a black square covers a place (Zeiler and Fergus 2014, fig. 7).

    The squares are the 49 blocks of 4 x 4 pixels that tile the image; a block that is black already is
    worth nothing and is not tried.

    Takes images float32 (n, 28, 28) and the class that each is asked about, int (n,). Returns float32 (n, 28,
    28), the same within a block; positive where covering lowers the logit.
    """
    rows = SIDE // BLOCK
    blocks = images.reshape(-1, rows, BLOCK, rows, BLOCK)
    image, row, column = np.nonzero(blocks.any(axis=(2, 4)))
    whole = network.logits(images)[np.arange(len(images)), targets]
    fall = np.zeros((len(images), rows, rows), np.float32)
    for part in _batches(np.arange(len(image))):
        trial = images[image[part]].reshape(-1, rows, BLOCK, rows, BLOCK)
        trial[np.arange(len(part)), row[part], :, column[part], :] = 0
        logits = network.logits(trial.reshape(-1, SIDE, SIDE))[np.arange(len(part)), targets[image[part]]]
        fall[image[part], row[part], column[part]] = whole[image[part]] - logits
    return fall.repeat(BLOCK, axis=1).repeat(BLOCK, axis=2)


def explain(
    model: keras.Model,
    untrained: keras.Model,
    facts: list[LayerFacts],
    splits: Splits,
    folder: Path,
    on_progress: Callable[[float], None] = lambda share: None,
) -> None:
    """Explain the network's answer to the first test picture of each class, and test the explanations.

    What is asked about is the class the network names, right or wrong; the untrained network is asked
    about the same class (Adebayo et al. 2018, arXiv 1810.03292: a map that looks the same without
    training explains nothing).

    Only test images are used. `attributions.npz` and `attributions.json` go to the folder; `on_progress` is
    called with the share that is done, from 0 to 1.
    """
    network, before = Gradients(model, facts), Gradients(untrained, facts)
    indices, shown, num_tested = _looked_at(splits)
    images = (splits.test.images[indices] / np.float32(255)).astype(np.float32)
    probabilities = network.probabilities(images)
    targets = probabilities.argmax(axis=1)
    on_progress(0.05)

    maps, rows = _maps(network, images, targets)
    controls, _ = _maps(before, images[shown], targets[shown])
    on_progress(0.6)

    def predict(trials: np.ndarray, asked: np.ndarray) -> np.ndarray:
        return network.probabilities(trials)[np.arange(len(trials)), asked]

    curves, statement = faithfulness(predict, images, targets, maps, num_tested, shown)
    on_progress(0.95)
    untrained_scores = before.probabilities(images[shown])[np.arange(len(shown)), targets[shown]]
    entries = [
        {
            "index": int(indices[i]),
            "label": int(splits.test.labels[indices[i]]),
            "target": int(targets[i]),
            "score": float(probabilities[i, targets[i]]),
            "untrained_score": float(untrained_score),
            "completeness": rows[i],
            "thirds": thirds(predict, images[i], int(targets[i])),
            **curve,
        }
        for i, untrained_score, curve in zip(shown, untrained_scores, curves, strict=True)
    ]
    document = {
        "rule": RULE,
        "classes": list(splits.class_names),
        "methods": [_method(name, network) for name in METHODS],
        "images": entries,
        "faithfulness": statement,
        "completeness": _completeness(rows),
    }
    chosen = indices[shown]
    arrays = {"images": splits.test.images[chosen], "labels": splits.test.labels[chosen], "indices": chosen}
    arrays |= {method: values[shown] for method, values in maps.items()}
    arrays |= {f"{method}/untrained": values for method, values in controls.items()}
    write_npz(folder / "attributions.npz", arrays)
    write_json(folder / "attributions.json", document)
    on_progress(1.0)


def _looked_at(splits: Splits) -> tuple[np.ndarray, np.ndarray, int]:
    """Indices of the test images the methods are tested on, then of further ones to show; which are shown."""
    labels = splits.test.labels
    firsts = [np.flatnonzero(labels == label)[:1] for label in range(len(splits.class_names))]
    chosen = np.concatenate(firsts)
    tested = np.arange(min(NUM_TESTED, len(labels)))
    indices = np.concatenate([tested, np.setdiff1d(chosen, tested)])
    shown = np.array([np.flatnonzero(indices == index)[0] for index in chosen])
    return indices, shown, len(tested)


def _maps(
    network: Gradients, images: np.ndarray, targets: np.ndarray
) -> tuple[dict[str, np.ndarray], list[dict[str, Any]]]:
    """The map of each method that applies, and what the path integral says of its own exactness."""
    maps = {} if network.layer is None else {"grad_cam": grad_cam(network, images, targets)}
    maps["integrated_gradients"], rows = integrated_gradients(network, images, targets)
    maps["occlusion"] = occlusion(network, images, targets)
    return maps, rows


def _method(name: str, network: Gradients) -> dict[str, Any]:
    if name != "grad_cam":
        return {"name": name, "title": METHODS[name], "applies": True, "note": None}
    applies = network.layer is not None
    note = f"of {network.layer}, the last convolution" if applies else "needs a convolution; there is none"
    return {"name": name, "title": METHODS[name], "applies": applies, "note": note}


def _completeness(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """How well the maps of integrated gradients add up, over all images they were computed for."""
    return {
        "num_images": len(rows),
        "num_complete": sum(row["complete"] for row in rows),
        "largest_share_of_tolerance": max(row["gap"] / row["tolerance"] for row in rows),
        "mean_steps": float(np.mean([row["steps"] for row in rows])),
        "most_steps": max(row["steps"] for row in rows),
    }


def _batches(array: np.ndarray) -> list[np.ndarray]:
    return [array[i : i + BATCH] for i in range(0, len(array), BATCH)]
