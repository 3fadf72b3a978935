"""In which settings runs differ: their configs as dotted keys, side by side. No TensorFlow."""

from collections.abc import Mapping
from typing import Any

from configs.networks import all_settings
from configs.schema import Config

Settings = dict[str, Any]  # by dotted key


def settings_of(config: Config) -> Settings:
    """A config by dotted key, each model with all its training keys, wherever these were written."""
    values = config.model_dump(mode="json")
    del values["name"], values["training"]
    values["models"] = {name: all_settings(network) for name, network in config.models.items()}
    for name, model in values["models"].items():
        if name in config.elsewhere:
            model["sha256"] = (model.pop("found") or {}).get("sha256")
        else:
            model["training"] = config.training_of(name).model_dump(mode="json")
    return flat(values)


def flat(values: Mapping[str, Any], prefix: str = "") -> Settings:
    """Nested mappings as dotted keys."""
    settings: Settings = {}
    for key, value in values.items():
        inner = isinstance(value, Mapping) and value
        settings |= flat(value, f"{prefix}{key}.") if inner else {f"{prefix}{key}": value}
    return settings


def differences(runs: Mapping[str, Settings], partly_known: frozenset[str] = frozenset()) -> list[Settings]:
    """The keys in which runs differ.

    Args:
        runs: the settings of each, by its label.
        partly_known: labels of the runs of which only these settings are known. A key that such a run lacks
            is unknown there; what another run lacks, it does without.

    Returns:
        {"key", "values": by label}, in the order of the settings; a run without the key is not among the
        values. A training key that all models of each run share is told once, without the model. Of a model
        that some runs do without, `models.NAME` says its architecture; its other keys are compared where it
        is.
    """
    runs = _shared_training(runs)
    found = []
    for key in dict.fromkeys(key for settings in runs.values() for key in settings):
        model = ".".join(key.split(".")[:2]) if key.startswith("models.") else None
        having = {
            label: settings
            for label, settings in runs.items()
            if model is None or f"{model}.architecture" in settings
        }
        told = {label: settings[key] for label, settings in having.items() if key in settings}
        lacking = having.keys() - told.keys() - partly_known
        if key == f"{model}.architecture" and len(having) < len(runs):
            found.append({"key": model, "values": told})
        elif lacking or any(value != next(iter(told.values())) for value in told.values()):
            found.append({"key": key, "values": told})
    return found


def _shared_training(runs: Mapping[str, Settings]) -> dict[str, Settings]:
    """Training keys without the model, where in every run all models have the same value."""
    changed = {label: dict(settings) for label, settings in runs.items()}
    endings = dict.fromkeys(
        key.split(".", 2)[2] for settings in runs.values() for key in settings if _is_training(key)
    )
    for ending in endings:
        by_run = [
            [settings[key] for key in settings if _is_training(key) and key.endswith(f".{ending}")]
            for settings in runs.values()
        ]
        if all(value == values[0] for values in by_run for value in values):
            for settings, values in zip(changed.values(), by_run, strict=True):
                for key in [key for key in settings if _is_training(key) and key.endswith(f".{ending}")]:
                    del settings[key]
                if values:
                    settings[ending] = values[0]
    return changed


def _is_training(key: str) -> bool:
    return key.startswith("models.") and ".training." in key
