"""What each filter is worth: the network's answers with the filter's map replaced by a constant.

One pass over the images serves all filters. What lies upstream of a filter is computed once, and of
what lies downstream only what the filter can change:

- A filter of the last convolution reaches the first dense layer through its own rows of the weights.
  Taking it out subtracts its share, `pooled map @ rows`, and adds the constant's.
- A filter of an earlier convolution reaches the next one through one slice of each kernel. The next
  layer's values are kept, and the slice's change added: one convolution of a single channel, as one
  small matrix product per place of the pooling window, in pieces that stay in the processor's cache.
"""

import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from math import prod

import numpy as np
import tensorflow as tf
from numpy.lib.stride_tricks import as_strided

from model.networks.as_arrays import Convolution, Network, Step, forward, logits_of, through
from model.networks.facts import zeros_around
from model.networks.layers import Pair, Pooling, pair
from model.networks.traces import View, mean_of_views

CACHE_BYTES = 500_000  # one array of a piece; three of them live in a core's cache
MOST_PLACES = 9  # of a pooling window: each has a kernel of its own, as large as the window's patch
STACK_BYTES = 50_000_000  # downstream values of several filters, stacked for one matrix product


class Ablation:
    """The answers of a network without each of its filters.

    `constants` are per convolution float32 (filters,): what replaces each filter's map.
    """

    def __init__(self, network: Network, constants: list[np.ndarray]) -> None:
        self.network = network
        self.constants = constants
        self._read = [c.read(constant) for c, constant in zip(network.convolutions, constants, strict=True)]
        earlier = zip(network.convolutions[1:], self._read[:-1], strict=True)
        self._next = [NextConvolution(convolution, read) for convolution, read in earlier]
        self._later = [
            LaterConvolutions(following.left, network.convolutions[i + 2 :])
            for i, following in enumerate(self._next)
        ]

    def answers(self, views: Sequence[View]) -> tuple[np.ndarray, np.ndarray]:
        """Logits with all filters, and without each of them, one at a time.

        `views` are all of a batch that the network looks at. Returns float32 (n, num_classes) and (filters of
        all convolutions, n, num_classes).
        """
        intact, without = zip(*(self._answers(*view) for view in views), strict=True)
        return mean_of_views(intact), mean_of_views(without)

    def _answers(self, linear: list[np.ndarray], pooled: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """The same of one view."""
        earlier = zip(self._next, self._later, linear, pooled[:-1], strict=True)
        parts = [self._without_each_earlier(*one) for one in earlier]
        inner = self._inner(pooled[-1])
        shares = self._shares(pooled[-1])
        np.subtract(self._constant_shares[:, None], shares, out=shares)
        shares += inner
        without = np.concatenate([*parts, logits_of(self.network.dense, shares)])
        return logits_of(self.network.dense, inner), without

    def with_only(self, views: Sequence[View], kept: np.ndarray) -> np.ndarray:
        """Logits with only some filters of the last convolution, the others replaced.

        `kept`, bool (sets, filters), says which stay. Returns float32 (sets, n, num_classes).
        """
        return mean_of_views([self._with_only(view.pooled[-1], kept) for view in views])

    def _with_only(self, pooled: np.ndarray, kept: np.ndarray) -> np.ndarray:
        """The same of one view, of which this is what is read of the last convolution."""
        shares = self._shares(pooled)
        shares -= self._constant_shares[:, None]
        everywhere = self._constant_shares.sum(axis=0) + self.network.dense[0].bias
        num_filters, num_images, units = shares.shape
        inner = kept.astype(np.float32) @ shares.reshape(num_filters, -1)
        inner = inner.reshape(len(kept), num_images, units)
        inner += everywhere
        return logits_of(self.network.dense, inner)

    @cached_property
    def _rows(self) -> np.ndarray:
        """The first dense layer's weights by filter of the last convolution: (filters, places, units)."""
        weights = self.network.dense[0].weights
        by_place = weights.reshape(-1, self.network.convolutions[-1].num_filters, weights.shape[1])
        return np.ascontiguousarray(by_place.transpose(1, 0, 2))

    @cached_property
    def _constant_shares(self) -> np.ndarray:
        """What each constant adds to the first dense layer: (filters, units)."""
        sums = self._rows.sum(axis=1, dtype=np.float64) * self._read[-1][:, None]
        return sums.astype(np.float32)

    def _inner(self, features: np.ndarray) -> np.ndarray:
        """The first dense layer before its activation, (n, units)."""
        inner = features.reshape(len(features), -1) @ self.network.dense[0].weights
        inner += self.network.dense[0].bias
        return inner

    def _shares(self, pooled: np.ndarray) -> np.ndarray:
        """What each filter of the last convolution adds to the first dense layer: (filters, n, units)."""
        by_filter = pooled.reshape(len(pooled), -1, pooled.shape[-1]).transpose(2, 0, 1)
        return np.ascontiguousarray(by_filter) @ self._rows

    def _without_each_earlier(
        self, following: "NextConvolution", later: "LaterConvolutions", linear: np.ndarray, pooled: np.ndarray
    ) -> np.ndarray:
        num_images, num_filters = len(pooled), pooled.shape[-1]
        logits = np.empty((num_filters, num_images, self.network.dense[-1].bias.size), np.float32)
        piece = max(1, min(num_images, CACHE_BYTES // linear[0].nbytes))
        for first in range(0, num_images, piece):
            part = slice(first, first + piece)
            for filters, values in following.without_each(linear[part], pooled[part]):
                inner = self._inner(later(values.reshape(-1, *values.shape[2:])))
                answers = logits_of(self.network.dense, inner)
                logits[filters, part] = answers.reshape(*values.shape[:2], -1)
        return logits


class LaterConvolutions:
    """What comes after the one that reads the filter: there everything has changed.

    First the `steps` that are left to do of that one, then the convolutions after it.
    """

    def __init__(self, steps: Sequence[Step], convolutions: tuple[Convolution, ...]) -> None:
        def run(x: tf.Tensor) -> tf.Tensor:
            x = through(steps, x)
            return forward(convolutions, x)[-1].pooled if convolutions else x

        self._has_some = bool(steps or convolutions)
        self._run = tf.function(run, autograph=False)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        return self._run(values).numpy() if self._has_some else values


class NextConvolution:
    """A convolution that reads the replaced map, with its ReLU and a pooling of small blocks side by side.

    Its values before ReLU are held window by window of the pooling, as (places of the window, windows,
    filters), so that pooling takes the largest (or the mean) over the first axis. All values of a
    window come from one patch of the input, `patch` pixels high and wide. Where a convolution has another
    function, or other steps after it, a window is one place, and all of them are `left` to do.
    """

    def __init__(self, convolution: Convolution, constant: np.ndarray) -> None:
        self.convolution = convolution
        self.constant = constant
        self.pooling, self.left = _done_at_once(convolution)
        self.window = pair(self.pooling.side) if self.pooling else (1, 1)
        sides, steps = convolution.kernel.shape[:2], pair(convolution.strides)
        self.patch = tuple(
            side + step * (window - 1) for side, step, window in zip(sides, steps, self.window, strict=True)
        )
        # the slice of the kernel that reads each input channel, at each place of the window
        num_inputs, num_filters = convolution.kernel.shape[2:]
        kernels = np.zeros((num_inputs, *self.window, *self.patch, num_filters), np.float32)
        for row, column in np.ndindex(self.window):
            rows = slice(row * steps[0], row * steps[0] + sides[0])
            columns = slice(column * steps[1], column * steps[1] + sides[1])
            kernels[:, row, column, rows, columns] = convolution.kernel.transpose(2, 0, 1, 3)
        self.kernels = kernels.reshape(num_inputs, prod(self.window), prod(self.patch), num_filters)
        self._memory = threading.local()  # each thread is at another batch

    def without_each(self, linear: np.ndarray, inputs: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        """The pooled values without each input channel, for as many channels at a time as memory allows.

        Yields (channels, float32 (channels, n, height, width, filters)); the array is used again.
        """
        num_images, num_channels = len(inputs), inputs.shape[-1]
        height, width = linear.shape[1] // self.window[0], linear.shape[2] // self.window[1]
        windows = height, width
        intact = self._by_window(linear, windows)
        patches = self._patches(self._changes(inputs), windows)
        shape = (num_images, *windows, linear.shape[-1])
        group = max(1, min(num_channels, STACK_BYTES // (4 * int(np.prod(shape)))))
        stack = self._buffer(group, *shape)
        values = self._buffer(*intact.shape)
        columns = self._buffer(*patches.shape[1:])
        for first in range(0, num_channels, group):
            channels = range(first, min(first + group, num_channels))
            for channel in channels:
                np.copyto(columns, patches[channel])
                np.matmul(columns.reshape(-1, prod(self.patch)), self.kernels[channel], out=values)
                values += intact
                self._pool(values, stack[channel - first].reshape(intact.shape[1:]))
            yield slice(channels.start, channels.stop), stack[: len(channels)]

    def _by_window(self, linear: np.ndarray, windows: Pair) -> np.ndarray:
        """Values before the activation as (places of the window, n * windows, filters); the edge that fills
        no window is left out."""
        (height, width), (rows, columns), num_filters = windows, self.window, linear.shape[-1]
        used = linear[:, : height * rows, : width * columns]
        blocks = used.reshape(len(linear), height, rows, width, columns, num_filters)
        blocks = blocks.transpose(2, 4, 0, 1, 3, 5)
        return np.ascontiguousarray(blocks).reshape(rows * columns, -1, num_filters)

    def _changes(self, inputs: np.ndarray) -> np.ndarray:
        """What replacement adds to each input channel, (channels, n, height, width); 0 in the padding."""
        changes = (self.constant - inputs).transpose(3, 0, 1, 2)
        if self.convolution.padding == "same":
            window, strides = self.convolution.kernel.shape[:2], pair(self.convolution.strides)
            around = zeros_around(inputs.shape[1:3], window, strides, "same")
            return np.pad(changes, ((0, 0), (0, 0), *around))
        return np.ascontiguousarray(changes)

    def _patches(self, changes: np.ndarray, windows: Pair) -> np.ndarray:
        """The patches that the windows read, (channels, n, *windows, *patch): overlapping views, nothing is
        copied."""
        channel, image, row, column = changes.strides
        strides = pair(self.convolution.strides)
        down, right = (step * window for step, window in zip(strides, self.window, strict=True))
        shape = (*changes.shape[:2], *windows, *self.patch)
        return as_strided(changes, shape, (channel, image, row * down, column * right, row, column))

    def _pool(self, values: np.ndarray, out: np.ndarray) -> None:
        """ReLU and pooling over the first axis; the largest is the same before and after ReLU."""
        if self.left:
            np.copyto(out, values[0])
        elif self.pooling and self.pooling.kind == "average":
            np.maximum(values, 0, out=values)
            np.mean(values, axis=0, out=out)
        else:
            np.maximum.reduce(values, axis=0, out=out, initial=0)

    def _buffer(self, *shape: int) -> np.ndarray:
        """Memory that is used again: fresh pages cost more than the arithmetic on them."""
        buffers: dict[tuple[int, ...], np.ndarray] = vars(self._memory).setdefault("buffers", {})
        if shape not in buffers:
            buffers[shape] = np.empty(shape, np.float32)
        return buffers[shape]


def _done_at_once(convolution: Convolution) -> tuple[Pooling | None, Sequence[Step]]:
    """The pooling that is done with ReLU, if one is, and the steps after the convolution that are left."""
    if convolution.activation.function == "relu":
        match convolution.after:
            case ():
                return None, ()
            case (Pooling(padding="valid") as pooling,) if (
                pair(pooling.steps) == pair(pooling.side) and prod(pair(pooling.side)) <= MOST_PLACES
            ):
                return pooling, ()
    return None, (convolution.activation, *convolution.after)
