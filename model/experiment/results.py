"""What the trainings of a run left in its folder -> the content of report.json. No TensorFlow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from configs.networks import Saved, all_settings
from configs.schema import Cnn, Config
from data.splits import DataFacts, Splits
from model.comparison.compare import confident_mistakes, summarise
from model.comparison.controls import explain_differences
from model.comparison.headlines import by_interest
from model.comparison.records import Facts, Failure, Mistake, Models
from model.comparison.verdict import count_settings, scored_of
from model.experiment.neighbours import neighbours
from model.experiment.origins import origin_of, usual_for
from model.experiment.report import Report, Training, reasons_before, reasons_of
from model.networks.facts import flops_per_image, layer_facts, summary
from model.robustness.curves import robustness_of
from model.robustness.files import measured
from model.run.environment import joined
from model.run.folder import RunError, RunFolder, again
from model.run.guess import guess_of
from model.run.readers import fits, is_from_elsewhere


@dataclass(frozen=True)
class Results:
    """A run's trainings by model and seed: history by column, metrics, probabilities of all test images."""

    histories: dict[str, dict[int, dict[str, np.ndarray]]]
    metrics: dict[str, dict[int, dict[str, Any]]]
    predictions: dict[str, dict[int, np.ndarray]]
    failed: list[Failure]


def collect(run: RunFolder, config: Config, labels: np.ndarray, failed: Sequence[Failure]) -> Results:
    """Read what is there; a training whose files can't be used joins those that failed.

    What is missing for no reason among `failed`, the jobs that failed just now, keeps the one that an
    earlier report.json gave; where there is none, it is not trained yet and has not failed. `labels` are
    uint8 (num_test,), of the test split: what was predicted must be these images.
    """
    results = Results({}, {}, {}, list(failed))
    known, earlier = reasons_of(failed), reasons_before(run)
    for model in config.models:
        for kind in (results.histories, results.metrics, results.predictions):
            kind[model] = {}
        for seed in config.seeds:
            metrics = run.metrics(model, seed)
            if metrics is None:
                if (model, seed) not in known and (model, seed) in earlier:
                    reason = earlier[model, seed]
                    results.failed.append(Failure(model=model, seed=seed, reason=reason))
                continue
            elsewhere = model in config.elsewhere
            try:
                for name in ("metrics.json", *([] if elsewhere else ["history.csv"]), "predictions.npz"):
                    run.vouch_for(run.seed_folder(model, seed) / name)
                _must_be_of_its_kind(run, model, seed, metrics, elsewhere)
                history = None if elsewhere else run.history(model, seed)
                probabilities = _predictions(run, model, seed, labels, metrics)
            except RunError as error:
                if (model, seed) not in known:
                    results.failed.append(Failure(model=model, seed=seed, reason=str(error)))
                continue
            results.metrics[model][seed], results.predictions[model][seed] = metrics, probabilities
            if history is not None:
                results.histories[model][seed] = history
    return results


def _must_be_of_its_kind(
    run: RunFolder, model: str, seed: int, metrics: dict[str, Any], elsewhere: bool
) -> None:
    """Raise RunError where metrics are of a training, and the network is from elsewhere, or reversed."""
    if is_from_elsewhere(metrics) != elsewhere:
        folder = run.seed_folder(model, seed)
        raise RunError(
            f"{folder / 'metrics.json'} is of a {'training' if elsewhere else 'network trained elsewhere'}, "
            f"unlike its model; delete that folder, then {again(run.path)}"
        )


def _predictions(
    run: RunFolder, model: str, seed: int, labels: np.ndarray, metrics: dict[str, Any]
) -> np.ndarray:
    """Probabilities of these test images, which a training's metrics were made from."""
    probabilities, stored = run.predictions(model, seed)
    if not np.array_equal(stored, labels):
        fault = "are of other test images"
    elif not fits(metrics, probabilities, stored):
        fault = "are not those that metrics.json there tells of"
    else:
        return probabilities
    folder = run.seed_folder(model, seed)
    raise RunError(f"predictions in {folder} {fault}; delete that folder, then {again(run.path)}")


