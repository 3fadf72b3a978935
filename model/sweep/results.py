"""What the trainings of a sweep left in its folder -> the content of report.json. No TensorFlow.

It reads metrics.json of every training and nothing else, so that ten thousand are told of in seconds.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter, ValidationError

from configs.digests import setting_of
from configs.schema import Config
from configs.sweep import Setting, swept_keys
from data.splits import DataFacts, Splits
from model.comparison.scores import rate_of_shares
from model.comparison.verdict import Scored, count_settings
from model.experiment.neighbours import neighbours
from model.experiment.parts import is_sound
from model.experiment.results import data_facts
from model.networks.facts import flops_per_image, layer_facts
from model.run.environment import joined
from model.run.folder import RunError, RunFolder, again
from model.run.manifest import Manifest
from model.run.readers import read_if_good
from model.sweep.choice import choose
from model.sweep.records import Candidate, SettingRow, SweepFailure, SweepReport, SweepTraining

Metrics = Mapping[str, Any]
Key = tuple[str, str, int]  # a training: setting, model, seed
SHARES = ("validation_accuracy", "accuracy")


@dataclass(frozen=True)
class _Folder:
    """A setting's folder as it is read: its record once."""

    run: RunFolder

    @cached_property
    def manifest(self) -> Manifest | None:
        """What it vouches for."""
        return self.run.manifest()

    def metrics(self, model: str, seed: int) -> Metrics | None:
        """Those of a training; None where it is not finished. Raises RunError for one that can't be used."""
        metrics, path = self.run.metrics(model, seed), self.run.seed_folder(model, seed) / "metrics.json"
        if metrics is not None:
            self.run.vouch_for(path, self.manifest)
            if not all(0 <= metrics[key] <= 1 for key in SHARES):
                raise RunError(f"{path} has shares beyond 0 to 1; {again(self.run.path)}")
        return metrics


@dataclass
class _Trained:
    """A model under settings that make the same trainings of it, and what was found of these."""

    model: str
    settings: list[Setting]
    identity: str
    metrics: dict[int, Metrics] = field(default_factory=dict)


def report_of_sweep(
    sweep: RunFolder,
    config: Config,
    settings: Sequence[Setting],
    splits: Splits,
    identity: Mapping[str, str],
    failed: Mapping[Key, str],
) -> SweepReport:
    """Everything that report.json says of a sweep; see outputs/README.md.

    Args:
        sweep: its folder, in which each setting has one of its name.
        config: that of the sweep.
        settings: all of them.
        splits: its data.
        identity: the digests of its config and of its data.
        failed: why trainings failed just now, by setting, model and seed; what is missing for no such reason
            keeps the one that an earlier report.json gives, and else is not trained yet.
    """
    data = data_facts(config, splits)
    folders = {one.name: _Folder(RunFolder(sweep.path / one.name)) for one in settings}
    found = [one for model in config.models for one in same_trainings(config, settings, model)]
    reasons = _reasons_before(sweep) | dict(failed)
    faults, waiting = list[SweepFailure](), list[SweepTraining]()
    for trained in found:
        for seed in config.seeds:
            reason = _find(trained, seed, folders, reasons)
            if seed not in trained.metrics:
                told = {"setting": trained.settings[0].name, "model": trained.model, "seed": seed}
                if reason:
                    faults.append(SweepFailure(**told, reason=reason))  # type: ignore[arg-type]
                else:
                    waiting.append(SweepTraining(**told))  # type: ignore[arg-type]
    finished = [one for one in found if one.metrics]
    keys = swept_keys(config)
    candidates = [_candidate(one, keys, data) for one in finished]
    scored = neighbours(sweep, identity["data_digest"], itself=False)
    scored += [Scored((f"{config.name} {one.model}",), one.identity) for one in finished]
    return SweepReport(
        name=config.name,
        config_digest=identity["config_digest"],
        seeds=list(config.seeds),
        data=data,
        keys=keys,
        settings=[SettingRow(name=one.name, values=one.values) for one in settings],
        candidates=candidates,
        **vars(choose(candidates, data.validation)),
        **vars(count_settings(scored, [], data.test)),
        failed=faults,
        not_trained=waiting,
        environment=dict(identity) | joined(_made_in(finished)),
    )


