"""The config: what the shipped ones say, what is accepted, and what counts as the same experiment."""

import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from configs import networks
from configs.digests import digest
from configs.schema import Augmentation, Cnn, Config, ConfigError, Dense, Training, dump, json_schema, load

DEFAULT, QUICK = Path("configs/dense_vs_cnn.yaml"), Path("configs/quick.yaml")


def minimal(**changes: Any) -> Config:
    return Config.model_validate({"name": "a", "models": {"dense": {"architecture": "dense"}}} | changes)


def reload(config: Config, folder: Path, *overrides: str) -> Config:
    path = folder / "config.yaml"
    path.write_text(dump(config))
    return load(path, overrides)


def test_the_default_config_is_the_agreed_one() -> None:
    config = load(DEFAULT)
    assert (config.name, config.seeds, list(config.models)) == ("dense-vs-cnn", (0, 1, 2), ["dense", "cnn"])
    dense, cnn = config.models.values()
    assert isinstance(dense, Dense)
    assert isinstance(cnn, Cnn)
    assert (dense.units, dense.dropout, dense.batch_normalization) == ((128,), 0.0, False)
    assert (cnn.filters, cnn.kernel_size, cnn.padding, cnn.pooling) == ((64, 64), 3, "valid", "max")
    assert (cnn.units, cnn.dropout, cnn.batch_normalization) == ((128,), 0.0, False)
    assert config.training_of("dense").epochs == 10
    assert config.training_of("cnn") == Training(), "the schema's defaults are those of the default config"
    assert (config.data.validation_images, config.data.augmentation) == (5000, None)


def test_the_quick_config_has_the_same_models_with_one_seed() -> None:
    default, quick = load(DEFAULT), load(QUICK)
    assert quick.seeds == (0,)
    assert (quick.data, quick.inspection) == (default.data, default.inspection), (
        "all images, and all inspected"
    )
    for name, network in default.models.items():
        own = network.model_dump(exclude={"training"})
        assert quick.models[name].model_dump(exclude={"training"}) == own, (
            f"{name} is another network in quick"
        )
        assert quick.training_of(name).epochs < default.training_of(name).epochs


@pytest.mark.parametrize("path", sorted(Path("configs").glob("*.yaml")), ids=str)
def test_shipped_configs_are_complete_in_themselves(path: Path) -> None:
    text = path.read_text()
    written = yaml.safe_load(text)
    config = load(path)
    for section in ("data", "training", "inspection", "robustness", "launch"):
        assert written[section].keys() == getattr(config, section).model_dump().keys(), (
            f"{section} is not whole"
        )
    for name, model in written["models"].items():
        assert model.keys() == type(config.models[name]).model_fields.keys(), f"{name} is not whole"
    keys = [
        line for line in text.split("training:\n")[0].splitlines() if re.match(r"^  \w+:|^name|^seeds", line)
    ]
    assert all("#" in line for line in keys), "a setting has no comment"
    for header in ("# Question", "# Run", "# Look at", "# time:", "# accuracy:"):
        assert header in text, f"the config does not say {header}"
    assert max(map(len, text.splitlines())) <= 110, "the config is too wide to read"


def test_a_models_own_training_wins_over_the_common_one() -> None:
    config = load(DEFAULT, ["training.epochs=7", "training.momentum=0.9", "training.learning_rate=0.01"])
    assert (config.training_of("dense").epochs, config.training_of("cnn").epochs) == (10, 7)
    assert config.training_of("dense").learning_rate == 0.01, "what a model does not set is common"
    assert load(DEFAULT, ["models.dense.training.epochs=1"]).training_of("dense").epochs == 1


def test_overrides_go_through_the_same_checks() -> None:
    config = load(
        DEFAULT, ["seeds=0", "models.cnn.filters=16,32", "data.augmentation={shift: 2}", "launch.workers=2"]
    )
    assert (config.seeds, config.models["cnn"].filters, config.launch.workers) == ((0,), (16, 32), 2)  # type: ignore[union-attr]
    assert config.data.augmentation == Augmentation(shift=2)
    added = load(DEFAULT, ["models.wide={architecture: dense, units: [512]}", "models.wide.dropout=0.5"])
    assert (list(added.models), added.models["wide"].dropout) == (["dense", "cnn", "wide"], 0.5)
    with pytest.raises(ConfigError, match=r"training\.learning_rate is true"):
        load(DEFAULT, ["training.learning_rate=true"])


