// The pictures in the page, and which of them belong together. No drawing.

import { bytesOf } from "./bytes.js";
import { SIDE } from "./network.js";

// The test pictures to choose from: `{levels, label, index}` each, `index` that in the test file.
//
// `described` is `pictures` in the page's data.
export function readPictures({ pixels, labels, indices }) {
  return levelsOf(pixels).map((levels, place) => ({ levels, label: labels[place], index: indices[place] }));
}

// The pictures of a text in base64, each 784 gray levels.
function levelsOf(pixels) {
  const all = bytesOf(pixels);
  const size = SIDE * SIDE;
  return Array.from({ length: all.length / size }, (_, place) => all.subarray(place * size, (place + 1) * size));
}

// Those that can be chosen from together: `[name, places of pictures]`, the classes first.
export function groupsOf(pictures, classes, named) {
  const groups = classes.map((name, label) => [name, placesWhere(pictures, (picture) => picture.label === label)]);
  return [...groups, ...Object.entries(named)].filter(([, places]) => places.length);
}

// The places of the pictures for which something holds.
export function placesWhere(pictures, holds) {
  return pictures.map((picture, place) => (holds(picture) ? place : -1)).filter((place) => place >= 0);
}

// A part of a picture, black beyond it: its levels, row by row.
export function cutOut(levels, { top, left, height, width }) {
  return Uint8Array.from({ length: height * width }, (_, place) => {
    const [row, column] = [top + Math.floor(place / width), left + (place % width)];
    const inside = row >= 0 && column >= 0 && row < SIDE && column < SIDE;
    return inside ? levels[row * SIDE + column] : 0;
  });
}

// The pictures that passports show, by their index in the test file.
export function readShown({ pixels, indices }) {
  const levels = levelsOf(pixels);
  return new Map(indices.map((index, place) => [index, levels[place]]));
}
