// Small networks as the page's data describe them, with weights that are easy to follow.

/** Numbers as the page holds them: float32 in base64. */
export const inBase64 = (numbers) => Buffer.from(Float32Array.from(numbers).buffer).toString("base64");

/** A convolution whose weights, Keras's (row, column, channel, filter), are given one after another. */
export const conv = (name, kernel, weights, bias, more = {}) => ({
  kind: "conv",
  name,
  kernel,
  padding: "valid",
  strides: 1,
  weights: inBase64(weights),
  bias: inBase64(bias),
  ...more,
});

export const pooling = (name, way) => ({ kind: "pool", name, way, size: 2 });

export const dense = (name, units, weights, activation = "relu") => ({
  kind: "dense",
  name,
  units,
  activation,
  weights: inBase64(weights),
  bias: inBase64(Array(units).fill(0)),
});

/** Numbers that look random and are always the same, between -1 and 1. */
export const noise = (length, turn = 1) => Array.from({ length }, (_, i) => Math.sin(turn * 12.9898 * (i + 1)));

/** Two convolutions with pooling, 3 and 5 filters, and 4 classes. */
export const SMALL = {
  layers: [
    conv("conv1", [3, 3, 1, 3], noise(27), [0.1, -0.1, 0.2]),
    pooling("pool1", "max"),
    conv("conv2", [3, 3, 3, 5], noise(135, 2), noise(5, 3)),
    pooling("pool2", "average"),
    { kind: "flatten", name: "flatten" },
    dense("probabilities", 4, noise(500, 4), "softmax"),
  ],
  limits: { conv1: 1, conv2: 1 },
  passports: { conv1: { filters: [0, 1, 2].map((index) => ({ index, replacement: index / 10 })) } },
};

/** The same, which answers a picture together with its mirror image. */
export const MIRRORED = {
  ...SMALL,
  layers: [...SMALL.layers.slice(0, -1), { kind: "mirror_mean", name: "mirror_mean" }, SMALL.layers.at(-1)],
};

/** A picture of levels that differ from pixel to pixel, a third of them black. */
export const PICTURE = Uint8Array.from({ length: 784 }, (_, i) => (i % 3 ? (i * 37) % 256 : 0));
