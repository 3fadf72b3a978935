// Maps and pictures on canvas: one value is one block of whole pixels, in one colour.

import { colourOf } from "./colours.js";
import { make } from "./elements.js";

// A canvas for maps of a height and a width, shown in at most `room` pixels; what it shows is told beside it.
export function canvasOf({ height, width }, room) {
  const canvas = make("canvas", { width, height, class: "live-pixels", "aria-hidden": true });
  const block = Math.max(1, Math.floor(room / Math.max(height, width)));
  canvas.style.width = `${block * width}px`;
  canvas.style.height = `${block * height}px`;
  return canvas;
}

// Show gray levels of 0 to 255.
export function paintLevels(canvas, levels) {
  paint(canvas, levels, (level) => [level, level, level]);
}

// Show values in red and blue, `limit` and what is beyond it in full colour.
export function paintValues(canvas, values, limit) {
  paint(canvas, values, (value) => colourOf(value, limit));
}

function paint(canvas, values, colour) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let place = 0; place < values.length; place++) {
    image.data.set(colour(values[place]), place * 4);
    image.data[place * 4 + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

// A picture of a garment, or a part of one that is `width` pixels wide, in `room` pixels.
export function pictureOf(levels, room, width = Math.sqrt(levels.length)) {
  const canvas = canvasOf({ height: levels.length / width, width }, room);
  paintLevels(canvas, levels);
  return canvas;
}

// A map of a width in red and blue, in `room` pixels.
export function mapOf(values, limit, room, width) {
  const canvas = canvasOf({ height: values.length / width, width }, room);
  paintValues(canvas, values, limit);
  return canvas;
}
