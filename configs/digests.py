"""What of a config decides numbers, as digests: of an experiment, of one training, of one setting."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from configs.networks import Saved
from configs.schema import Config


def digest(config: Config) -> str:
    """What decides the numbers, as a sha256 in hex.

    The run's name, the engine, the number of workers and what is looked at afterwards don't; nor does where
    the files came from (the images have a digest of their own, and so have networks trained elsewhere), or
    whether a training key stands with a model or with the common ones.
    """
    return _sha256(_decisive(config))


def training_digest(config: Config, model: str, seed: int) -> str:
    """What decides the numbers of one training, as a sha256 in hex.

    That is its network, its recipe, the settings of its data, its threads and its seed: other seeds, other
    models and what the model is called are not in it. Of a network that was trained elsewhere it is what the
    file of this seed holds.
    """
    network = _network(with_seeds(config, [seed]), model)
    return _sha256(_common(config) | {"network": network, "seed": seed})


def setting_of(config: Config, model: str) -> str:
    """A model's network, its recipe and what is done to its training images, as a sha256 in hex.

    It is equal for all seeds and in all configs, whatever the model is called there and whichever images are
    held out.
    """
    if model in config.elsewhere:
        return _sha256(_network(config, model))
    network = config.models[model].model_dump(mode="json", exclude={"training"})
    augmentation = config.data.model_dump(mode="json")["augmentation"]
    return _sha256([network, config.training_of(model).model_dump(mode="json"), augmentation])


def with_seeds(config: Config, seeds: Sequence[int]) -> Config:
    """The config with some of its seeds, in this order; networks trained elsewhere with the files of these.

    Raises:
        ValueError: one is none of its seeds.
    """
    places, models = [config.seeds.index(seed) for seed in seeds], dict(config.models)
    for name, network in config.elsewhere.items():
        found = network.found
        if found:
            known = tuple(found.sha256[place] for place in places if place < len(found.sha256))
            found = found.model_copy(update={"sha256": known})
        files = tuple(network.file[place] for place in places)
        models[name] = network.model_copy(update={"file": files, "found": found})
    return config.model_copy(update={"seeds": tuple(seeds), "models": models})


def adds_seeds(config: Config, to: Config) -> bool:
    """Whether a config is that of another one, `to`, with seeds more, as far as numbers are decided."""
    more = set(config.seeds) > set(to.seeds)
    return more and digest(with_seeds(config, to.seeds)) == digest(to)


def only_adds_epochs(config: Config, to: Config) -> bool:
    """Whether a config is that of another one, `to`, with more epochs, as far as numbers are decided."""
    more, fewer = _decisive(config), _decisive(to)
    epochs = [
        [network["training"].pop("epochs") for _, network in one["models"] if "training" in network]
        for one in (more, fewer)
    ]
    return more == fewer and epochs[0] != epochs[1] and all(a >= b for a, b in zip(*epochs, strict=True))


def digests_with_fewer_seeds(config: Config) -> Iterator[str]:
    """The digest of a config, then of the same with ever fewer of its seeds, in their order."""
    for number in range(len(config.seeds), 0, -1):
        for seeds in combinations(config.seeds, number):
            yield digest(with_seeds(config, seeds))


def _decisive(config: Config) -> dict[str, Any]:
    """What decides the numbers of an experiment; its models in order, the baseline first."""
    models = [[name, _network(config, name)] for name in config.models]
    lists = {"sweep": config.sweep} if config.sweep else {}
    return _common(config) | {"seeds": list(config.seeds), "models": models} | lists


def _common(config: Config) -> dict[str, Any]:
    """What decides the numbers of all models."""
    data = config.data.model_dump(mode="json", exclude={"source"})
    return {"data": data, "threads_per_job": config.launch.threads_per_job}


def _network(config: Config, model: str) -> dict[str, Any]:
    """A network with its recipe; of one that was trained elsewhere its files' content, and how it reads."""
    network = config.models[model].model_dump(mode="json", exclude={"training"})
    if not isinstance(config.models[model], Saved):
        return network | {"training": config.training_of(model).model_dump()}
    found = network["found"] or {}
    told = {key: found.get(key) for key in ("sha256", "layers")}
    return {"architecture": network["architecture"], "pixels": network["pixels"]} | told


def _sha256(settings: object) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
