"""One place of a trained filter's map in words, by hand: every number on its line."""

import numpy as np

from model.lesson.arithmetic import FilterAtWork, Normalization, work_by_hand
from model.lesson.run_text import run_lines
from model.networks.layers import Pooling

READS = (np.arange(36).reshape(6, 6, 1) % 7 / 8).astype(np.float32)
KERNEL = np.array([[1, 0, -1], [0.5, -2, 0.25], [-1, 3, 0]], np.float32)[..., None]
MAP = np.array(
    [
        [1.90625, 0, 0, 0],
        [0.9375, 1.90625, 0, 0],
        [1.0625, 0.9375, 1.90625, 0],
        [0.09375, 1.0625, 0.9375, 1.90625],
    ]
)
POOLED = np.array([[1.90625, 0], [1.0625, 1.90625]])

OF_ONE = """\
at row 1, column 0 (the first is 0)

Pixels from 0 to 1, times the filter, product by product (rounded)
    0.7500  0.0000  0.1250    1.0000  0.0000 −1.0000    0.7500  0.0000 −0.1250
    0.6250  0.7500  0.0000 ×  0.5000 −2.0000  0.2500 =  0.3125 −1.5000  0.0000
    0.5000  0.6250  0.7500   −1.0000  3.0000  0.0000   −0.5000  1.8750  0.0000
   sum of all 9 products            0.81250
   bias                             0.12500
   sum + bias                       0.93750
   ReLU keeps it                    0.93750
   pool1, row 0, column 0           1.90625
      the largest of 1.90625 0.00000 / 0.93750 1.90625

Keras: 0.93650 at this place; 1.0e−03 apart
Keras: over the whole map of 4 x 4 at most 2.0e−03 apart
Keras: pooled at most 2.5e−01 apart"""

OF_MANY = """\
at row 0, column 1 (the first is 0)
The map is 0 everywhere; before ReLU it is largest here.

It reads the 8 maps of pool1: 3 x 3 x 8 = 72 products.
Map 5, whose share is largest, times its slice of the filter (rounded)
   0.0000 0.0000 0.0000   0.0000 0.0000 0.0000   0.0000 0.0000 0.0000
   0.7500 0.7500 0.7500 × 0.0000 4.0000 0.0000 = 0.0000 3.0000 0.0000
   0.7500 0.7500 0.7500   0.0000 0.0000 0.0000   0.0000 0.0000 0.0000
   map 5: sum of 9 products         3.00000
   map 1: sum of 9 products        −2.00000
   map 3: sum of 9 products         1.50000
   map 4: sum of 9 products        −1.25000
   map 7: sum of 9 products        −1.00000
   other 3 maps, likewise           0.53125
   The window reaches beyond the border, where there are zeros.
   sum of all 72 products           0.78125
   bias                            −0.50000
   sum + bias                       0.28125
   batch normalization             −0.33594
      = (−1.5000) × (0.2812 − (−0.5000)) / 2.0000 + 0.2500
   ReLU makes it 0                  0.00000
   pool2, row 0, column 0           0.00000
      the mean of 0.00000 0.00000 / 0.00000 0.00000

Keras: 0.00000 at this place; exactly equal
Keras: over the whole map of 3 x 3 exactly equal
Keras: pooled exactly equal"""


def test_a_first_filter_is_told_number_by_number() -> None:
    keras_map = MAP.copy()
    keras_map[1, 0] -= 0.001
    keras_map[3, 3] += 0.002
    work = FilterAtWork(
        READS, KERNEL, 0.125, None, 1, "valid", Pooling("pool1", "max"), keras_map, POOLED + 0.25
    )
    assert "\n".join(run_lines(work, work_by_hand(work, (1, 0)), "conv1", False)) == OF_ONE


def test_a_deeper_filter_is_told_by_its_largest_slices() -> None:
    reads = np.stack([np.full((3, 3), (channel + 1) / 8) for channel in range(8)], axis=-1).astype(np.float32)
    kernel = np.zeros((3, 3, 8), np.float32)
    kernel[1, 1] = [1, -8, 0.5, 3, -2, 4, 0.25, -1]
    kernel[0, 0, 1] = -1
    normalization = Normalization(mean=-0.5, deviation=2.0, scale=-1.5, shift=0.25)
    nothing = np.zeros((3, 3)), np.zeros((1, 1))
    work = FilterAtWork(
        reads, kernel, -0.5, normalization, 1, "same", Pooling("pool2", "average"), *nothing, "pool1"
    )
    assert "\n".join(run_lines(work, work_by_hand(work, (0, 1)), "conv2", True)) == OF_MANY


def test_without_pooling_a_deeper_filter_reads_the_convolution_before() -> None:
    reads, kernel = np.ones((4, 4, 2), np.float32), np.ones((4, 4, 2), np.float32)
    work = FilterAtWork(reads, kernel, 0.0, None, 1, "valid", None, np.full((1, 1), 32.0), None, "conv2")
    lines = run_lines(work, work_by_hand(work, None), "conv3", True)
    assert lines[2] == "It reads the 2 maps of conv2: 4 x 4 x 2 = 32 products."
    assert "   (no pooling follows conv3)" in lines
    assert lines[-1] == "Keras: over the whole map of 1 x 1 exactly equal"
    side = lines.index("   reads")
    assert lines[side + 5] == "   × filter", "large filters stand below each other"
