"""What comparisons with controls come to in words, whichever way they fall."""

import json
from dataclasses import replace
from typing import Any

import pytest

from configs.networks import all_settings
from configs.schema import Cnn, Dense, Training, load
from model.comparison.controls import explain_differences
from model.comparison.pairs import AmongAll
from model.comparison.records import Comparison, Model, as_json
from model.networks.facts import flops_per_image, layer_facts
from tests.records import typed

CNN = Cnn(architecture="cnn")
CONTROLS: dict[str, Dense | Cnn] = {
    "a": CNN,
    "b": Dense(architecture="dense"),
    "c": Dense(units=(307,)),
    "d": Dense(units=(6368,)),
    "e": Cnn(pooling="none"),
    "f": Cnn(kernels="hand_made"),
}


def facts(networks: dict[str, Dense | Cnn]) -> dict[str, Model]:
    sizes = {
        name: {
            "parameters": sum(layer.parameters for layer in layer_facts(network, 10)),
            "flops_per_image": flops_per_image(network, 10),
        }
        for name, network in networks.items()
    }
    return typed(dict[str, Model], sizes)


def settings(networks: dict[str, Dense | Cnn]) -> dict[str, dict[str, Any]]:
    return {
        name: {key: value for key, value in all_settings(network).items() if key != "training"}
        | Training().model_dump()
        for name, network in networks.items()
    }


def comparison(
    baseline: str, candidate: str, difference: float, reach: float = 0.005, over: Any = "seeds and images"
) -> Comparison:
    interval = [difference - reach, difference + reach]
    return Comparison(
        baseline=baseline, candidate=candidate, difference=difference, interval=interval, over=over
    )


def explained(*arguments: Any) -> list[dict[str, Any]]:
    """What report.json has of it."""
    found = [as_json(entry) for entry in explain_differences(*arguments)]
    json.dumps(found, allow_nan=False)  # what is no JSON can't be in report.json
    return found


def told(*comparisons: Comparison, networks: dict[str, Dense | Cnn] = CONTROLS) -> list[dict[str, Any]]:
    return explained(settings(networks), comparisons, facts(networks))


def words(*comparisons: Comparison) -> list[str]:
    return [entry["words"] for entry in told(*comparisons)]


def test_how_much_of_a_lead_is_not_owed_to_size() -> None:
    found = told(comparison("a", "b", -0.026), comparison("a", "c", -0.021), comparison("a", "d", -0.013))
    assert [entry["words"] for entry in found] == [
        "Without convolutions: a is ahead of b by 2.6 points (2.1 to 3.1).",
        "With as many parameters, but without convolutions: a is ahead of c by 2.1 points (1.6 to 2.6), "
        "about 80 % of its lead over b.",
        "With as much arithmetic, but without convolutions: a is ahead of d by 1.3 points (0.8 to 1.8), "
        "about 50 % of its lead over b.",
    ]
    assert [entry["equal"] for entry in found] == [[], ["parameters"], ["flops_per_image"]]
    assert [entry["share_of_lead"] for entry in found] == [
        None,
        pytest.approx(21 / 26),
        pytest.approx(0.5),
    ]
    assert {entry["setting"] for entry in found} == {"architecture"}


def test_the_baseline_may_be_the_dense_one() -> None:
    """Of a dense baseline and two networks with convolutions, the one with other layers says nothing."""
    networks: dict[str, Dense | Cnn] = {"b": Dense(), "a": CNN, "x": Cnn(units=(64,))}
    found = told(comparison("b", "a", 0.026), comparison("b", "x", 0.02), networks=networks)
    assert [entry["words"] for entry in found] == [
        "Without convolutions: a is ahead of b by 2.6 points (2.1 to 3.1)."
    ]