def test_sections_that_are_left_out_can_be_overridden(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text("name: a\nmodels: {dense: {architecture: dense}}\n")
    config = load(path, ["training.epochs=1", "models.dense.training.batch_size=8"])
    assert (config.training_of("dense").epochs, config.training_of("dense").batch_size) == (1, 8)


def test_the_order_of_models_is_kept(tmp_path: Path) -> None:
    models = {name: {"architecture": "dense"} for name in ("z", "a", "m")}
    assert list(reload(minimal(models=models), tmp_path).models) == ["z", "a", "m"], (
        "the first is the baseline"
    )


def test_ranges_hold_on_both_sides() -> None:
    for section, defaults in json_schema()["$defs"].items():
        if section in ("Dense", "Cnn"):
            continue
        for key, setting in defaults["properties"].items():
            if setting.get("type") not in ("integer", "number"):
                continue
            kind, step = (int, 1) if setting["type"] == "integer" else (float, 1e-9)
            inside = [kind(setting.get("minimum", step)), kind(setting.get("maximum", 1 - 1e-9))]
            for value in inside:
                Config.model_validate(_with(section, key, value))
            for value in (inside[0] - step, inside[1] + step):
                with pytest.raises(ValidationError):
                    Config.model_validate(_with(section, key, value))


def _with(section: str, key: str, value: float) -> dict[str, Any]:
    config: dict[str, Any] = {"name": "a", "models": {"d": {"architecture": "dense"}}}
    if section == "OwnTraining":
        config["models"]["d"]["training"] = {key: value}
    elif section == "Augmentation":
        config["data"] = {"augmentation": {key: value}}
    else:
        config[section.lower()] = {key: value}
    if key in ("weight_decay", "momentum"):
        config["training"] = {"optimizer": "adamw" if key == "weight_decay" else "sgd"} | config.get(
            "training", {}
        )
    return config


def test_weight_decay_and_momentum_belong_to_their_optimizers() -> None:
    minimal(training={"optimizer": "adamw", "weight_decay": 0.01})
    minimal(training={"optimizer": "sgd", "momentum": 0.5})
    own = {"architecture": "dense", "training": {"optimizer": "sgd", "momentum": 0.5}}
    assert minimal(models={"d": own}).training_of("d").momentum == 0.5
    with pytest.raises(ValidationError):
        minimal(training={"weight_decay": 0.01})
    with pytest.raises(ValidationError):
        minimal(training={"optimizer": "adamw", "momentum": 0.5})


def test_maps_that_last_are_accepted() -> None:
    Cnn(filters=(8, 8, 8), kernel_size=3)  # 28 -> 26 -> 13 -> 11 -> 5 -> 3 -> 1
    Cnn(filters=(8,) * 4, padding="same")  # 28 -> 14 -> 7 -> 3 -> 1
    Cnn(filters=(8,) * 3, kernel_size=9, pooling="none")  # 28 -> 20 -> 12 -> 4
    Cnn(filters=(8,) * 6, padding="same", pooling="none", kernel_size=9)
    with pytest.raises(ValidationError, match="28 -> 20 -> 10 -> 2 -> 1, and conv3 needs 9"):
        Cnn(filters=(8,) * 3, kernel_size=9)


def test_maps_must_last_through_several_convolutions_before_a_pooling() -> None:
    Cnn(filters=((8, 8), (8, 8), (8,)))  # 28 -> 26 -> 24 -> 12 -> 10 -> 8 -> 4 -> 2 -> 1
    shrinking = "28 -> 26 -> 24 -> 12 -> 10 -> 8 -> 4 -> 2 -> 1, and conv6 needs 3"
    with pytest.raises(ValidationError, match=shrinking):
        Cnn(filters=((8, 8), (8, 8), (8,), (8,)))
    with pytest.raises(ValidationError, match="28 -> 26 -> 12 -> 10 -> 4 -> 2, and conv6 needs 3"):
        Cnn(filters=((8, 8), (8, 8), (8, 8)), pooling="strides")  # the second of two moves by 2


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ([64, 64], (64, 64)),
        ([[64], [64]], (64, 64)),
        ([[32, 32], 64], ((32, 32), (64,))),
        ([[32, 32], [64]], ((32, 32), (64,))),
    ],
)
def test_the_same_convolutions_are_the_same_config(written: list[Any], kept: tuple[Any, ...]) -> None:
    config = minimal(models={"cnn": {"architecture": "cnn", "filters": written}})
    assert config.models["cnn"].filters == kept  # type: ignore[union-attr]
    again = Config.model_validate(config.model_dump(mode="json"))
    assert again == config, "config.yaml of a run must give the run's config"


def test_average_pooling_pools_as_the_largest_value_does_and_strides_do_without() -> None:
    pools = {pooling: Cnn(pooling=pooling).pools for pooling in ("max", "average", "none", "strides")}  # type: ignore[arg-type]
    assert pools == {"max": True, "average": True, "none": False, "strides": False}
    assert (Cnn().strides, Cnn(pooling="strides").strides) == (1, 2)
    with pytest.raises(ValidationError, match="28 -> 20 -> 10 -> 2 -> 1, and conv3 needs 9"):
        Cnn(filters=(8,) * 3, kernel_size=9, pooling="average")


