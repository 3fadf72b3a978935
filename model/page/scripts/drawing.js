// A picture of one's own: drawn here, or taken from a file.

import { paintLevels, pictureOf } from "./canvas.js";
import { action, make } from "./elements.js";
import { SIDE, WHITE } from "./network.js";
import { asNetworksRead, faultOfSize, grayLevels } from "./own.js";
import { cellAt, makeView } from "./view.js";

const LARGEST_FILE = 100e6; // bytes
const READ_AT = 280; // pixels of the longer side, at which a file is looked at
const BRUSH = [[0, 0, 255], [0, 1, 140], [1, 0, 140], [0, -1, 140], [-1, 0, 140]];

// A sheet to draw on and a place for files; `take(levels, name)` gets 784 gray levels each time they change.
export function ownPictures(take) {
  const sheet = drawingSheet((levels) => take(levels, "the picture you drew"));
  const said = make("p", { class: "live-said", role: "status" });
  const seen = make("div", { class: "live-row" });
  const open = async (file) => {
    const { levels, shown, fault } = await readFile(file);
    said.replaceChildren(fault ?? "");
    seen.replaceChildren();
    if (fault) return;
    seen.append(shown, asRead(levels));
    take(levels, "the picture you chose");
  };
  const chosen = () => input.files[0] && open(input.files[0]);
  const input = make("input", { type: "file", accept: "image/*", onchange: chosen });
  const drop = make("label", { class: "live-drop" }, "Choose a picture from a file, or drop one here ", input);
  drop.addEventListener("dragover", (event) => event.preventDefault());
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) open(event.dataTransfer.files[0]);
  });
  return make("div", { class: "live-own" }, sheet, make("div", {}, drop, said, seen));
}

function asRead(levels) {
  const title = make("figcaption", {}, "as the networks get it");
  return make("figure", { class: "live-view" }, title, pictureOf(levels, 140));
}

function drawingSheet(change) {
  let levels = new Uint8Array(SIDE * SIDE);
  const view = makeView("Draw, light on black", { height: SIDE, width: SIDE }, 280, (row, column, how) => {
    view.frame("place", { top: row, left: column, height: 1, width: 1 });
    if (how === "hold") touch(row, column);
  });
  const touch = (row, column) => {
    for (const [down, right, level] of BRUSH) {
      const [y, x] = [row + down, column + right];
      if (y < 0 || x < 0 || y >= SIDE || x >= SIDE) continue;
      levels[y * SIDE + x] = Math.min(WHITE, levels[y * SIDE + x] + level);
    }
    show();
  };
  const show = () => {
    paintLevels(view.canvas, levels);
    change(Uint8Array.from(levels));
  };
  const stage = view.element.querySelector(".live-stage");
  stage.classList.add("live-sheet"); // a finger draws here, and does not scroll
  stage.setAttribute("aria-label", "Sheet to draw on. Arrow keys move the brush, Enter draws.");
  stage.addEventListener("pointermove", (event) => {
    if (!event.buttons) return;
    for (const one of event.getCoalescedEvents?.() ?? [event]) touch(...cellAt(stage, { height: SIDE, width: SIDE }, one));
  });
  paintLevels(view.canvas, levels);
  const clear = action("Clear", () => {
    levels = new Uint8Array(SIDE * SIDE);
    show();
  });
  return make("div", {}, view.element, clear);
}

// A file as gray levels: `{levels, shown}`, or `{fault}` in words.
async function readFile(file) {
  if (file.size > LARGEST_FILE) {
    return { fault: `${file.name} has ${Math.round(file.size / 1e6)} MB; up to 100 can be taken.` };
  }
  const address = URL.createObjectURL(file);
  const image = new Image();
  try {
    image.src = address;
    await new Promise((loaded, failed) => Object.assign(image, { onload: loaded, onerror: failed }));
  } catch {
    URL.revokeObjectURL(address);
    return { fault: `${file.name} is no picture that a browser can show; expected PNG, JPEG, GIF, WebP or SVG.` };
  }
  const fault = faultOfSize(image.naturalWidth, image.naturalHeight);
  if (fault) {
    URL.revokeObjectURL(address);
    return { fault };
  }
  const sides = [image.naturalWidth, image.naturalHeight];
  const [width, height] = sides.map((length) => Math.max(1, Math.round((length * READ_AT) / Math.max(...sides))));
  const canvas = make("canvas", { width, height, class: "live-dropped", role: "img", "aria-label": "what you chose" });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0, width, height);
  URL.revokeObjectURL(address);
  const levels = asNetworksRead(grayLevels(context.getImageData(0, 0, width, height).data), width, height);
  const shown = make("figure", { class: "live-view" }, make("figcaption", {}, "what you chose"), canvas);
  return { levels, shown };
}
