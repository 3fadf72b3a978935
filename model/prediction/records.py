"""What is known of pictures that were answered: the records, and the same for programs. No TensorFlow."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from data.likeness import Likeness
from data.own_pictures import OwnPicture


@dataclass(frozen=True)
class Unlikeness:
    """How far a picture is from the nearest training picture kept, beside the limit of `data.likeness`.

    `beyond` is the share of validation pictures that are at least as far.
    """

    distance: float
    limit: float
    beyond: float

    @property
    def is_unlike(self) -> bool:
        """Whether it is further away than nearly all validation pictures."""
        return self.distance > self.limit


@dataclass(frozen=True)
class Answer:
    """What one model says of one picture: `probabilities` float32 (seeds, classes), by its `seeds`.

    `word` is what the numbers are of: "seed", or "file" of a model that was trained elsewhere.
    """

    seeds: tuple[int, ...]
    probabilities: np.ndarray
    word: str = "seed"

    @property
    def mean(self) -> np.ndarray:
        """The probabilities of the classes, averaged over the seeds: float64 (classes,)."""
        return self.probabilities.mean(axis=0, dtype=np.float64)

    @property
    def label(self) -> int:
        """The class that is most probable on average."""
        return int(self.mean.argmax())

    @property
    def agreeing(self) -> int:
        """How many seeds name that class themselves."""
        return int((self.probabilities.argmax(axis=1) == self.label).sum())

    @property
    def span(self) -> tuple[float, float]:
        """The smallest and the largest probability that a seed gives to that class."""
        given = self.probabilities[:, self.label]
        return float(given.min()), float(given.max())


@dataclass(frozen=True)
class Why:
    """What the network of a model's first seed that is there makes of one picture.

    `occlusion` float32 (28, 28) is how far the logit of the answer falls where a block is covered, of the
    `seed`. The maps of its first convolution, if it has one, are float32 (filters, height, width), of the
    `filters` that answer most beyond what they answer to black, on average; `pooled` are the same after
    pooling, if that follows.
    """

    seed: int
    occlusion: np.ndarray
    layer: str = ""
    filters: tuple[int, ...] = ()
    maps: np.ndarray | None = None
    pooled: np.ndarray | None = None


@dataclass(frozen=True)
class Predicted:
    """A picture that was answered.

    Attributes:
        name: what it was called.
        own: the picture, and what was done to it.
        unlikeness: None where the run does not keep what tells it.
        answers: by model.
        why: by model, of the pictures that are drawn.
    """

    name: str
    own: OwnPicture
    unlikeness: Unlikeness | None
    answers: Mapping[str, Answer]
    why: Mapping[str, Why]


@dataclass(frozen=True)
class Predictions:
    """What one call came to.

    Attributes:
        run: the folder, as it was given.
        models: all that the run has, in its order.
        classes: their names.
        pictures: those that could be read, in the order in which they were asked.
        bad: why others could not be answered, by their names.
        faults: what of the run could not be used, in sentences.
        remarks: what else is to be known of the answers, in sentences.
    """

    run: str
    models: Sequence[str]
    classes: Sequence[str]
    pictures: Sequence[Predicted]
    bad: Mapping[str, str]
    faults: Sequence[str]
    remarks: Sequence[str] = ()


def unlikeness_of(likeness: Likeness | None, images: np.ndarray) -> list[Unlikeness | None]:
    """How unlike the data pictures uint8 (n, 28, 28) are, as far as the run says."""
    if likeness is None:
        return [None] * len(images)
    limit, distances = likeness.limit, likeness.distances(images).tolist()
    return [Unlikeness(one, limit, likeness.share_beyond(one)) for one in distances]


def predictions_json(predictions: Predictions, figures: Sequence[str | None]) -> dict[str, Any]:
    """The facts for programs; shares and probabilities are fractions. The first pictures have `figures`."""
    classes = predictions.classes
    return {
        "run": predictions.run,
        "classes": list(classes),
        "pictures": [
            picture_json(picture, classes) | {"figure": figure}
            for picture, figure in zip_longest(predictions.pictures, figures)
        ],
        "bad": [{"picture": name, "reason": reason} for name, reason in predictions.bad.items()],
        "faults": list(predictions.faults),
        "remarks": list(predictions.remarks),
    }


def picture_json(picture: Predicted, classes: Sequence[str]) -> dict[str, Any]:
    """What is known of one picture, for programs."""
    found = picture.unlikeness
    return {
        "picture": picture.name,
        "prepared": asdict(picture.own.steps),
        "unlike": None if found is None else asdict(found) | {"unlike": found.is_unlike},
        "models": {model: _answer_json(answer, classes) for model, answer in picture.answers.items()},
    }


def _answer_json(answer: Answer, classes: Sequence[str]) -> dict[str, Any]:
    return {
        "class": classes[answer.label],
        "label": answer.label,
        "probability": float(answer.mean[answer.label]),
        "probabilities": answer.mean.tolist(),
        "seeds": list(answer.seeds),
        "agreeing": answer.agreeing,
        "by_seed": answer.probabilities.tolist(),
    }


def drawn_json(picture: Predicted, classes: Sequence[str]) -> dict[str, Any]:
    """Every number of the picture that is drawn of one: also its pixels and maps, as nested lists."""
    why = {
        model: {
            key: value.tolist() if isinstance(value, np.ndarray) else value
            for key, value in vars(found).items()
            if value is not None
        }
        for model, found in picture.why.items()
    }
    return picture_json(picture, classes) | {"pixels": picture.own.pixels.tolist(), "why": why}
