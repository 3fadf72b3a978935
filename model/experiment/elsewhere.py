"""Networks that were trained elsewhere, on their way into a run: their files read, kept, and measured."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from configs.document import parse_file
from configs.networks import Found, Saved
from configs.schema import Config, ConfigError, dump
from configs.strict_yaml import shown
from data.splits import Splits
from data.storage import write_atomically
from model.networks.facts import each_layer
from model.networks.layers import as_records, from_records
from model.run.elsewhere import Elsewhere, read_network
from model.run.folder import ORIGINAL, RunError, RunFolder
from model.run.manifest import digest_of_file

AS_READ = ("sha256", "layers", "names", "logits", "dtype")  # of `Found`, what the files hold
LONGEST_NAME = 40  # letters of the file's names for layers


def with_files(config: Config, run: RunFolder | None = None) -> Config:
    """The config with the whole paths of files, and what they hold, where it does not say so already.

    `run` is the one whose config.yaml it is, if any: files that it has whole copies of are not looked at.

    Raises:
        ConfigError: a file can't be used, or those of one model are not of one network.
    """
    read: dict[str, Saved] = {}
    kept = _kept(run, config) if run else []
    for model, network in config.elsewhere.items():
        paths = tuple(os.path.abspath(os.path.expanduser(file)) for file in network.file)
        is_known = model in kept or (network.found and _are_those(network.found, paths))
        known = network.found if is_known else None
        found = known or _found(model, [Path(path) for path in paths])
        # What was measured may be of other data, or of another `pixels`: a run knows its own.
        read_alone = Found(**{key: getattr(found, key) for key in AS_READ})
        read[model] = network.model_copy(update={"file": paths, "found": read_alone})
    config = _with(config, read)
    if read:
        try:  # as it will be, once it is written into the run
            parse_file(dump(config).encode(), "config.yaml")
        except ConfigError:
            told, remedy = "one network", "take fewer files of it, or shorter paths"
            if len(read) > 1:
                told, remedy = f"{len(read)} networks", "give some a run of their own"
            raise ConfigError(
                f"models: the layers and paths of {told} trained elsewhere are more than a config can hold. "
                f"Expected less: {remedy}."
            ) from None
    return config


def _kept(run: RunFolder, config: Config) -> list[str]:
    """The models of which a run keeps whole copies, unless the config has other files than its record."""
    made, whole = run.known_config() if run.manifest() else None, copies(run, config)
    asked = made.elsewhere if made else {}
    return [
        model
        for model, network in config.elsewhere.items()
        if model in asked
        and network.file == asked[model].file
        and all(run.seed_folder(model, seed) / ORIGINAL in whole for seed in config.seeds)
    ]


def _are_those(found: Found, paths: Sequence[str]) -> bool:
    """Whether files are those that were read, as far as they are still there."""
    digests = [digest_of_file(Path(path)) for path in paths]
    return len(digests) == len(found.sha256) and all(
        digest in ("", known) for digest, known in zip(digests, found.sha256, strict=True)
    )


def _with(config: Config, networks: Mapping[str, Saved]) -> Config:
    return config.model_copy(update={"models": {**config.models, **networks}}) if networks else config


def _found(model: str, files: list[Path]) -> Found:
    """What the files of one model hold: the same network in each, with other weights."""
    try:
        first, *others = networks = [read_network(file) for file in files]
    except RunError as error:
        raise ConfigError(f"models.{model}.file: {str(error).rstrip('.')}.") from None
    for file, other in zip(files[1:], others, strict=True):
        if _told(other) != _told(first):
            raise ConfigError(
                f"models.{model}.file: {file} is another network than {files[0]}, or computes in another "
                "precision. Expected the files of one network, trained once for each seed: give another one "
                "a model of its own."
            )
    digests = [network.sha256 for network in networks]
    for place, digest in enumerate(digests):
        if digest in digests[:place]:
            raise ConfigError(
                f"models.{model}.file: {files[place]} is {files[digests.index(digest)]} once more. Expected "
                "a file for each training: give each once."
            )
    return Found(
        sha256=tuple(digests),
        layers=tuple(as_records(first.layers)),
        names={ours: shown(theirs, LONGEST_NAME) for ours, theirs in first.names.items()},
        logits=first.logits,
        dtype=first.dtype,
    )


def _told(network: Elsewhere) -> tuple[object, ...]:
    return network.layers, network.logits, network.dtype, network.num_classes


def must_answer(config: Config, splits: Splits) -> None:
    """Raise ConfigError where a network trained elsewhere does not answer with the classes of the data."""
    num_classes = len(splits.class_names)
    for model, network in config.elsewhere.items():
        layers = from_records(network.found.layers) if network.found else ()
        answers = each_layer(layers)[-1].output_shape[-1] if layers else 0
        if answers != num_classes:
            raise ConfigError(
                f"models.{model}.file: {network.file[0]} answers with {answers} classes, and the data "
                f"({splits.title}) have {num_classes}. Expected a network of these classes: give data.source "
                "and data.name of the pictures that it was trained on."
            )


def as_found(config: Config, of_run: Config) -> Config:
    """The config with what its run has found of networks that were trained elsewhere."""
    known = of_run.elsewhere
    return _with(
        config,
        {
            model: network.model_copy(update={"found": known[model].found})
            for model, network in config.elsewhere.items()
            if model in known
        },
    )


def with_measured(config: Config, measured: Mapping[str, Mapping[str, Any]]) -> Config:
    """The config with what was measured of networks that were trained elsewhere, by model."""
    return _with(
        config,
        {
            model: network.model_copy(
                update={"found": network.found.model_copy(update=dict(measured[model]))}
            )
            for model, network in config.elsewhere.items()
            if model in measured and network.found
        },
    )


def copies(run: RunFolder, config: Config) -> list[Path]:
    """The whole copies that a run keeps of the files of networks that were trained elsewhere."""
    return [copy for copy, _, digest in _originals(run, config) if digest_of_file(copy) == digest]


def keep(run: RunFolder, config: Config) -> None:
    """Make those that are not whole of the files, from where the config has them, as they were when read.

    Where a file is no longer that, its copy is missing.
    """
    for copy, file, digest in _originals(run, config):
        if digest_of_file(copy) != digest and digest_of_file(file) == digest:
            write_atomically(copy, file)


def _originals(run: RunFolder, config: Config) -> Iterator[tuple[Path, Path, str]]:
    """Of each file where the run keeps its copy, where the config has it, and its sha256."""
    for model, network in config.elsewhere.items():
        digests = network.found.sha256 if network.found else ()
        for seed, file, digest in zip(config.seeds, network.file, digests, strict=False):
            yield run.seed_folder(model, seed) / ORIGINAL, Path(file), digest