def same_trainings(config: Config, settings: Sequence[Setting], model: str) -> list[_Trained]:
    """The different trainings of a model (of one seed each), with the settings that have them."""
    groups: dict[str, _Trained] = {}
    for setting in settings:
        known = setting_of(setting.config, model)
        groups.setdefault(known, _Trained(model, [], known)).settings.append(setting)
    return list(groups.values())


def _find(
    trained: _Trained, seed: int, folders: Mapping[str, _Folder], reasons: Mapping[Key, str]
) -> str | None:
    """Read a training from the first setting that has it; returned is why there is none, if that is known."""
    reason = None
    for setting in trained.settings:
        try:
            metrics = folders[setting.name].metrics(trained.model, seed)
        except RunError as error:
            reason = reason or str(error)
            continue
        if metrics is not None:
            trained.metrics[seed] = metrics
            return None
        reason = reason or reasons.get((setting.name, trained.model, seed))
    return reason


def _candidate(trained: _Trained, keys: Sequence[str], data: DataFacts) -> Candidate:
    """What trainings of one model with one recipe came to."""
    seeds, metrics = list(trained.metrics), list(trained.metrics.values())
    network = trained.settings[0].config.models[trained.model], len(data.classes)
    seconds = [one["train_seconds"] for one in metrics if "train_seconds" in one]
    shares = {key: [one[key] for one in metrics] for key in SHARES}
    return Candidate(
        model=trained.model,
        settings=[one.name for one in trained.settings],
        values=_values(trained, keys),
        seeds=seeds,
        parameters=sum(layer.parameters for layer in layer_facts(*network)),
        flops_per_image=flops_per_image(*network),
        validation_accuracy=rate_of_shares(shares["validation_accuracy"], data.validation),
        accuracy=rate_of_shares(shares["accuracy"], data.test),
        train_seconds=sum(seconds) / len(seconds) if seconds else None,
        epochs=max((one.get("epochs", 0) for one in metrics), default=0),
        precision=", ".join(sorted({one["precision"] for one in metrics if "precision" in one})) or None,
        same_answer=[seed for seed, one in trained.metrics.items() if not is_sound(one)],
    )


def _values(trained: _Trained, keys: Sequence[str]) -> dict[str, Any]:
    """The values of the swept keys that decide what this training is."""
    return {key: trained.settings[0].values[key] for key in keys if _concerns(trained, key)}


def _concerns(trained: _Trained, key: str) -> bool:
    """Whether a swept key decides a model: it has one value in all its settings, and the model takes it."""
    values = [setting.values[key] for setting in trained.settings]
    if any(value != values[0] for value in values):
        return False
    section, _, rest = key.partition(".")
    config = trained.settings[0].config
    if section == "models":
        return f"{rest}.".startswith(f"{trained.model}.")
    if trained.model in config.elsewhere:
        return False
    if section != "training":
        return True
    own = getattr(config.models[trained.model], "training", None)
    return own is None or rest not in own.model_fields_set


def _made_in(finished: Sequence[_Trained]) -> dict[str, dict[str, Any]]:
    """What trainings were made in, of each way once, by the first training that was made so."""
    ways: dict[str, tuple[str, dict[str, Any]]] = {}
    for one in finished:
        for seed, metrics in one.metrics.items():
            way = metrics.get("environment")
            if isinstance(way, dict):
                name = f"{one.settings[0].name} {one.model} seed {seed}"
                ways.setdefault(json.dumps(way, sort_keys=True), (name, way))
    return dict(ways.values())


def _key(one: SweepTraining) -> Key:
    return one.setting, one.model, one.seed


def _reasons_before(sweep: RunFolder) -> dict[Key, str]:
    """Why trainings failed, as an earlier report.json says, which may be odd."""
    told = (read_if_good(sweep.path / "report.json") or {}).get("failed")
    with suppress(ValidationError):
        return {_key(one): one.reason for one in TypeAdapter(list[SweepFailure]).validate_python(told)}
    return {}
