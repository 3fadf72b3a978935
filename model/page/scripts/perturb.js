// Pictures that are shifted, turned, blurred or noisy, as data/perturbations.py makes them. No drawing.

import { SIDE, WHITE } from "./network.js";

const MIDDLE = (SIDE - 1) / 2;
const REACH = 4; // deviations, as far as a blurred point is followed
const WAYS = { up: [-1, 0], down: [1, 0], left: [0, -1], right: [0, 1] };

// The kinds, as data/perturbations.py calls them: the change of a picture of gray levels (784), what the picture is then,
// the unit of a strength, the largest one (as far as the run measures) and the steps between.
export const KINDS = {
  shift: { change: shiftTo, name: "shifted", unit: "pixels", most: 6, step: 1 },
  rotation: { change: turn, name: "turned", unit: "degrees", most: 60, step: 5 },
  blur: { change: blur, name: "blurred", unit: "pixels of deviation", most: 3, step: 0.25 },
  noise: { change: addNoise, name: "noisy", unit: "gray levels of deviation", most: 90, step: 5 },
  contrast: { change: weaken, name: "with less contrast", unit: "% less", most: 90, step: 5 },
  occlusion: {
    change: cover,
    name: "covered in the middle",
    unit: "pixels, the side of a black square",
    most: 24,
    step: 1,
  },
};

// Perturb a picture of gray levels (784).
//
// `kind` is one of `KINDS`; a strength of 0 changes nothing. `way` is where it is shifted to; `seed` decides noise.
export function perturb(picture, kind, strength, { way = "right", seed = 0 } = {}) {
  if (!Object.hasOwn(KINDS, kind)) throw new Error(`no such perturbation: ${kind}`);
  return strength === 0 ? Uint8Array.from(picture) : KINDS[kind].change(picture, strength, { way, seed });
}

function shiftTo(picture, pixels, { way }) {
  const [down, right] = WAYS[way];
  return shift(picture, down * Math.round(pixels), right * Math.round(pixels));
}

// Move a picture by whole pixels; black comes in.
export function shift(picture, down, right) {
  return eachPixel((row, column) => levelAt(picture, row - down, column - right));
}

// Turn a picture around its middle, against the clock for more than 0 degrees; what lies between pixels is mixed.
export function turn(picture, degrees) {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return eachPixel((row, column) => {
    const [down, right] = [row - MIDDLE, column - MIDDLE];
    return between(picture, cos * down + sin * right + MIDDLE, cos * right - sin * down + MIDDLE);
  });
}

// The level at a place that need not be a pixel, from the four around it.
function between(picture, row, column) {
  const [top, left] = [Math.floor(row), Math.floor(column)];
  const [down, right] = [row - top, column - left];
  const above = (1 - right) * levelAt(picture, top, left) + right * levelAt(picture, top, left + 1);
  const below = (1 - right) * levelAt(picture, top + 1, left) + right * levelAt(picture, top + 1, left + 1);
  return (1 - down) * above + down * below;
}

// Make every point of a picture a Gaussian spot; beyond the border is black.
export function blur(picture, deviation) {
  const reach = Math.floor(REACH * deviation + 0.5);
  const spot = [];
  for (let away = -reach; away <= reach; away++) spot.push(Math.exp(-(away ** 2) / (2 * deviation ** 2)));
  const total = spot.reduce((sum, weight) => sum + weight, 0);
  const along = (levels, down, right) => {
    const sums = new Float64Array(SIDE * SIDE);
    for (let pixel = 0; pixel < sums.length; pixel++) {
      const [row, column] = [Math.floor(pixel / SIDE), pixel % SIDE];
      spot.forEach((weight, i) => {
        sums[pixel] += (weight / total) * levelAt(levels, row + down * (i - reach), column + right * (i - reach));
      });
    }
    return sums;
  };
  const spread = along(along(picture, 1, 0), 0, 1);
  return Uint8Array.from(spread, asPixel);
}

// Gaussian noise on every pixel, cut off at black and white; the same seed gives the same noise.
export function addNoise(picture, deviation, { seed }) {
  const uniform = randomFrom(seed);
  return Uint8Array.from(picture, (level) => {
    const normal = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()); // Box and Muller
    return asPixel(level + deviation * normal);
  });
}

// Numbers from 0 to under 1, decided by a seed (mulberry32).
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function weaken(picture, perCent) {
  const mean = picture.reduce((sum, level) => sum + level, 0) / picture.length;
  return Uint8Array.from(picture, (level) => asPixel(mean + (1 - perCent / 100) * (level - mean)));
}

function cover(picture, side) {
  const size = Math.round(side);
  const first = Math.floor((SIDE - size) / 2);
  const covered = (place) => place >= first && place < first + size;
  return eachPixel((row, column) => (covered(row) && covered(column) ? 0 : levelAt(picture, row, column)));
}

function eachPixel(levelOf) {
  return Uint8Array.from({ length: SIDE * SIDE }, (_, pixel) => {
    return asPixel(levelOf(Math.floor(pixel / SIDE), pixel % SIDE));
  });
}

function levelAt(picture, row, column) {
  return row < 0 || column < 0 || row >= SIDE || column >= SIDE ? 0 : picture[row * SIDE + column];
}

// The nearest gray level there is; halfway it is the even one, as NumPy's.
function asPixel(level) {
  const within = Math.min(Math.max(level, 0), WHITE);
  const low = Math.floor(within);
  if (within - low !== 0.5) return Math.round(within);
  return low % 2 ? low + 1 : low;
}
