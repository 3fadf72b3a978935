import json
from dataclasses import asdict

import numpy as np
import pytest

from configs.schema import Cnn, Dense
from model.networks import layers as of
from model.networks.build import build
from model.networks.facts import (
    ReceptiveField,
    facts_of,
    layer_facts,
    patch,
    receptive_field,
    side_in_reach,
    summary,
)
from model.networks.layers import layers_of


def parameters(network, num_classes=10):
    return sum(fact.parameters for fact in layer_facts(network, num_classes))


def flops(network):
    return sum(fact.flops for fact in layer_facts(network, 10))


def dense(**knobs):
    return Dense(**({"architecture": "dense"} | knobs))


def cnn(**knobs):
    return Cnn(**({"architecture": "cnn"} | knobs))


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (dense(), 784 * 128 + 128 + 128 * 10 + 10),
        (dense(), 101_770),
        (cnn(), 243_786),
        (cnn(filters=(64,)), 1_386_506),
        (cnn(filters=(64, 64, 64)), 84_106),
        (cnn(pooling="none"), 4_757_578),
        # 28 -> 26 -> 24 -> 12 -> 10 -> 5
        (cnn(filters=((8, 8), (16,))), 80 + 584 + 1_168 + 5 * 5 * 16 * 128 + 128 + 1_290),
        (cnn(filters=(16, 16)), 55_098),
        (cnn(filters=(32, 32)), 113_386),
        (cnn(pooling="average"), 243_786),
        (cnn(pooling="strides"), 640 + 36_928 + 6 * 6 * 64 * 128 + 128 + 1_290),
        (cnn(kernels="random"), 243_786),
        (cnn(kernels="hand_made"), 243_786),
        (dense(units=(307,)), 244_075),
    ],
)
def test_parameters_by_hand(network, expected):
    assert parameters(network) == expected, "the number of weights is derived wrongly"


@pytest.mark.parametrize(
    "network",
    [
        dense(units=(12, 7), dropout=0.5, batch_normalization=True),
        cnn(filters=((3, 4), (5,)), padding="same", batch_normalization=True, dropout=0.2),
        cnn(filters=(3, 2), kernel_size=4, pooling="average", units=()),
        cnn(filters=(3,), pooling="strides", padding="same"),
    ],
    ids=["dense", "blocks", "average", "strides"],
)
def test_the_table_of_layers_is_that_of_keras_summary(network):
    rows = summary(network, 4)
    theirs = [
        (layer.name, type(layer).__name__, layer.output.shape[1:], layer.count_params())
        for layer in build(network, 4, seed=0).layers[1:]  # the first is the picture
    ]
    assert [(row.layer, row.type, row.output_shape, row.parameters) for row in rows] == theirs
    assert sum(row.flops for row in rows) == sum(fact.flops for fact in layer_facts(network, 4)) > 0


def test_flops_by_hand():
    # 2 per multiply-add: 9 weights at 26 x 26 places into 64 maps, ...
    expected = 2 * (9 * 64 * 26 * 26 + 9 * 64 * 64 * 11 * 11 + 1600 * 128 + 128 * 10)
    assert flops(cnn()) == expected == 10_112_000, "arithmetic of the network in multiply-adds, times 2"
    assert flops(dense()) == 2 * (784 * 128 + 128 * 10)


def test_flops_with_strides_by_hand():
    # 28 -> 13 -> 6: 9 weights at 13 x 13 places into 64 maps, ...
    expected = 2 * (9 * 64 * 13 * 13 + 9 * 64 * 64 * 6 * 6 + 36 * 64 * 128 + 128 * 10)
    assert flops(cnn(pooling="strides")) == expected == 3_441_280
    assert flops(cnn(kernels="random")) == flops(cnn()), "frozen filters do the same arithmetic"


@pytest.mark.parametrize(("layer", "size", "stride", "offset"), [("conv1", 3, 2, 0), ("conv2", 7, 4, 0)])
def test_receptive_field_with_strides_by_hand(layer, size, stride, offset):
    field = receptive_field(layer_facts(cnn(pooling="strides"), 10), layer)
    assert (field.size, field.stride, field.offset) == (size, stride, offset)


def test_one_map_shrinks_as_the_lesson_says():
    sides = [fact.output_shape[0] for fact in layer_facts(cnn(), 10) if fact.kind != "dense"]
    assert sides == [26, 13, 11, 5], "28 -> 26 -> 13 -> 11 -> 5"


@pytest.mark.parametrize(
    ("layer", "size", "stride", "offset"),
    [("conv1", 3, 1, 0), ("pool1", 4, 2, 0), ("conv2", 8, 2, 0), ("pool2", 10, 4, 0)],
)
def test_receptive_field_by_hand(layer, size, stride, offset):
    field = receptive_field(layer_facts(cnn(), 10), layer)
    assert (field.size, field.stride, field.offset) == (size, stride, offset)


def test_same_padding_moves_the_field_beyond_the_border():
    field = receptive_field(layer_facts(cnn(padding="same", kernel_size=5), 10), "conv2")
    assert field.offset == -2 - 2 * 2, "two pixels at each convolution, the second one's two apart"


@pytest.mark.parametrize(
    ("network", "side"),
    [
        (cnn(), 26),  # 5 x 5 from 10 x 10 of 11 x 11, from 12 x 12, from 24 x 24, from 26 x 26
        (cnn(filters=(64, 64, 64)), 22),  # 1 from 2 of 3, from 4, from 8, from 10, from 20, from 22
        (cnn(filters=(64,)), 28),
        (cnn(filters=((8, 8), (8,), (8,))), 24),  # 1 from 2 of 3, from 4, from 8, from 10, from 20, 22, 24
        (cnn(pooling="none"), 28),
        (cnn(pooling="strides"), 27),  # 6 from 13, from 27: a 3 x 3 window in steps of 2 leaves one over
        (cnn(padding="same"), 28),
        (cnn(padding="same", kernel_size=4, pooling="strides"), 28),
    ],
)
def test_how_much_of_the_image_counts_by_hand(network, side):
    assert side_in_reach(layers_of(network, 10)) == side


def test_windows_that_are_not_square_by_hand():
    layers = [
        of.Convolution("conv1", 2, (2, 3), strides=(2, 1), use_bias=False),
        of.Pooling("pool1", "max", 3, strides=2, padding="same"),
    ]
    facts = facts_of(layers)
    assert [fact.output_shape for fact in facts] == [(14, 26, 2), (7, 13, 2)]
    assert facts[0].parameters == 2 * 3 * 2, "there is no bias"
    assert facts[0].flops == 2 * 14 * 26 * facts[0].parameters
    field = receptive_field(facts, "pool1")
    assert field == ReceptiveField(size=(6, 5), stride=(4, 2), offset=0), "one zero in all: it stands after"
    read = ReceptiveField(**json.loads(json.dumps(asdict(field))))
    assert (read.rows, read.columns) == (field.rows, field.columns), "it is not what was written"
    image = np.arange(784, dtype=np.uint16).reshape(28, 28)
    assert np.array_equal(patch(image, field, 1, 2), image[4:10, 4:9])


def test_normalization_of_the_picture_counts_with_what_reads_it():
    layers = [of.Normalization("normalization1", center=False), of.Flatten("flatten"), of.Dense("dense1", 5)]
    assert [fact.parameters for fact in facts_of(layers)] == [3 + 784 * 5 + 5]
