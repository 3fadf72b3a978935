"""Curves and intervals from answers to perturbed images: by hand, and a second way."""

import re
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy import stats

from configs.schema import Augmentation, Config, load
from data.perturbations import KINDS
from model.comparison.intervals import difference_over, mean_over
from model.comparison.records import as_json
from model.robustness.curves import Measured, _on_pooling, controls_of_pooling, robustness_of, trained_on
from model.robustness.records import Accuracy, Curves, Pooling, Robustness

pytestmark = pytest.mark.numeric

LABELS = (np.arange(200) % 10).astype(np.uint8)
CNN = {"architecture": "cnn", "filters": [4], "units": [8]}
MODELS = {
    "dense": {"architecture": "dense"},
    "cnn": CNN,
    "bare": CNN | {"pooling": "none"},
    "strided": CNN | {"pooling": "strides"},
    "mean": CNN | {"pooling": "average"},
}


def config_of(*models: str, **changes: Any) -> Config:
    return Config.model_validate({"name": "a", "models": {name: MODELS[name] for name in models}} | changes)


def arrays_of(shares: list[float], seed: int = 0, layers: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """Made-up answers, right on these shares of the images at each of the seven strengths."""
    random = np.random.default_rng(seed)
    hard = random.permutation(np.linspace(0, 1, len(LABELS), endpoint=False))
    answers = np.where(hard < np.array(shares)[:, None], LABELS, (LABELS + 1) % 10).astype(np.uint8)
    arrays = {"indices": np.arange(len(LABELS)), "labels": LABELS}
    arrays |= {f"answers/{kind}": answers for kind in KINDS}
    for number, layer in enumerate(("picture", *layers) if layers else ()):
        for state, factor in (("trained", 1.0), ("untrained", 2.0)):
            change = factor * (0.5 - 0.1 * number) * (1 + 0.1 * random.standard_normal(len(LABELS)))
            arrays[f"changes/{state}/{layer}"] = change.astype(np.float32)
    return arrays


def robustness(measured: Measured, config: Config) -> Robustness:
    found = robustness_of(measured, config)
    assert found is not None
    return found


FALLING = [0.9, 0.85, 0.8, 0.6, 0.5, 0.3, 0.1]
LOWER = [0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1]


def test_a_curve_by_hand() -> None:
    found = robustness({"dense": {0: arrays_of(FALLING)}}, config_of("dense"))
    assert (found.images, found.images_per_class, found.seeds) == (200, 100, {"dense": [0]})
    assert [kind.kind for kind in found.kinds] == list(KINDS)
    shift = found.kinds[0]
    assert (shift.unit, shift.strengths, shift.middle) == ("pixels", [0, 1, 2, 3, 4, 5, 6], 3)
    entry = shift.models["dense"]
    assert entry.accuracy == pytest.approx(FALLING)
    assert entry.values == {"0": pytest.approx(FALLING)}
    assert entry.over == "images"
    assert (shift.differences, shift.pooling, found.words) == ([], [], [])


def test_kinds_that_were_not_tried_have_no_curve() -> None:
    arrays = {name: values for name, values in arrays_of(FALLING).items() if name != "answers/rotation"}
    lines = config_of("dense", data={"source": "lines"})
    found = robustness({"dense": {0: arrays}}, lines)
    assert [kind.kind for kind in found.kinds] == [kind for kind in KINDS if kind != "rotation"]


@pytest.mark.parametrize(
    ("data", "cautious"),
    [({}, False), ({"source": "lines"}, False), ({"source": "./mine", "name": "digits"}, True)],
)
def test_of_pictures_of_ones_own_it_is_said_that_their_class_may_change(
    data: dict[str, str], cautious: bool
) -> None:
    found = robustness({"dense": {0: arrays_of(FALLING)}}, config_of("dense", data=data))
    assert bool(found.caution) == cautious
    assert not cautious or "still of their class" in found.caution


def test_each_kind_has_its_own_answers() -> None:
    arrays = arrays_of(FALLING)
    for place, kind in enumerate(KINDS):
        arrays[f"answers/{kind}"] = arrays_of([share - place / 50 for share in FALLING])["answers/shift"]
    for found in robustness({"dense": {0: arrays}}, config_of("dense")).kinds:
        right = (arrays[f"answers/{found.kind}"] == LABELS).mean(axis=1)
        assert found.models["dense"].accuracy == pytest.approx(right), found.kind


def test_the_interval_of_one_seed_is_wilsons() -> None:
    found = robustness({"dense": {0: arrays_of(FALLING)}}, config_of("dense"))
    for share, interval in zip(FALLING, found.kinds[0].models["dense"].intervals, strict=True):
        expected = stats.binomtest(round(share * 200), 200).proportion_ci(method="wilsoncc")
        np.testing.assert_allclose(
            interval, expected, atol=0.002
        )  # t with 199 degrees of freedom, not normal


def test_differences_are_paired_by_image_and_by_strength() -> None:
    one, other = arrays_of(LOWER, seed=1), arrays_of(FALLING, seed=1)
    found = robustness({"dense": {0: one}, "cnn": {0: other}}, config_of("dense", "cnn"))
    [difference] = found.kinds[0].differences
    assert (difference.baseline, difference.candidate) == ("dense", "cnn")
    assert difference.difference == pytest.approx(np.subtract(FALLING, LOWER))
    for place, interval in enumerate(difference.intervals):
        right = [(arrays["answers/shift"][place] == LABELS)[None].astype(float) for arrays in (other, one)]
        assert interval == pytest.approx(difference_over(*right).interval)
    # the same images are hard for both: paired, the error is smaller than of two independent shares
    low, high = difference.intervals[3]
    independent = 2 * stats.norm.ppf(0.975) * np.sqrt(0.6 * 0.4 / 200 + 0.4 * 0.6 / 200)
    assert high - low < 0.7 * independent


def test_several_seeds_give_a_dot_each_and_count_in_the_interval() -> None:
    seeds = {seed: arrays_of([share - 0.05 * seed for share in FALLING], seed) for seed in (0, 1, 2)}
    entry = robustness({"dense": seeds}, config_of("dense")).kinds[2].models["dense"]
    assert entry.over == "seeds and images"
    assert entry.accuracy == pytest.approx(np.array(FALLING) - 0.05, abs=1e-2)
    assert list(entry.values) == ["0", "1", "2"]
    for seed, arrays in seeds.items():
        own = (arrays["answers/noise"] == LABELS).mean(axis=1)
        assert entry.values[str(seed)] == pytest.approx(own), "the dots of another seed"
    right = np.stack([(a["answers/noise"][3] == LABELS).astype(float) for a in seeds.values()])
    assert entry.intervals[3] == pytest.approx(mean_over(right).interval)


def test_what_models_were_trained_on_is_known() -> None:
    augmentation = Augmentation(shift=2, flip=True, erase=8)
    seen = {kind: trained_on(kind, augmentation) for kind in KINDS}
    assert seen == dict.fromkeys(KINDS, 0) | {"shift": 2, "occlusion": 8}
    assert trained_on("shift", None) == 0


def test_pooling_is_compared_with_the_same_network_without_it_only() -> None:
    config = config_of("dense", "cnn", "bare", "strided", "mean")
    expected = {("cnn", "bare"), ("cnn", "strided"), ("mean", "bare"), ("mean", "strided")}
    assert set(controls_of_pooling(config)) == expected
    other = CNN | {"pooling": "none", "units": [9]}
    models = {"cnn": CNN, "other": other}
    assert controls_of_pooling(Config.model_validate({"name": "a", "models": models})) == []
    longer = {"cnn": CNN, "bare": MODELS["bare"] | {"training": {"epochs": 9}}}
    assert controls_of_pooling(Config.model_validate({"name": "a", "models": longer})) == [], (
        "a network that was trained longer is no control"
    )


def words(shares: list[float], *models: str) -> list[str]:
    measured = {name: {0: arrays_of(FALLING if name == "cnn" else shares, 3)} for name in models}
    return robustness(measured, config_of(*models)).words


def test_pooling_is_not_credited_from_dense_against_cnn() -> None:
    [sentence] = words(LOWER, "dense", "cnn")
    assert "these models cannot tell" in sentence
    assert "with and without it" in sentence
    assert words(LOWER, "dense", "bare") == [], "there is no pooling to speak of"
    assert words(LOWER, "cnn") == [], "there is nothing to compare with"


def test_what_pooling_buys_is_said_with_its_size_or_that_it_cannot_be_seen() -> None:
    [clear] = words(LOWER, "cnn", "bare")
    start = "Shifted by 3 pixels, cnn is right on 20.0 points more of the pictures ("
    assert clear.startswith(start)
    assert clear.endswith(
        ") than bare, the same without pooling, which has more parameters. Another seed may differ."
    )
    [worse] = words([0.95] * 7, "cnn", "bare")
    assert "35.0 points fewer of the pictures (" in worse
    low, high = map(float, worse.split("(")[1].split(")")[0].split(" to "))
    assert low < 35 < high, "the end nearer to nothing comes first"
    [unclear] = words(FALLING, "cnn", "strided")
    assert "no difference can be seen between cnn and strided, the same with strides in place" in unclear
    assert "behind to" in unclear


def test_which_network_has_more_weights_is_counted() -> None:
    """Of why.yaml the one with strides has 333,898, the one with pooling 243,786."""
    config = load("configs/why.yaml")
    measured = {name: {0: arrays_of(LOWER if name == "strides" else FALLING)} for name in ("cnn", "strides")}
    [sentence] = robustness(measured, config).words
    assert re.sub(r"\(.*?\)", "()", sentence) == (
        "Shifted by 3 pixels, cnn is right on 20.0 points more of the pictures () than strides, the same "
        "with strides in place of pooling, which has more parameters. Another seed may differ."
    )
    same = {name: network | {"padding": "same"} for name, network in MODELS.items() if name != "dense"}
    equal = Config.model_validate({"name": "a", "models": {name: same[name] for name in ("cnn", "strided")}})
    measured = {name: {0: arrays_of(FALLING)} for name in ("cnn", "strided")}
    [sentence] = robustness(measured, equal).words
    assert "strides in place of pooling, which has as many parameters: anything from" in sentence


def test_an_end_that_is_not_nothing_is_not_written_as_nothing() -> None:
    config = config_of("cnn", "bare")
    pair = Pooling("cnn", "bare", [0.02], [[0.0003, 0.0397]], "images")
    models = dict.fromkeys(("cnn", "bare"), Accuracy([], [], "images", {}))
    shifts = Curves("shift", "pixels", [3], 3, 0, models, [], [pair])
    [sentence] = _on_pooling(shifts, config)
    assert sentence.startswith(
        "Shifted by 3 pixels, cnn is right on 2.00 points more of the pictures (0.03 to 3.97)"
    )


def test_the_share_of_answers_that_stay_the_same_is_of_one_pixel() -> None:
    arrays = arrays_of(FALLING)
    found = robustness({"dense": {0: arrays}}, config_of("dense")).stability["dense"]
    same = arrays["answers/shift"][0] == arrays["answers/shift"][1]
    assert found.answers_kept == pytest.approx(same.mean()) == pytest.approx(0.95)
    expected = stats.binomtest(190, 200).proportion_ci(method="wilsoncc")
    np.testing.assert_allclose(found.interval, expected, atol=0.002)
    assert found.layers == [], "a dense network has no maps"


def test_steadiness_is_of_all_seeds() -> None:
    """The mean of three trainings, with an interval that allows for others."""
    shares = ([0.9, 0.85, *[0.5] * 5], [0.9, 0.8, *[0.5] * 5], [0.9, 0.6, *[0.5] * 5])
    seeds = {seed: arrays_of(share, seed, ("conv1",)) for seed, share in zip((4, 0, 2), shares, strict=True)}
    for seed, arrays in seeds.items():
        arrays["changes/trained/conv1"] += np.float32(seed)
    found = robustness({"cnn": seeds}, config_of("cnn")).stability["cnn"]
    same = [arrays["answers/shift"][0] == arrays["answers/shift"][1] for arrays in seeds.values()]
    assert np.mean(same, axis=1) == pytest.approx([0.95, 0.9, 0.7])
    assert found.answers_kept == pytest.approx(0.85)
    assert found.over == "seeds and images"
    assert found.interval == mean_over(np.array(same, float)).interval
    changes = [arrays["changes/trained/conv1"].mean(dtype=np.float64) for arrays in seeds.values()]
    assert found.layers[1].trained.change == pytest.approx(np.mean(changes))
    untrained = [arrays["changes/untrained/conv1"].mean(dtype=np.float64) for arrays in seeds.values()]
    assert found.layers[1].untrained.change == pytest.approx(np.mean(untrained))


def test_a_pooling_is_told_against_the_map_it_reads() -> None:
    arrays = arrays_of(FALLING, layers=("conv1", "pool1"))
    layers = robustness({"cnn": {0: arrays}}, config_of("cnn")).stability["cnn"].layers
    assert [layer.layer for layer in layers] == ["picture", "conv1", "pool1"]
    conv, pool = (arrays[f"changes/trained/{layer}"].astype(float) for layer in ("conv1", "pool1"))
    assert layers[1].trained.change == pytest.approx(conv.mean())
    assert layers[1].untrained.change == pytest.approx(arrays["changes/untrained/conv1"].astype(float).mean())
    assert layers[1].against is None
    gain = layers[2].against
    assert gain is not None
    assert gain.layer == "conv1"
    assert gain.trained.change == pytest.approx((pool - conv).mean())
    interval = stats.t.interval(0.95, 199, (pool - conv).mean(), stats.sem(pool - conv))
    np.testing.assert_allclose(gain.trained.interval, interval, rtol=1e-6)
    assert gain.untrained.change == pytest.approx(2 * (pool - conv).mean(), rel=0.3)


def test_what_was_not_measured_is_left_out() -> None:
    config = config_of("dense", "cnn")
    assert robustness_of({}, config) is None
    assert robustness_of({"dense": {}, "cnn": {}}, config) is None
    found = robustness({"dense": {}, "cnn": {1: arrays_of(FALLING)}}, config)
    assert list(found.kinds[0].models) == ["cnn"]
    assert found.kinds[0].differences == [], "there is no baseline to be ahead of"
    assert found.seeds == {"cnn": [1]}


def test_in_report_json_pairs_say_which_one_pools_and_only_poolings_are_against_something() -> None:
    measured = {"cnn": {0: arrays_of(FALLING, layers=("conv1", "pool1"))}, "bare": {0: arrays_of(LOWER)}}
    found = robustness(measured, config_of("cnn", "bare"))
    document = as_json(found)
    [pair] = document["kinds"][0]["pooling"]
    assert list(pair) == ["with", "without", "difference", "intervals", "over"], "keys, or their order"
    assert (pair["with"], pair["without"]) == ("cnn", "bare")
    assert pair["difference"] == pytest.approx(np.subtract(FALLING, LOWER))
    layers = document["stability"]["cnn"]["layers"]
    assert ["against" in layer for layer in layers] == [False, False, True]
    assert list(layers[2]["against"]) == ["layer", "trained", "untrained"]
    assert TypeAdapter(Robustness).validate_python(document) == found, "what is read is not what was written"
