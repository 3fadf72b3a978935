"""A network's layers as the page runs them, and the scale of their maps. No TensorFlow.

What is told here is plain values and arrays, which stand in the page as JSON and base64.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from model.networks.activations import applied
from model.networks.facts import SIDE, covered, zeros_around
from model.networks.layers import (
    SLOPES,
    Activation,
    Convolution,
    Dense,
    Flatten,
    Layer,
    MirrorMean,
    Normalization,
    Pooling,
    Rescaling,
    Sides,
    pair,
)

SCALE = 99.5  # percentile of the values of a layer's maps that gets the full colour
BATCH, BYTES = 20, 1 << 27  # pictures at a time: as many, if their windows take no more than that


def live_layers(listed: Sequence[Layer], weights: Mapping[str, list[np.ndarray]]) -> Iterator[dict[str, Any]]:
    """Each layer with the normalization and the activation that are called after it.

    They are of kind "conv", "pool", "flatten" or "dense", with `weights` and `bias` float32, normalization
    folded in. What stands elsewhere is a step of its own: "scale", of each channel, or "activate". A
    normalization of each of the numbers that the first dense layer reads is folded into that. "mirror_mean"
    is the mean of what it reads of the picture and of its mirror image.
    """
    by_name = {layer.name: layer for layer in listed}
    in_row: list[tuple[np.ndarray, np.ndarray]] = []
    flat = False
    for layer in listed:
        base = layer.name.removesuffix("_linear").removesuffix("_normalization")
        if f"{base}_linear" in by_name and layer.name != f"{base}_linear":
            continue  # it is told with the layer that it is called after
        match layer:
            case Convolution() | Dense():
                kernel, bias = _folded(weights, layer.name, by_name.get(f"{base}_normalization"))
                for scale, shift in reversed(in_row):
                    bias = (bias + shift @ kernel).astype(np.float32)
                    kernel = (kernel * scale[:, None]).astype(np.float32)
                shared = {"name": base, "weights": kernel, "bias": bias}
                yield shared | _described(layer, kernel) | _activated(layer, by_name[base])
                in_row, flat = [], False
            case Pooling():
                yield _pooling(layer)
            case Flatten(name=name):
                flat = True
                yield {"kind": "flatten", "name": name}
            case MirrorMean(name=name):
                yield {"kind": "mirror_mean", "name": name}
            case Normalization(name=name):
                scale, mean, beta = _statistics(layer, weights[name])
                if flat:
                    in_row.append((scale, beta - mean * scale))
                else:
                    yield _step(name, scale, beta - mean * scale)
            case Rescaling(scale=by, offset=offset) if in_row:
                scale, shift = in_row.pop()
                in_row.append((scale * by, shift * by + offset))
            case Rescaling(name=name, scale=by, offset=offset):
                yield _step(name, np.array([by]), np.array([offset]))
            case Activation(name=name):
                yield {"kind": "activate", "name": name, "activation": layer.function, "slope": layer.slope}


def _described(layer: Convolution | Dense, kernel: np.ndarray) -> dict[str, Any]:
    if isinstance(layer, Dense):
        return {"kind": "dense", "units": kernel.shape[1]}
    form = {"kernel": list(kernel.shape), "strides": _short(layer.strides), "padding": layer.padding}
    return {"kind": "conv", **form}


def _activated(layer: Convolution | Dense, called: Layer) -> dict[str, Any]:
    """Its activation, its own or that of the layer called after it; ReLU of a convolution is not told."""
    if isinstance(called, Activation):
        function, slope = called.function, called.slope
    elif layer.activation == "softmax":
        return {"activation": "softmax"}
    else:
        function = layer.activation or "linear"
        slope = SLOPES.get(function, 0.0)
    if isinstance(layer, Convolution) and function == "relu":
        return {}
    return {"activation": function} | ({"slope": slope} if slope else {})


def _pooling(layer: Pooling) -> dict[str, Any]:
    told = {"kind": "pool", "name": layer.name, "way": layer.kind, "size": _short(layer.side)}
    if layer.strides is not None:
        told["strides"] = _short(layer.strides)
    return told if layer.padding == "valid" else told | {"padding": layer.padding}


def _short(sides: Sides) -> int | list[int]:
    rows, columns = pair(sides)
    return rows if rows == columns else [rows, columns]


def _step(name: str, scale: np.ndarray, shift: np.ndarray) -> dict[str, Any]:
    scale, shift = scale.astype(np.float32), shift.astype(np.float32)
    return {"kind": "scale", "name": name, "scale": scale, "shift": shift}


def _folded(
    weights: Mapping[str, list[np.ndarray]], name: str, after: Layer | None
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel and bias of a layer, with the normalization that is called after it: float32, of float64."""
    kernel, *rest = weights[name]
    bias = rest[0] if rest else np.zeros(kernel.shape[-1], np.float32)
    if not isinstance(after, Normalization):
        return kernel, bias
    scale, mean, beta = _statistics(after, weights[after.name])
    return (kernel * scale).astype(np.float32), (beta + (bias - mean) * scale).astype(np.float32)