def report_of(
    run: RunFolder, config: Config, splits: Splits, identity: dict[str, str], results: Results
) -> Report:
    """Everything that report.json says of a run; see outputs/README.md.

    What its neighbours have scored counts among the settings scored on the same test images. `identity` is
    its config's and its data's digest.
    """
    data, num_classes = data_facts(config, splits), len(splits.class_names)
    facts = {model: facts_of(config, model, num_classes, results, data.is_fashion) for model in config.models}
    answered = results.predictions, splits.test.labels, splits.class_names
    outcome = summarise(*answered, facts, results.failed, splits.validation.labels)
    settings = {model: settings_by_key(config, model) for model in config.models}
    why = explain_differences(settings, outcome.comparisons, outcome.models)
    scored = scored_of(identity["config_digest"], config, [name for name in facts if results.metrics[name]])
    scored += neighbours(run, identity["data_digest"])
    asked = {
        model: [] if entry.broken else [seed for seed in entry.seeds if seed in config.seeds_perturbed]
        for model, entry in outcome.models.items()
    }
    perturbed, unreadable = measured(run, config, identity, splits, asked)
    failed = [
        replace(one, elsewhere=one.model in config.elsewhere or None) for one in outcome.failed + unreadable
    ]
    outcome = replace(outcome, failed=failed, why=why)
    return Report(
        name=config.name,
        config_digest=identity["config_digest"],
        seeds=list(config.seeds),
        data=data,
        **vars(outcome),
        **vars(count_settings(scored, outcome.comparisons, len(splits.test.labels))),
        without_duplicates=_without_duplicates(outcome.models, results, splits),
        robustness=robustness_of(perturbed, config),
        mistakes=_mistakes(outcome.models, results, splits.test.labels),
        not_trained=_not_trained(config, results, outcome.failed),
        guess=guess_of(run),
        environment=identity | (joined(_made_in(run, results)) or _rules_of(run)),
    )


def _not_trained(config: Config, results: Results, failed: Sequence[Failure]) -> list[Training]:
    """The trainings that have neither a result nor failed."""
    known = {(one.model, one.seed) for one in failed}
    return [
        Training(model=model, seed=seed, elsewhere=model in config.elsewhere or None)
        for model in config.models
        for seed in config.seeds
        if seed not in results.metrics[model] and (model, seed) not in known
    ]


def kept(earlier: Report, report: Report) -> Report | None:
    """An earlier report that holds more than could be read for this one, with what can't be read; else None.

    A look makes no training again, so what it can't read is no reason to lose numbers that are known.
    """
    known = {(model, seed) for model, entry in earlier.models.items() for seed in entry.seeds}
    lost = known - {(model, seed) for model, entry in report.models.items() for seed in entry.seeds}
    robust = [one.robustness.seeds if one.robustness else {} for one in (earlier, report)]
    if not lost and not robust[0].keys() - robust[1].keys():
        return None
    failed = [
        replace(one, stage="reading") if one.is_training and (one.model, one.seed) in lost else one
        for one in report.failed
    ]
    return replace(earlier, failed=failed)


def _rules_of(run: RunFolder) -> dict[str, Any]:
    """The rules that a run without any usable training began under."""
    return {key: value for key, value in (run.environment() or {}).items() if key == "rules"}


def data_facts(config: Config, splits: Splits) -> DataFacts:
    """What there is to tell of a run's data."""
    return splits.facts("lines" if config.data.source == "lines" else config.data.name)


def _without_duplicates(models: Models, results: Results, splits: Splits) -> dict[str, float | None]:
    """Of each model the accuracy on test images that were not learned from, where some were."""
    new, labels = ~splits.duplicates.test_in_training, splits.test.labels
    if new.all():
        return {}
    right = {
        name: np.mean([results.predictions[name][seed].argmax(axis=1) == labels for seed in entry.seeds], 0)
        for name, entry in models.items()
    }
    return {name: float(share[new].mean()) if new.any() else None for name, share in right.items()}