def test_augmentation_that_changes_nothing_is_none() -> None:
    assert minimal(data={"augmentation": "none"}).data.augmentation is None
    assert minimal(data={"augmentation": {"shift": 0, "flip": False}}).data.augmentation is None
    assert "augmentation: none" in dump(minimal()), "a saved config should read like a written one"
    assert minimal(data={"augmentation": {"flip": True}}).data.augmentation == Augmentation(flip=True)


SAME = [
    ["name=other"],
    ["launch.workers=2"],
    ["launch.engine=ray", "launch.address=auto"],
    ["data.source=debian"],
    ["data.source=/some/folder"],
    ["data.augmentation={shift: 0}"],
    ["models.cnn.training={epochs: 4}"],
    ["data.source=lines"],  # the images have a digest of their own
    ["inspection.images_per_class=2"],  # looking at a network does not change it
    ["robustness.images_per_class=all", "robustness.seeds=all"],  # nor does asking it more
    ["models.dense.dropout=0"],
    ["models.cnn.filters=[[64], [64]]"],
]
OTHER = [
    ["seeds=0,1,3"],
    ["seeds=2,1,0"],
    ["data.split_seed=1"],
    ["data.augmentation={flip: true}"],
    ["models.cnn.filters=64,32"],
    ["models.cnn.filters=[[64, 64]]"],
    ["models.dense.training.epochs=9"],
    ["training.epochs=6"],
    ["training.averaging=0.99"],
    ["launch.threads_per_job=2"],
    ["models.more={architecture: dense}"],
    ["data.source=./a", "data.name=mine"],
]


@pytest.mark.parametrize("overrides", SAME, ids=str)
def test_the_digest_ignores_what_does_not_decide_the_numbers(overrides: list[str]) -> None:
    assert digest(load(DEFAULT, overrides)) == digest(load(DEFAULT)), "finished work would be done again"


@pytest.mark.parametrize("overrides", OTHER, ids=str)
def test_the_digest_tells_experiments_apart(overrides: list[str]) -> None:
    assert digest(load(DEFAULT, overrides)) != digest(load(DEFAULT)), (
        "another experiment would be taken for done"
    )


def test_the_digest_knows_the_baseline() -> None:
    models = {name: {"architecture": "dense"} for name in ("a", "b")}
    assert digest(minimal(models=models)) != digest(minimal(models=dict(reversed(models.items()))))


def test_own_training_counts_in_equality() -> None:
    default = Training().epochs
    bare, own = ({"d": {"architecture": "dense", "training": t}} for t in ({}, {"epochs": default}))
    assert minimal(models=bare) != minimal(models=own), "they differ as soon as the common epochs do"


def test_the_json_schema_describes_every_setting() -> None:
    schema = json_schema()
    sections = [schema, *schema["$defs"].values()]
    for network in ("Dense", "Cnn"):
        assert schema["$defs"][network]["required"] == ["architecture"], "editors tell networks apart by it"
    bare = [
        key
        for section in sections
        for key, setting in section["properties"].items()
        if "description" not in setting
    ]
    assert not bare, "an editor would show these without a meaning"
    assert all(section["additionalProperties"] is False for section in sections)
    assert schema["$defs"]["Cnn"]["required"] == ["architecture"]
    assert "default" not in schema["$defs"]["OwnTraining"]["properties"]["epochs"]
    json.dumps(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema", "editors go by it"
    assert schema["title"] == "A ConvLens config"


@pytest.mark.parametrize(("which", "asked"), [("first", (3,)), ("all", (3, 1, 2))])
def test_which_seeds_are_asked_about_perturbed_images(which: str, asked: tuple[int, ...]) -> None:
    assert minimal(seeds=[3, 1, 2], robustness={"seeds": which}).seeds_perturbed == asked


@pytest.mark.parametrize("source", ["auto", "tfds", "debian", "lines", ".", "..", "~", "./a", "/a"])
def test_where_data_may_come_from(source: str) -> None:
    folder = {"name": "mine"} if source not in ("auto", "tfds", "debian", "lines") else {}
    assert minimal(data={"source": source, **folder}).data.source == source


def test_loading_imports_no_heavy_library() -> None:
    code = f"import sys; from configs.schema import load; load({str(DEFAULT)!r}); print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"numpy", "tensorflow", "keras"} & set(modules), "--help and config errors must be quick"


def test_what_is_said_of_pooling_follows_from_its_side() -> None:
    five = ModuleType("networks_with_pooling_of_5")
    text = Path(networks.__file__).read_text(encoding="utf-8")
    exec(compile(text.replace("POOL_SIDE = 2", "POOL_SIDE = 5"), networks.__file__, "exec"), five.__dict__)
    told = five.Cnn.model_fields["pooling"].description
    sides = set(re.findall(r"\d+", told))
    assert sides == {"5"}, f"with blocks of 5 x 5 the schema says: {told}"
