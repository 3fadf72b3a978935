"""How a run is opened: its data, cut by its rule, and a folder that says what it is. No TensorFlow."""

import os
from contextlib import suppress
from itertools import chain, count
from pathlib import Path
from typing import Any

from configs.digests import digest
from configs.schema import Config, ConfigError, Data, dump, load, recheck
from configs.sweep import named_as, settings_of
from data.fashion_mnist import load as load_fashion_mnist
from data.fashion_mnist import with_names
from data.idx import DataError
from data.lines import load as load_lines
from data.packing import PREPARATION, preparation_of
from data.sources import own_folder, paths_in
from data.splits import IN_PROPORTION, Splits
from data.storage import json_bytes, locked, read_bytes, write_atomically, write_if_other, write_json
from model.experiment.elsewhere import must_answer, with_files
from model.networks.facts import layer_facts
from model.run.capacity import free_memory, memory_of_training
from model.run.cluster import must_be_usable
from model.run.environment import describe_environment
from model.run.find import find_folder, find_smaller
from model.run.folder import RunError, RunFolder, going_on, put_back
from model.run.readers import read_if_good
from model.run.rules import RULES, rules_of


def load_data(section: Data, split_rule: int = IN_PROPORTION) -> Splits:
    """The data set that a config asks for, checked; of the rule `data.splits.shares` tells."""
    from_source = load_lines if section.source == "lines" else load_fashion_mnist
    return from_source(section, split_rule)


def identity_of(config: Config, splits: Splits) -> dict[str, str]:
    """What makes two experiments the same one."""
    return {"config_digest": digest(config), "data_digest": splits.digest}


def resolved(config: Config, path: Path | None = None) -> Config:
    """The config with what its data and files tell.

    That is the whole path of their folder, and names of classes in it; of networks that were trained
    elsewhere what their files hold. `path` is that of the config's file, if it has one: a run has copies.

    Raises:
        DataError: the names of classes that stand beside the data can't be used.
        ConfigError: the file of a network can't be used.
    """
    config = with_files(config, RunFolder(path.parent) if path and path.name == "config.yaml" else None)
    data = config.data
    if not data.in_folder:
        return config
    whole = os.path.abspath(os.path.expanduser(data.source))
    return config.model_copy(update={"data": with_names(data.model_copy(update={"source": whole}))})


def place_of(
    config: Config, splits: Splits, outputs: Path, renamed: bool, path: Path | None
) -> tuple[Config, dict[str, str], RunFolder, bool]:
    """The folder of an experiment, and whether it is known, as by `find_folder`; its config and identity.

    Known is a run, too, to which the config adds seeds, or settings of a sweep, whose lists stand in the
    order of before then. A run has its copies for itself: what goes to a folder of its own is of the files as
    they are now.
    """
    identity = identity_of(config, splits)
    run, known = find_folder(outputs, config.name, identity, renamed, path, config)
    if not known and renamed and (smaller := find_smaller(outputs, config, splits.digest, path)):
        run, known = smaller, True
    if not known and (now := with_files(config)) != config:
        return place_of(now, splits, outputs, renamed, path)
    if known and (made := run.known_config()):
        config = named_as(config, made)
    return config, identity, run, known


def settled(
    config: Config, splits: Splits, outputs: Path, renamed: bool, path: Path | None
) -> tuple[Config, dict[str, str], RunFolder, bool]:
    """As `place_of`; a folder that is new says what it is from now on, and what can't be trained is refused.

    What a killed `--fresh` had moved away is put back before.

    Raises:
        ConfigError: a network can't be trained in the memory there is; nothing is written then.
    """
    with locked(outputs / ".lock"):  # so that two at once do not find the same free folder
        put_back(outputs)
        config, identity, run, known = place_of(config, splits, outputs, renamed, path)
        if not known:
            may_be_begun(config, splits)
            describe(run, config, identity)
    return config, identity, run, known


def config_and_data(run: RunFolder) -> tuple[Config, Splits]:
    """The config of a run and the data it was made with.

    Raises:
        RunError: the folder is no run, or the data have changed since.
        DataError: the data can't be had.
    """
    if edited := run.edited_in_words():  # it would be looked into as another run
        raise RunError(edited)
    config = run.config()
    try:
        splits = load_data(config.data)
    except DataError as error:
        if not config.data.in_folder:
            raise
        raise DataError(f"{error} {_if_moved(run)}") from None
    made_with = run.identity().get("data_digest", splits.digest)
    if made_with != splits.digest:
        raise RunError(
            f"{run.path} was made with other data (digest {made_with}) than data.source gives now "
            f"({splits.digest}); put the files back, or make a run of these: `{going_on(run.path)}`"
        )
    return config, as_it_began(run, config, splits)