def test_mirror_images_are_told_beside_convolutions_and_by_themselves() -> None:
    """A network that also looks at mirror images does twice the arithmetic, and another thing differs."""
    networks: dict[str, Dense | Cnn] = {"b": Dense(units=(307,)), "m": Cnn(flip_at_test=True), "a": CNN}
    pairs = [comparison("b", "m", 0.026), comparison("b", "a", 0.013)]
    unlike = networks | {"b": Dense(), "a": Cnn(units=())}
    assert [entry["words"] for entry in told(*pairs, networks=unlike)] == [
        "Without convolutions and without asking about mirror images: m is ahead of b by 2.6 points "
        "(2.1 to 3.1)."
    ]
    sizes = {
        name: {"parameters": 1000, "flops_per_image": one.flops_per_image}
        for name, one in facts(networks).items()
    }
    alike = typed(dict[str, Model], sizes)
    networks["b"] = Dense()
    found = explained(settings(networks), pairs, alike)
    assert [entry["words"] for entry in found] == [
        "With as many parameters, but without convolutions and without asking about mirror images: m is "
        "ahead of b by 2.6 points (2.1 to 3.1).",
        "With as many parameters, but without convolutions: a is ahead of b by 1.3 points (0.8 to 1.8).",
    ]
    assert [entry["share_of_lead"] for entry in found] == [None, None], "a's lead is no share of m's"
    [_, found_one] = told(comparison("m", "b", -0.02), comparison("m", "a", -0.002), networks=networks)
    assert found_one["words"].startswith("Only flip at test differs (on against off): no difference can be")


def test_what_convolutions_alone_do_is_told_where_one_network_shows_it() -> None:
    networks: dict[str, Dense | Cnn] = {"b": Dense(), "m": Cnn(flip_at_test=True), "a": CNN}
    found = told(comparison("b", "m", 0.026), comparison("b", "a", 0.013), networks=networks)
    assert [entry["words"] for entry in found] == [
        "Without convolutions: a is ahead of b by 1.3 points (0.8 to 1.8)."
    ], "m, which comes first, differs in more"


def test_of_dense_networks_that_are_alike_the_first_is_the_measure() -> None:
    networks: dict[str, Dense | Cnn] = {"a": CNN, "b": Dense(), "same": Dense(), "c": Dense(units=(307,))}
    pairs = [comparison("a", "b", -0.03), comparison("a", "same", -0.02), comparison("a", "c", -0.015)]
    found = told(*pairs, networks=networks)
    assert [entry["candidate"] for entry in found] == ["b", "c"]
    assert found[1]["share_of_lead"] == pytest.approx(0.5), "of the lead over b"


def test_a_lead_of_one_training_each_may_be_another_with_other_seeds() -> None:
    single = [comparison("a", name, gap, over="images") for name, gap in (("b", -0.026), ("e", 0.001))]
    assert words(*single) == [
        "Without convolutions: a is ahead of b by 2.6 points (2.1 to 3.1); another seed may differ.",
        "Only pooling differs (max against none): no difference can be seen between a and e, and anything "
        "from 0.6 points behind to 0.4 ahead fits; another seed may differ.",
    ]


def test_a_lead_that_may_be_luck_among_as_many_is_no_lead() -> None:
    """Clear by its own interval, and not with all pairs allowed for: neither ahead nor a share of another."""
    lead, less = comparison("a", "b", -0.026), comparison("a", "c", -0.014)
    less = replace(less, among_all=AmongAll(2, 0.03, 0.06, clear=False))
    [_, found] = told(lead, less)
    assert found["words"] == (
        "With as many parameters, but without convolutions: no difference can be seen, allowing for all 2"
        " pairs: a is ahead of c by 1.4 points (0.9 to 1.9 on its own), as may be by luck."
    )
    assert found["share_of_lead"] is None


def test_a_control_that_is_as_good_or_better() -> None:
    lead = comparison("a", "b", -0.026)
    assert words(lead, comparison("a", "c", 0.002))[1] == (
        "With as many parameters, but without convolutions: no difference can be seen between a and c, and "
        "anything from 0.7 points behind to 0.3 ahead fits."
    )
    assert words(lead, comparison("a", "c", 0.012))[1] == (
        "With as many parameters, but without convolutions: c is ahead of a by 1.2 points (0.7 to 1.7)."
    )


@pytest.mark.parametrize(("plain", "lead"), [(-0.002, -0.021), (-0.026, -0.002), (-0.026, 0.012)])
def test_no_share_where_a_lead_is_not_clear(plain: float, lead: float) -> None:
    found = told(comparison("a", "b", plain), comparison("a", "c", lead))
    assert found[1]["share_of_lead"] is None, "a ratio of leads that may be none says nothing"
    assert "lead" not in found[1]["words"]


def test_a_small_share_is_not_rounded_to_none() -> None:
    for plain in (0.026, 0.02):  # of the latter, 0.001 is a twentieth
        found = told(comparison("a", "b", -plain), comparison("a", "c", -0.001, reach=0.0004))
        assert "less than a tenth of its lead over b" in found[1]["words"], "a lead is 0 % of another"