def _made_in(run: RunFolder, results: Results) -> dict[str, dict[str, Any]]:
    """What each training was made in; earlier versions kept that of the run alone."""
    of_run = run.environment() or {}
    of_run = {key: of_run[key] for key in of_run.keys() - {"config_digest", "data_digest", "bfloat16"}}
    return {
        f"{model} seed {seed}": own if isinstance(own := metrics.get("environment"), dict) else of_run
        for model, by_seed in results.metrics.items()
        for seed, metrics in by_seed.items()
    }


def settings_by_key(config: Config, model: str) -> dict[str, Any]:
    """What a model is and how it is trained, by key; of one trained elsewhere nobody knows."""
    if model in config.elsewhere:
        return {"architecture": "saved"}
    network = {key: value for key, value in all_settings(config.models[model]).items() if key != "training"}
    return network | config.training_of(model).model_dump(mode="json")


def _mistakes(models: Models, results: Results, labels: np.ndarray) -> list[Mistake]:
    """Of the model of most interest that has a result, by its first seed that did not fail."""
    if not models:
        return []
    model = by_interest(models)[0]
    seed = next(seed for seed in results.predictions[model] if seed in models[model].seeds)
    return confident_mistakes(labels, results.predictions[model][seed], model, seed)


def facts_of(config: Config, model: str, num_classes: int, results: Results, is_fashion: bool) -> Facts:
    """What is known of a model without its answers."""
    layers = layer_facts(config.models[model], num_classes)
    parameters = sum(layer.parameters for layer in layers)
    of_seeds = {str(seed): one for seed, one in results.metrics[model].items()}
    metrics = list(of_seeds.values())
    return Facts(
        architecture=config.models[model].architecture,
        parameters=parameters,
        convolution_parameters=sum(layer.parameters for layer in layers if layer.kind == "conv"),
        flops_per_image=flops_per_image(config.models[model], num_classes),
        **_of_training(config, model, of_seeds),
        elsewhere=origin_of(config, model, usual_for(parameters) if is_fashion else []),
        predict_seconds=_mean(metrics, "predict_seconds") or 0.0,
        predict_one_seconds=_mean(metrics, "predict_one_seconds"),
        patterns=_learned_patterns(config, model, results),
        validation_accuracy={seed: one["validation_accuracy"] for seed, one in of_seeds.items()},
        layers=summary(config.models[model], num_classes),
        training_accuracy={
            str(seed): float(history["accuracy"][-1]) for seed, history in results.histories[model].items()
        },
        disturbed_by=_harder_by(config, model),
    )


def _of_training(config: Config, model: str, of_seeds: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What is known of how a model was trained, from the metrics of its seeds."""
    if model in config.elsewhere:
        return {"epochs": 0, "precision": None, "train_seconds": None}
    metrics = list(of_seeds.values())
    return {
        "epochs": max((one["epochs"] for one in metrics), default=config.training_of(model).epochs),
        "epochs_per_seed": {seed: one["epochs"] for seed, one in of_seeds.items()},
        "precision": ", ".join(sorted({one["precision"] for one in metrics})) or None,
        "train_seconds": _mean(metrics, "train_seconds") or 0.0,  # there is one where the model is told of
    }


def _harder_by(config: Config, model: str) -> list[str]:
    """What makes a model's training pictures harder than others."""
    if model in config.elsewhere:
        return []  # nobody knows
    dropout, augmentation = getattr(config.models[model], "dropout", 0.0), config.data.augmentation
    return ["dropout"] * bool(dropout) + ["augmentation"] * bool(augmentation)


def _learned_patterns(config: Config, model: str, results: Results) -> dict[str, Any]:
    """How many first filters match named patterns, by seed; none where filters are not learned."""
    network = config.models[model]
    if not (isinstance(network, Saved) or (isinstance(network, Cnn) and network.kernels == "learned")):
        return {}
    found = {str(seed): one.get("patterns") for seed, one in results.metrics[model].items()}
    return {seed: patterns for seed, patterns in found.items() if patterns}


def _mean(metrics: Sequence[dict[str, Any]], key: str) -> float | None:
    """Over the seeds that have it: trainings of earlier versions may not."""
    values = [one[key] for one in metrics if key in one]
    return float(np.mean(values)) if values else None
