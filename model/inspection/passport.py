"""All that is known of the filters of one convolution, as plain records: one passport for each."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from model.inspection.activations import Place, class_selectivity, listed
from model.inspection.kernels import Tuning, heaviest_slices, preferred_orientation
from model.networks.patterns import Bank, match_kernels
from model.worth.scores import ranks

SATURATED = 0.999  # share of places above 0 from which on the ReLU does as good as nothing


@dataclass(frozen=True)
class Findings:
    """What was measured on one convolution with c filters.

    `first`: it reads the image, and not another convolution, though that may have one filter only;
    `kernel` and `kernel_before` (k, k, c_in, c), trained and untrained, with normalization's scale;
    `moved` per filter, from the weights without it; `background` (c,) before and after its activation;
    `mean` (c,) over the training images, and which are `silent` there (c,); `largest` (c,) and `active` (c,),
    share of places above 0, over the test images; `class_means` (c, classes) of what is above 0; places of
    the strongest and the median images per filter, and of the strongest of the untrained network
    (`top_before`); `tuning` trained and untrained; `validation_increase` (c,) and its interval (c, 2);
    `worth` per filter.
    """

    name: str
    first: bool
    kernel: np.ndarray
    kernel_before: np.ndarray
    moved: list[dict[str, float]]
    background: tuple[np.ndarray, np.ndarray]
    mean: np.ndarray
    silent: np.ndarray
    largest: np.ndarray
    active: np.ndarray
    class_means: np.ndarray
    top: list[list[Place]]
    median: list[list[Place]]
    top_before: list[list[Place]]
    tuning: Tuning
    tuning_before: Tuning
    validation_increase: np.ndarray
    validation_interval: np.ndarray
    worth: list[dict[str, Any]]


def issue_passports(findings: Findings, bank: Bank | None) -> list[dict[str, Any]]:
    """Write the passports of one convolution's filters.

    A filter is dead if it is above 0 at no place of any training or test image and no answer changes without
    it, and saturated if it is above 0 at 99.9 % of all places of the test images or more: then a ReLU has
    nothing to cut. An image that leaves it at 0 does not excite it, and is none of its top images.

    Only kernels that read the image are matched with the `bank`, since a stack of slices has no picture.
    Returns plain, finite values.
    """
    f = findings
    bank = bank if f.first else None
    match, match_before = match_kernels(f.kernel, bank), match_kernels(f.kernel_before, bank)
    degrees, strength = preferred_orientation(f.tuning)
    degrees_before, strength_before = preferred_orientation(f.tuning_before)
    slices = None if f.first else heaviest_slices(f.kernel)
    # one that is 0 in all pictures may be above 0 in their mirror images, where those are answered, too
    unneeded = np.array([one["answers"]["changed"] == 0 for one in f.worth])
    selectivity, dead = class_selectivity(f.class_means), f.silent & (f.largest == 0) & unneeded
    rank = ranks(f.validation_increase, f.validation_interval, f.silent)  # which no test image decides
    return [
        {
            "layer": f.name,
            "index": i,
            "rank": rank[i],
            "kernel_match": match[i],
            "orientation_degrees": degrees[i],
            "orientation_strength": strength[i],
            "orientation_curve": f.tuning.curves[i].tolist(),
            "dead": bool(dead[i]),
            "saturated": bool(f.active[i] >= SATURATED),
            "active_share": float(f.active[i]),
            "background": {
                "before_relu": float(f.background[0][i]),
                "after_relu": float(f.background[1][i]),
            },
            "mean": float(f.mean[i]),
            "class_selectivity": listed(selectivity[i]),
            "class_mean": listed(f.class_means[i]),
            "top_images": _listed(f.top[i]),
            "median_images": [] if dead[i] else [asdict(place) for place in f.median[i]],
            "heaviest_slices": slices and slices[i],
            "moved": f.moved[i],
            "untrained": {
                "kernel_match": match_before[i],
                "orientation_degrees": degrees_before[i],
                "orientation_strength": strength_before[i],
                "top_images": _listed(f.top_before[i]),
            },
            "ablation": f.worth[i],
        }
        for i in range(f.kernel.shape[-1])
    ]


def _listed(places: list[Place]) -> list[dict[str, Any]]:
    return [asdict(place) for place in places if place.activation > 0]


def count_findings(passports: list[dict[str, Any]]) -> dict[str, int | None]:
    """How many of a layer's filters are dead, saturated, named, oriented; the last two also untrained.

    Counts of names are None where kernels have no picture.
    """
    pictures = passports[0]["kernel_match"] is not None

    def named(records: list[dict[str, Any]]) -> int | None:
        return sum(r["kernel_match"]["name"] is not None for r in records) if pictures else None

    untrained = [passport["untrained"] for passport in passports]
    return {
        "num_dead": sum(p["dead"] for p in passports),
        "num_saturated": sum(p["saturated"] for p in passports),
        "num_named": named(passports),
        "num_named_untrained": named(untrained),
        "num_oriented": sum(p["orientation_degrees"] is not None for p in passports),
        "num_oriented_untrained": sum(u["orientation_degrees"] is not None for u in untrained),
    }
