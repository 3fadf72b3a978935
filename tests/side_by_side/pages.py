"""Pages as students hand them in, made without training: `python -m tests.side_by_side.pages RUN FOLDER`."""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from configs.digests import digest
from configs.schema import Config, dump, load
from model.comparison.compare import summarise
from model.comparison.records import Facts, as_json
from model.networks.facts import layer_facts
from model.page.contents import block, predicted
from model.run.folder import RunFolder
from model.side_by_side.records import HandIn, SideBySide
from tests.compared_folders import make_run, write_report
from tests.records import typed

FILLING = "<p>" + "x" * 5_600_000 + "</p>"  # pictures, in a page of real size


def a_run(folder: Path, models: Mapping[str, float] | None = None, **settings: Any) -> Path:
    """A run on data of one's own, of which nobody here knows the labels: of dense and cnn, or of `models`."""
    run = make_run(folder, dict(models or {"dense": 0.85, "cnn": 0.9}), settings=settings)
    config, report = load(run / "config.yaml"), json.loads((run / "report.json").read_text())
    report["data"]["name"] = "mine"
    report["config_digest"] = digest(config)
    for model, entry in report["models"].items():
        facts = layer_facts(config.models[model], len(report["data"]["classes"]))
        entry["parameters"] = sum(layer.parameters for layer in facts)
    write_report(run, report)
    return run


def rows_of(found: SideBySide) -> dict[str, HandIn]:
    """The rows of a class by their hand-in."""
    return {row.run: row for one in found.hand_ins for row in one.rows}


def means_of(row: HandIn) -> dict[str, float]:
    """The accuracy of each model."""
    return {name: accuracy.mean for name, accuracy in row.accuracy.items()}


def page_of(run: Path, path: Path, guess: str | None = None, filling: str = "", **blocks: Any) -> Path:
    """The page of a run folder, as far as it is read; `blocks` are other values of what it carries."""
    folder = RunFolder(run)
    report = folder.report()
    given = {
        model: {seed: folder.predictions(model, seed)[0] for seed in entry["seeds"]}
        for model, entry in report["models"].items()
    }
    labels = folder.predictions(*next((model, seed) for model, of in given.items() for seed in of))[1]
    carried = {
        "report": report,
        "config": (run / "config.yaml").read_text(),
        "predictions": predicted(labels, given),
    }
    return write_page(path, carried | ({"guess": guess} if guess is not None else {}) | blocks, filling)


def write_page(path: Path, carried: Mapping[str, Any], filling: str = "") -> Path:
    """A page that carries these values by the names of their blocks; none where it is None."""
    scripts = "\n".join(
        f'<script type="application/json" id="data-{name}">{block(value)}</script>'
        for name, value in carried.items()
        if value is not None
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"<!doctype html>\n<html><body>{filling}\n{scripts}\n</body>\n</html>\n", encoding="utf-8"
    )
    return path


def carried_by(page: Path) -> dict[str, Any]:
    """What a page carries, by the names of the blocks."""
    parts = page.read_text(encoding="utf-8").split('<script type="application/json" id="data-')[1:]
    pairs = (part.split('">', 1) for part in parts)
    return {name: json.loads(rest.split("</script>", 1)[0]) for name, rest in pairs}


