"""Of which experiment a run folder is, and of which training a record in it. No TensorFlow."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from configs.digests import digest, digests_with_fewer_seeds, training_digest
from configs.schema import Config, ConfigError, load
from model.run.manifest import IDENTITY
from model.run.readers import read_if_good

MOST_TRIED = 1100  # configs with fewer seeds that are tried: of ten seeds, all there are


def identity_of_training(config: Config, model: str, seed: int, data_digest: str) -> dict[str, str]:
    """What makes two trainings the same one, as metrics.json and what is made of its network tell it."""
    return {"training_digest": training_digest(config, model, seed), "data_digest": data_digest}


def is_of(
    record: Mapping[str, Any], config: Config, model: str, seed: int, identity: Mapping[str, str]
) -> bool:
    """Whether a record is of this very training of a run.

    Earlier versions wrote the digest of the whole config, which had fewer seeds if some were added since.
    `identity` is that of the run, as far as it is known.
    """
    of_data = record.get("data_digest")
    if identity.get("data_digest", of_data) != of_data:
        return False
    if "training_digest" in record:
        return bool(record["training_digest"] == training_digest(config, model, seed))
    before = record.get("config_digest")
    return before == identity.get("config_digest", before) or str(before) in digests_of_before(config)


def digests_of_before(config: Config) -> Iterator[str]:
    """By which digests earlier versions may have known a run: its config's own, and those of fewer seeds."""
    return islice(digests_with_fewer_seeds(config), MOST_TRIED)


def trainings_in(folder: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """What metrics.json of each training says that is there, by model and seed."""
    return {
        (path.parts[-3], int(seed[1])): read_if_good(path) or {}
        for path in sorted(folder.glob("*/seed-*/metrics.json"))
        if (seed := re.fullmatch(r"seed-(\d{1,18})", path.parts[-2]))
    }


def identity_without_manifest(folder: Path, asked: Config | None) -> dict[str, str]:
    """The digests of config and data that a run was made with, as most of its records have it.

    A training tells which config it may be of: that of config.yaml, and that which is `asked` for, if all
    trainings are of it. Where they are of neither, and nothing else tells it, the config's digest is "".
    """
    trainings = trainings_in(folder)
    records = [read_if_good(folder / "environment.json") or {}, *trainings.values()]
    told = Counter(
        tuple(record[key] for key in IDENTITY)
        for record in records
        if all(isinstance(record.get(key), str) for key in IDENTITY)
    )
    configs = [] if asked is None else [asked]
    with suppress(ConfigError):
        configs.insert(0, load(folder / "config.yaml", of_a_run=True))
    for known_as, config in {digest(config): config for config in configs}.items():
        told.update((known_as, data) for data in _data_of(trainings, config))
    ours = [one for one in trainings.values() if "training_digest" in one]
    told = told or Counter(("", str(one.get("data_digest"))) for one in ours)
    return dict(zip(IDENTITY, told.most_common(1)[0][0], strict=True)) if told else {}


def _data_of(trainings: Mapping[tuple[str, int], Mapping[str, Any]], config: Config) -> list[str]:
    """The digests of data that trainings of a config tell; none where one that tells it is of another."""
    found = []
    for (model, seed), metrics in trainings.items():
        known = model in config.models and seed in config.seeds
        if "training_digest" in metrics and not (known and is_of(metrics, config, model, seed, {})):
            return []
        if known and is_of(metrics, config, model, seed, {"config_digest": ""}):
            found.append(str(metrics.get("data_digest")))
    return found