def test_another_recipe_is_told_beside_another_architecture() -> None:
    of_models = settings(CONTROLS)
    of_models["b"] |= {"epochs": 10, "batch_size": 128}
    of_models["c"] |= {"epochs": 1, "schedule": "constant", "stop_at_accuracy": 0.9}
    pairs = [comparison("a", "b", -0.026), comparison("a", "c", 0.001), comparison("d", "a", 0.02)]
    found = explained(of_models, pairs, facts(CONTROLS))
    assert [entry["recipe_differs"] for entry in found] == [
        ["batch_size", "epochs"],
        ["schedule", "epochs", "stop_at_accuracy"],
        [],
    ]
    assert found[0]["words"].endswith(
        "by 2.6 points (2.1 to 3.1); b is also trained otherwise (batches of 128 against 64, 10 epochs "
        "against 4)."
    )
    assert found[1]["words"].endswith(
        " ahead fits; c is also trained otherwise (schedule constant against one cycle, 1 epoch against 4, "
        "stop at accuracy 0.9 against none)."
    )
    assert "trained otherwise" not in found[2]["words"]


def test_the_one_setting_that_differs_is_named() -> None:
    assert words(comparison("a", "e", -0.008), comparison("a", "f", 0.0001)) == [
        "Only pooling differs (max against none): a is ahead of e by 0.8 points (0.3 to 1.3).",
        "Only kernels differ (learned against hand made): no difference can be seen between a and f, and "
        "anything from 0.5 points behind to 0.5 ahead fits.",
    ]
    assert words(comparison("a", "e", 0.008), comparison("a", "f", 0.0053)) == [
        "Only pooling differs (max against none): e is ahead of a by 0.8 points (0.3 to 1.3).",
        "Only kernels differ (learned against hand made): f is ahead of a by 0.53 points (0.03 to 1.03).",
    ]


def test_values_of_every_kind_are_written_out() -> None:
    networks: dict[str, Dense | Cnn] = {
        "a": CNN,
        "b": Cnn(filters=(16, 32)),
        "c": Cnn(batch_normalization=True),
        "d": Cnn(units=()),
    }
    found = told(*(comparison("a", name, 0.02) for name in "bcd"), networks=networks)
    assert [entry["words"].split(":")[0] for entry in found] == [
        "Only filters differ (64, 64 against 16, 32)",
        "Only batch normalization differs (off against on)",
        "Only units differ (128 against none)",
    ]
    assert found[0]["values"] == [[64, 64], [16, 32]]


def test_models_that_differ_in_more_say_nothing() -> None:
    networks: dict[str, Dense | Cnn] = {"a": CNN, "b": Cnn(pooling="none", dropout=0.5), "c": CNN}
    assert told(comparison("a", "b", 0.02), comparison("a", "c", 0.02), networks=networks) == []


def test_a_recipe_counts_as_a_setting() -> None:
    found = settings({"a": CNN, "b": Cnn(pooling="none"), "c": CNN})
    found["b"]["epochs"] = found["c"]["epochs"] = 9
    pairs = [comparison("a", "b", 0.02), comparison("a", "c", 0.02)]
    entries = explained(found, pairs, facts({"a": CNN, "b": CNN, "c": CNN}))
    assert [entry["setting"] for entry in entries] == ["epochs"], "b has other epochs beside another pooling"


def test_one_seed_says_that_another_may_differ() -> None:
    pairs = [comparison("a", name, -0.02, over="images") for name in "bce"]
    assert all(sentence.endswith("; another seed may differ.") for sentence in words(*pairs))


def test_a_single_comparison_has_its_verdict() -> None:
    assert told(comparison("a", "e", -0.008)) == []


def test_every_control_of_why_yaml_is_explained() -> None:
    config = load("configs/why.yaml")
    networks = dict(config.models)
    baseline, *controls = networks
    found = explained(
        {
            name: network.model_dump(exclude={"training"}) | config.training_of(name).model_dump()
            for name, network in networks.items()
        },
        [comparison(baseline, name, -0.02) for name in controls],
        facts(networks),
    )
    assert [entry["candidate"] for entry in found] == controls, "a control differs in more than it should"
    assert [(entry["setting"], entry.get("equal")) for entry in found] == [
        ("architecture", []),
        ("architecture", ["parameters"]),
        ("architecture", ["flops_per_image"]),
        ("pooling", None),
        ("pooling", None),
        ("pooling", None),
        ("kernels", None),
        ("kernels", None),
    ]
