"""What the robustness of trainings has left in a run folder, read back and checked. No TensorFlow."""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from configs.schema import Config
from data.perturbations import KINDS, SEED, kinds_for
from data.splits import Splits
from data.storage import read_npz
from model.comparison.records import Failure
from model.networks.facts import layer_facts
from model.run.folder import RunError, RunFolder, again
from model.run.identity import is_of
from model.run.readers import read_if_good

Arrays = Mapping[str, np.ndarray]  # of one robustness.npz
Measured = Mapping[str, Mapping[int, Arrays]]  # by model and seed
PICTURE = "picture"  # beside the layers' maps: what moving does to the picture itself


def measured_with(config: Config) -> dict[str, Any]:
    """What decides the numbers beside network and data; where it changes, they are measured again."""
    strengths = {kind: list(KINDS[kind].strengths) for kind in kinds_for(config.data.source)}
    return {"images_per_class": config.robustness.images_per_class, "seed": SEED, "strengths": strengths}


def read_record(run: RunFolder, model: str, seed: int) -> dict[str, Any] | None:
    """How a training was asked about perturbed images (robustness.json, written last), or None."""
    folder = run.seed_folder(model, seed)
    record = read_if_good(folder / "robustness.json") if (folder / "robustness.npz").exists() else None
    return record if record and isinstance(record.get("settings"), dict) else None


def read_answers(
    run: RunFolder, model: str, seed: int, kinds: Iterable[str] = KINDS
) -> dict[str, np.ndarray]:
    """The arrays of robustness.npz by name, as `model.robustness.measure` writes them, of some kinds.

    Raises:
        RunError: it is missing, or holds something else.
    """
    path = run.seed_folder(model, seed) / "robustness.npz"
    return run.read(path, partial(_read_arrays, kinds=kinds))


def measured(
    run: RunFolder, config: Config, identity: dict[str, str], splits: Splits, seeds: dict[str, list[int]]
) -> tuple[Measured, list[Failure]]:
    """What the trainings of a run were asked about perturbed images: the arrays, and what failed.

    Of each model the seeds are those that count. `identity` is the config's and the data's digest. What the
    run's record vouches for needs no other proof that it is of this run.
    """
    found: dict[str, dict[int, dict[str, np.ndarray]]] = {model: {} for model in seeds}
    failed = []
    asked: np.ndarray | None = None  # the images, the same for all
    settings, manifest = measured_with(config), run.manifest()
    for model, seed in ((model, seed) for model, several in seeds.items() for seed in several):
        record = read_record(run, model, seed)
        if record is None or record["settings"] != settings:
            continue
        name = f"{model}/seed-{seed}/robustness.json"
        recorded = manifest is not None and manifest.state_of_file(name) == "whole"
        if not recorded and not is_of(record, config, model, seed, identity):
            continue
        try:
            arrays = _of_these_images(run, config, model, seed, splits, asked)
            found[model][seed], asked = arrays, arrays["indices"]
        except RunError as error:
            failed.append(Failure(model=model, seed=seed, stage="inspection", reason=str(error)))
    return found, failed


def _of_these_images(
    run: RunFolder, config: Config, model: str, seed: int, splits: Splits, asked: np.ndarray | None
) -> dict[str, np.ndarray]:
    """A training's answers to these test images (of `asked`, once known), and what became of its maps."""
    run.vouch_for(run.seed_folder(model, seed) / "robustness.npz")
    arrays = read_answers(run, model, seed, kinds_for(config.data.source))
    labels = splits.test.labels
    indices, facts = arrays["indices"], layer_facts(config.models[model], len(splits.class_names))
    layers = [fact.name for fact in facts if fact.kind != "dense"]
    maps = {f"changes/{state}/{layer}" for state in ("trained", "untrained") for layer in [PICTURE, *layers]}
    these = indices.max() < len(labels) and np.array_equal(arrays["labels"], labels[indices])
    if not these or not np.array_equal(indices, indices if asked is None else asked):
        fault = "are of other test images"
    elif {name for name in arrays if name.startswith("changes/")} != (maps if layers else set()):
        fault = "are of another network"
    else:
        return arrays
    path = run.seed_folder(model, seed) / "robustness.npz"
    raise RunError(f"answers in {path} {fault}; delete it, then {again(run.path)}")


def _read_arrays(path: Path, kinds: Iterable[str]) -> dict[str, np.ndarray]:
    arrays = read_npz(path)
    images: tuple[int, ...] = (len(arrays["labels"]),)
    shapes = {"indices": images, "labels": images}
    shapes |= {f"answers/{kind}": (len(KINDS[kind].strengths), *images) for kind in kinds}
    shapes |= {name: images for name in arrays if name.startswith("changes/")}
    for name, shape in shapes.items():
        values = arrays[name]
        if values.shape != shape or not values.size:
            raise ValueError(f"{name} of the shape {values.shape}, not {shape}")
        if values.dtype.kind not in ("f" if name.startswith("changes/") else "iu"):
            raise ValueError(f"{name} in numbers of the kind {values.dtype}")
        if not (np.isfinite(values).all() and values.min() >= 0):
            raise ValueError(f"{name} with numbers that are not finite and from 0 on")
    return arrays