def lost_data(run: RunFolder, config: Config) -> str:
    """Which of the files that a run was made of are gone, with what to do; "" if none is. None is read."""
    try:
        if config.data.in_folder:
            paths_in(own_folder(config.data.source))
    except DataError as error:
        return f"{error} {_if_moved(run)}"
    return ""


def _if_moved(run: RunFolder) -> str:
    return f"If the files have moved to DIR: `{going_on(run.path, 'data.source=DIR')}` tells the run so."


def as_it_began(run: RunFolder, config: Config, splits: Splits) -> Splits:
    """The data, cut by the rule that the run began under."""
    rule = rules_of(run.environment() or {})["split"]
    return splits if rule == IN_PROPORTION else load_data(config.data, rule)


def may_be_begun(config: Config, splits: Splits) -> None:
    """Raise ConfigError for what can't be trained, of a sweep in any setting."""
    recheck(config)
    for one in [setting.config for setting in settings_of(config)] if config.sweep else [config]:
        must_fit(one, splits)


def must_fit(config: Config, splits: Splits) -> None:
    """Refuse what can't be trained in the memory there is, or asked here, before anything is written."""
    must_be_usable(config.launch)
    must_answer(config, splits)
    free = float("inf") if config.launch.address else free_memory()  # other computers have their own
    for model, network in config.models.items():
        if model in config.elsewhere:
            continue
        facts = layer_facts(network, len(splits.class_names))
        batch_size, images = config.training_of(model).batch_size, splits.train.images.nbytes
        needed = memory_of_training(batch_size, facts, images)
        if needed > free:
            smaller = [batch_size >> halvings for halvings in range(1, batch_size.bit_length())]
            fits = [f"{size:,}" for size in smaller if memory_of_training(size, facts, images) <= free]
            raise ConfigError(
                f"models.{model} needs at least {needed / 1e9:,.1f} GB of memory to train, and "
                f"{free / 1e9:,.1f} GB are free; take "
                f"{f'a batch_size of {fits[0]} or ' if fits else ''}a smaller network."
            )


def describe(run: RunFolder, config: Config, identity: dict[str, str]) -> dict[str, Any]:
    """Write what the run is, as far as its folder does not say so; returned is what it began in."""
    began = run.environment() or describe_environment(config.launch.threads_per_job) | {"rules": RULES}
    environment = identity | began | identity
    # First what the folder is known by: without it a killed process would leave a folder of nobody's.
    if read_if_good(run.path / "environment.json") != environment:
        write_json(run.path / "environment.json", environment)
    if preparation := preparation_of(config.data.source, identity["data_digest"]):
        write_if_other(run.path / PREPARATION, json_bytes(preparation))
    if not is_told(run, config):  # what is to be looked at may have changed, or where it runs
        write_atomically(run.path / "config.yaml", dump(config).encode())
    return environment


def is_told(run: RunFolder, config: Config) -> bool:
    """Whether config.yaml is this very config, however it is written."""
    path = run.path / "config.yaml"
    with suppress(OSError, ValueError):  # of which ConfigError is one
        return path.exists() and (
            read_bytes(path) == dump(config).encode() or load(path, of_a_run=True) == config
        )
    return False


def decides_the_same(run: RunFolder, config: Config) -> bool:
    """Whether config.yaml is a config, as far as numbers are decided."""
    if is_told(run, config):
        return True
    with suppress(ConfigError):
        return digest(load(run.path / "config.yaml", of_a_run=True)) == digest(config)
    return False


def put_aside(run: RunFolder, asked: Config | None = None) -> str:
    """Move a config.yaml that was edited out of the way, unless it is what is `asked` for.

    Returned is what to say of that, empty if it was not.
    """
    if (asked and decides_the_same(run, asked)) or not (edited := run.edited()):
        return ""
    aside = _free(run.path / "config-edited.yaml")
    (run.path / "config.yaml").replace(aside)
    return f"{edited}; it is {aside} now"


def _free(path: Path) -> Path:
    """The first of NAME, NAME-2, ... that is not there."""
    names = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return next(one for one in chain([path], names) if not os.path.lexists(one))
