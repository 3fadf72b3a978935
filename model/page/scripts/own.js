// Pictures of one's own as the networks get them: 28 x 28, light on black, as the data were made. No drawing.

import { SIDE, WHITE } from "./network.js";

const PAPER = WHITE / 2; // a picture whose border is lighter than this is dark on light, and is turned round
const FAINT = 12; // levels up to this are taken for background

// What is wrong with a picture of this size, in words; empty if nothing is.
export function faultOfSize(width, height) {
  if (!(width > 0 && height > 0)) {
    return `This picture is ${width} x ${height} pixels: there is nothing in it to see.`;
  }
  const mega = (width * height) / 1e6;
  if (mega <= 150) return "";
  return `This picture has ${Math.round(mega)} million pixels; up to 150 million can be taken. Make it smaller first.`;
}

// Gray levels of any size as the networks get them: 784 levels.
//
// Dark on light is turned round; what is not background is cut out, its longer side made 28 pixels, and put in
// the middle of black. A picture without anything in it stays black.
export function asNetworksRead(levels, width, height) {
  const light = isPaper(levels, width, height) ? levels.map((level) => WHITE - level) : levels;
  const box = contentOf(light, width, height);
  const picture = new Uint8Array(SIDE * SIDE);
  if (!box) return picture;
  const scale = Math.max(box.width, box.height) / SIDE;
  const [rows, columns] = [box.height, box.width].map((length) => Math.max(1, Math.round(length / scale)));
  const [top, left] = [rows, columns].map((length) => Math.floor((SIDE - length) / 2));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const down = [box.top + (row * box.height) / rows, box.top + ((row + 1) * box.height) / rows];
      const right = [box.left + (column * box.width) / columns, box.left + ((column + 1) * box.width) / columns];
      picture[(top + row) * SIDE + left + column] = Math.round(meanOver(light, width, down, right));
    }
  }
  return picture;
}

function isPaper(levels, width, height) {
  let [sum, count] = [0, 0];
  for (let place = 0; place < levels.length; place++) {
    const [row, column] = [Math.floor(place / width), place % width];
    if (row > 0 && column > 0 && row < height - 1 && column < width - 1) continue;
    sum += levels[place];
    count += 1;
  }
  return sum / count > PAPER;
}

function contentOf(levels, width, height) {
  let [top, left, bottom, right] = [height, width, -1, -1];
  for (let place = 0; place < levels.length; place++) {
    if (levels[place] <= FAINT) continue;
    const [row, column] = [Math.floor(place / width), place % width];
    [top, left] = [Math.min(top, row), Math.min(left, column)];
    [bottom, right] = [Math.max(bottom, row), Math.max(right, column)];
  }
  return bottom < 0 ? null : { top, left, height: bottom - top + 1, width: right - left + 1 };
}

// The mean level of the pixels from ... to ..., at least of one.
function meanOver(levels, width, [up, down], [left, right]) {
  let [sum, count] = [0, 0];
  for (let row = Math.floor(up); row < Math.max(Math.ceil(down), Math.floor(up) + 1); row++) {
    for (let column = Math.floor(left); column < Math.max(Math.ceil(right), Math.floor(left) + 1); column++) {
      sum += levels[row * width + column];
      count += 1;
    }
  }
  return sum / count;
}

// The gray levels of an image's red, green, blue and alpha, on white paper.
export function grayLevels(rgba) {
  return Uint8Array.from({ length: rgba.length / 4 }, (_, place) => {
    const [red, green, blue, alpha] = rgba.subarray(4 * place, 4 * place + 4);
    const gray = 0.299 * red + 0.587 * green + 0.114 * blue;
    return Math.round((gray * alpha) / WHITE + WHITE - alpha);
  });
}

// How a picture is unlike others, in words, where its mean level or its share of black lies outside theirs;
// empty where neither does.
export function unlike(levels, others) {
  const measures = [
    ["mean gray level", (one) => one.reduce((sum, level) => sum + level, 0) / one.length, ""],
    ["share of black", (one) => (100 * one.filter((level) => level === 0).length) / one.length, " %"],
  ];
  for (const [name, measure, unit] of measures) {
    const all = others.map(measure);
    const [low, high, own] = [Math.min(...all), Math.max(...all), measure(levels)];
    if (own >= low && own <= high) continue;
    const range = `${Math.round(low)} to ${Math.round(high)}${unit}`;
    const found = `its ${name} is ${Math.round(own)}${unit}`;
    return `Unlike the data: ${found}; of the ${others.length} test pictures here it is ${range}.`;
  }
  return "";
}
