// What single layers compute, in plain loops. No drawing.
//
// Maps are Float32Arrays (row, column, channel), one row after another, as Keras has them: the value of a
// channel at a place is `maps[(row * width + column) * channels + channel]`.

// How many zeros `same` padding puts before a map's rows (or columns), and how many places a window has.
// The window has `size` pixels and moves by `strides`; of an odd number of zeros one more stands after.
export function placesOf(side, size, strides, padding) {
  if (padding !== "same") return { zeros: 0, places: Math.floor((side - size) / strides) + 1 };
  const places = Math.ceil(side / strides);
  return { zeros: Math.floor(Math.max((places - 1) * strides + size - side, 0) / 2), places };
}

// A convolution before its activation: the bias of every filter, plus each value of `maps` that is not 0 times the
// weights that meet it, at every place whose window it lies in. (ReLU leaves many zeros: half of the work.)
export function convolve(layer, maps) {
  const { size, strides, zeros, bias, from, to } = layer;
  const sums = new Float32Array(to.height * to.width * to.channels);
  for (let start = 0; start < sums.length; start += to.channels) sums.set(bias, start);
  for (let row = 0; row < from.height; row++) {
    const rows = meeting(row + zeros[0], size[0], strides[0], to.height);
    for (let column = 0; column < from.width; column++) {
      const lit = litChannels(maps, (row * from.width + column) * from.channels, from.channels);
      const columns = meeting(column + zeros[1], size[1], strides[1], to.width);
      for (const [down, top] of rows) {
        for (const [right, left] of columns) {
          addProducts(sums, (top * to.width + left) * to.channels, layer, down * size[1] + right, lit);
        }
      }
    }
  }
  return sums;
}

// The channels that are not 0 at a place, and their values; filled up with zeros to a multiple of four.
function litChannels(maps, start, channels) {
  const lit = [];
  for (let channel = 0; channel < channels; channel++) {
    const value = maps[start + channel];
    if (value !== 0) lit.push({ channel, value });
  }
  while (lit.length % 4) lit.push({ channel: 0, value: 0 });
  return lit;
}

// Add to the sums of all filters at one place what one cell of their kernels gets; four channels at a time.
function addProducts(sums, sum, layer, cell, lit) {
  const { weights, from, to } = layer;
  const filters = to.channels;
  for (let i = 0; i < lit.length; i += 4) {
    const [a, b, c, d] = [lit[i], lit[i + 1], lit[i + 2], lit[i + 3]];
    const start = cell * from.channels;
    const [weightA, weightB] = [(start + a.channel) * filters, (start + b.channel) * filters];
    const [weightC, weightD] = [(start + c.channel) * filters, (start + d.channel) * filters];
    for (let filter = 0; filter < filters; filter++) {
      sums[sum + filter] +=
        a.value * weights[weightA + filter] +
        b.value * weights[weightB + filter] +
        c.value * weights[weightC + filter] +
        d.value * weights[weightD + filter];
    }
  }
}

// Which rows of a kernel meet a row of what it reads, each with the row of the map that gets the product.
function meeting(row, size, strides, side) {
  const pairs = [];
  for (let down = row % strides; down < size; down += strides) {
    const place = (row - down) / strides;
    if (place >= 0 && place < side) pairs.push([down, place]);
  }
  return pairs;
}

const FUNCTIONS = {
  relu: (x) => Math.max(x, 0),
  leaky_relu: (x, slope) => (x > 0 ? x : slope * x),
  elu: (x, slope) => (x > 0 ? x : slope * Math.expm1(x)),
  gelu: (x) => (x * (1 + erf(x / Math.SQRT2))) / 2,
  tanh: (x) => Math.tanh(x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  linear: (x) => x,
};

// What functions are called behind "before" or "after".
export const WORDS = {
  relu: "ReLU",
  leaky_relu: "leaky ReLU",
  elu: "ELU",
  gelu: "GELU",
  tanh: "tanh",
  sigmoid: "the sigmoid",
  linear: "the activation, which changes nothing",
};

// The error function to 1.5e-7: Abramowitz and Stegun, formula 7.1.26.
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

// What an activation makes of values; ReLU where nothing else is asked for.
export function activate(values, { activation = "relu", slope = 0 }) {
  if (activation === "softmax") return softmax(values);
  if (activation === "linear") return values;
  return values.map((value) => FUNCTIONS[activation](value, slope));
}

// Each channel times its `scale`, and its `shift` added; one of each for all channels where there is one.
export function rescale(values, { scale, shift }) {
  return values.map((value, place) => value * scale[place % scale.length] + shift[place % shift.length]);
}

// The places that a block covers along one side: from `first` up to `end`, cut off where the map ends.
export function coveredBy({ size, steps, zeros, from }, axis, place) {
  const start = place * steps[axis] - zeros[axis];
  const side = axis === 0 ? from.height : from.width;
  return { first: Math.max(start, 0), end: Math.min(start + size[axis], side) };
}

// Of each block of values the largest or the mean.
export function pool(layer, maps) {
  const { way, from, to } = layer;
  const pooled = new Float32Array(to.height * to.width * to.channels);
  if (way === "max") pooled.fill(-Infinity);
  for (let place = 0; place < to.height * to.width; place++) {
    const rows = coveredBy(layer, 0, Math.floor(place / to.width));
    const columns = coveredBy(layer, 1, place % to.width);
    const count = (rows.end - rows.first) * (columns.end - columns.first);
    const block = place * to.channels;
    for (let row = rows.first; row < rows.end; row++) {
      for (let column = columns.first; column < columns.end; column++) {
        const value = (row * from.width + column) * to.channels;
        for (let channel = 0; channel < to.channels; channel++) {
          if (way !== "max") pooled[block + channel] += maps[value + channel] / count;
          else if (maps[value + channel] > pooled[block + channel]) pooled[block + channel] = maps[value + channel];
        }
      }
    }
  }
  return pooled;
}

// A dense layer before its activation: the bias of every unit, plus all inputs times its weights.
export function connect(layer, inputs) {
  const { units, weights, bias } = layer;
  const sums = Float32Array.from(bias);
  for (let input = 0; input < inputs.length; input++) {
    const value = inputs[input];
    if (value === 0) continue;
    for (let unit = 0, weight = input * units; unit < units; unit++, weight++) sums[unit] += value * weights[weight];
  }
  return sums;
}

// Probabilities that add up to 1.
export function softmax(sums) {
  const largest = Math.max(...sums);
  const powers = Array.from(sums, (sum) => Math.exp(sum - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return Float32Array.from(powers, (power) => power / total);
}