def _statistics(layer: Normalization, weights: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
    """What a normalization multiplies each channel by, what it takes off before, and adds after: float64."""
    values = iter(one.astype(np.float64) for one in weights)
    gamma = next(values) if layer.scale else np.ones(1)
    beta = next(values) if layer.center else np.zeros(1)
    mean, variance = values
    return gamma / np.sqrt(variance + layer.epsilon), mean, beta


def limits_of(layers: Sequence[Mapping[str, Any]], pictures: np.ndarray) -> dict[str, float]:
    """Of each convolution the percentile of the sizes that its maps of some pictures have, above 0.

    `pictures` are uint8 (n, 28, 28).
    """
    found: dict[str, list[np.ndarray]] = {layer["name"]: [] for layer in layers if layer["kind"] == "conv"}
    batch = min(BATCH, max(1, BYTES // _bytes_of_windows(layers)))
    for first in range(0, len(pictures), batch):
        for name, maps in _maps(layers, pictures[first : first + batch]):
            found[name].append(maps)
    scales = {name: float(np.percentile(np.abs(np.concatenate(maps)), SCALE)) for name, maps in found.items()}
    return {name: scale or 1.0 for name, scale in scales.items()}  # all zero: any scale shows white


def _bytes_of_windows(layers: Sequence[Mapping[str, Any]]) -> int:
    """At most, of one picture in one convolution: at every place of it all that a kernel reads."""
    kernels = [layer["weights"][..., 0].size for layer in layers if layer["kind"] == "conv"]
    return SIDE**2 * np.dtype(np.float32).itemsize * max(kernels, default=1)


def _maps(layers: Sequence[Mapping[str, Any]], pictures: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """The maps (n, h, w, filters) of each convolution of pictures uint8 (n, 28, 28), after its activation."""
    x = pictures[..., None] / np.float32(255)
    for layer in layers:
        match layer["kind"]:
            case "conv":
                x = applied(_function(layer), _convolved(layer, x))
                yield layer["name"], x
            case "pool":
                x = _pooled(layer, x)
            case "scale":
                x = x * layer["scale"] + layer["shift"]
            case "activate":
                x = applied(_function(layer), x)
            case "flatten":
                return


def _function(layer: Mapping[str, Any]) -> Activation:
    return Activation(layer["name"], layer.get("activation", "relu"), layer.get("slope", 0.0))


def _convolved(layer: Mapping[str, Any], x: np.ndarray) -> np.ndarray:
    weights, strides, size = layer["weights"], pair(layer["strides"]), layer["weights"].shape[:2]
    x = np.pad(x, ((0, 0), *zeros_around(x.shape[1:3], size, strides, layer["padding"]), (0, 0)))
    windows = sliding_window_view(x, size, axis=(1, 2))[:, :: strides[0], :: strides[1]]
    return cast(np.ndarray, np.tensordot(windows, weights, ((4, 5, 3), (0, 1, 2))) + layer["bias"])


def _pooled(layer: Mapping[str, Any], x: np.ndarray) -> np.ndarray:
    size = pair(layer["size"])
    strides, padding = pair(layer.get("strides", size)), layer.get("padding", "valid")
    rows, columns = covered(x.shape[1:3], size, strides, padding)
    way = np.max if layer["way"] == "max" else np.mean
    pooled = [[way(x[:, down, right], axis=(1, 2)) for right in columns] for down in rows]
    return np.array(pooled).transpose(2, 0, 1, 3)
