// What single layers compute, in plain loops. No drawing.
//
// Maps are Float32Arrays (row, column, channel), one row after another, as Keras has them: the value of a
// channel at a place is `maps[(row * side + column) * channels + channel]`.

// How many zeros `same` padding puts before a map's rows (and columns), and how many places a window has.
// The window has `size` pixels and moves by `strides`; of an odd number of zeros one more stands after.
export function placesOf(side, size, strides, padding) {
  if (padding !== "same") return { zeros: 0, places: Math.floor((side - size) / strides) + 1 };
  const places = Math.ceil(side / strides);
  return { zeros: Math.floor(Math.max((places - 1) * strides + size - side, 0) / 2), places };
}

// A convolution before its ReLU: the bias of every filter, plus each value of `maps` that is not 0 times the
// weights that meet it, at every place whose window it lies in. (ReLU leaves many zeros: half of the work.)
export function convolve(layer, maps) {
  const { size, strides, zeros, bias, from, to } = layer;
  const sums = new Float32Array(to.side * to.side * to.channels);
  for (let start = 0; start < sums.length; start += to.channels) sums.set(bias, start);
  for (let row = 0; row < from.side; row++) {
    const rows = meeting(row + zeros, size, strides, to.side);
    for (let column = 0; column < from.side; column++) {
      const lit = litChannels(maps, (row * from.side + column) * from.channels, from.channels);
      const columns = meeting(column + zeros, size, strides, to.side);
      for (const [down, top] of rows) {
        for (const [right, left] of columns) {
          addProducts(sums, (top * to.side + left) * to.channels, layer, down * size + right, lit);
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

// What is negative becomes 0.
export function relu(values) {
  return values.map((value) => Math.max(value, 0));
}

// Of each block of `size` x `size` values the largest or the mean; a last row that fills no block is left out.
export function pool(layer, maps) {
  const { size, way, from, to } = layer;
  const pooled = new Float32Array(to.side * to.side * to.channels);
  if (way === "max") pooled.fill(-Infinity);
  for (let row = 0; row < to.side * size; row++) {
    for (let column = 0; column < to.side * size; column++) {
      const value = (row * from.side + column) * to.channels;
      const block = (Math.floor(row / size) * to.side + Math.floor(column / size)) * to.channels;
      for (let channel = 0; channel < to.channels; channel++) {
        if (way !== "max") pooled[block + channel] += maps[value + channel] / (size * size);
        else if (maps[value + channel] > pooled[block + channel]) pooled[block + channel] = maps[value + channel];
      }
    }
  }
  return pooled;
}

// A dense layer before its ReLU or softmax: the bias of every unit, plus all inputs times its weights.
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