def with_seeds(
    run: Path, folder: Path, seeds: tuple[int, ...], generator: np.random.Generator, **config: Any
) -> Path:
    """A run like another with other seeds: of each answer one in a hundred is another one."""
    source, old = RunFolder(run), load(run / "config.yaml", of_a_run=True)
    new = Config.model_validate(old.model_dump(mode="json") | {"seeds": seeds} | config)
    report = source.report()
    predictions: dict[str, dict[int, np.ndarray]] = {}
    for model, entry in report["models"].items():
        probabilities, labels = source.predictions(model, entry["seeds"][0])
        predictions[model] = {}
        for seed in seeds:
            changed = generator.random(len(labels)) < 0.01
            mixed = np.where(changed[:, None], np.roll(probabilities, 1, axis=1), probabilities)
            predictions[model][seed] = mixed.astype(np.float32)
            (folder / model / f"seed-{seed}").mkdir(parents=True)
            path = folder / model / f"seed-{seed}" / "predictions.npz"
            np.savez_compressed(path, probabilities=predictions[model][seed], labels=labels)
    names = [
        field
        for field in Facts.__dataclass_fields__
        if field not in ("epochs_per_seed", "validation_accuracy", "training_accuracy")
    ]
    facts = {
        model: typed(Facts, {name: entry[name] for name in names if name in entry})
        for model, entry in report["models"].items()
    }
    outcome = as_json(summarise(predictions, labels, report["data"]["classes"], facts))
    changed_keys = {
        "seeds": list(seeds),
        "config_digest": digest(new),
        "mistakes": [],
        "robustness": {},
        "why": [],
    }
    (folder / "report.json").write_text(json.dumps(report | outcome | changed_keys))
    (folder / "config.yaml").write_text(dump(new))
    return folder


def forged(page: Path, path: Path) -> Path:
    """A page whose report tells a better accuracy than its answers have, all its figures in step."""
    carried = carried_by(page)
    model = list(carried["report"]["models"])[-1]
    right = carried["predictions"]["labels"]
    seeds = carried["predictions"]["models"][model]
    honest = dict(seeds)
    made = make_better(carried, model, dict.fromkeys(seeds, right))
    made["predictions"]["models"][model] = honest
    return write_page(path, made)


def make_better(carried: dict[str, Any], model: str, answers: Mapping[str, str]) -> dict[str, Any]:
    """What a page would carry had a model these answers, in base64 by seed."""
    import base64

    predictions = carried["predictions"] | {
        "models": {**carried["predictions"]["models"], model: dict(answers)}
    }
    labels = np.frombuffer(base64.b64decode(predictions["labels"]), np.uint8)
    report = carried["report"]
    classes = report["data"]["classes"]
    probabilities = {
        name: {
            int(seed): np.eye(len(classes), dtype=np.float32)[np.frombuffer(base64.b64decode(text), np.uint8)]
            for seed, text in seeds.items()
        }
        for name, seeds in predictions["models"].items()
    }
    facts = {
        name: typed(Facts, {key: entry[key] for key in Facts.__dataclass_fields__ if key in entry})
        for name, entry in report["models"].items()
    }
    outcome = as_json(summarise(probabilities, labels, classes, facts))
    return carried | {
        "predictions": predictions,
        "report": report | outcome | {"mistakes": [], "robustness": {}, "why": []},
    }


def a_class(run: Path, folder: Path, count: int = 60, filling: str = FILLING) -> list[Path]:
    """Pages of a class: a third are copies of one, others have other seeds or settings, two are forged."""
    generator, scratch = np.random.default_rng(0), folder / "runs"
    pages = []
    first = page_of(run, folder / "pages" / "student-00.html", "more", filling)
    for number in range(count - 2):
        path = folder / "pages" / f"student-{number:02}.html"
        if number % 3 == 0:
            shutil.copy(first, path) if path != first else None
        else:
            own = {} if number % 3 == 1 else {"training": {"epochs": 5 + number % 4}}
            seeds = tuple(range(3 * number, 3 * number + 3))
            made = with_seeds(run, scratch / f"{number}", seeds, generator, **own)
            page_of(made, path, ("less", "more, as it has more parameters", None)[number % 3], filling)
        pages.append(path)
    pages.append(forged(first, folder / "pages" / "forged-all.html"))
    carried = carried_by(first)
    model = list(carried["report"]["models"])[-1]
    carried["report"]["models"][model]["accuracy"]["mean"] = 0.99
    pages.append(write_page(folder / "pages" / "forged-mean.html", carried, filling))
    return pages


if __name__ == "__main__":
    run, folder = map(Path, sys.argv[1:3])
    print("\n".join(map(str, a_class(run, folder))))
