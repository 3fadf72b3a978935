// A map or picture that is large enough to point at, with frames over it.

import { squareOf } from "./canvas.js";
import { make, shape } from "./elements.js";

const KEYS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const HOW = "Arrow keys move the place, Enter holds it, Escape lets it go.";

// A square of `side` x `side` values with its title, in at most `room` pixels.
//
// With `onmove(row, column, how)` it can be pointed at: `how` is "point", "step" (of a key) or "hold"; with
// "release" there is no place. Returns `{element, canvas, frame, tell}`: `frame(kind, box)` puts a frame around
// `{top, left, size}` (null: none), `tell` sets the line below.
export function makeView(title, side, room, onmove = null) {
  const canvas = squareOf(side, room);
  const marks = shape("svg", { class: "live-marks", viewBox: `0 0 ${side} ${side}`, "aria-hidden": true });
  const keys = onmove ? { tabindex: 0, role: "application", "aria-label": `${title}. ${HOW}` } : {};
  const stage = make("div", { class: onmove ? "live-stage live-open" : "live-stage", ...keys }, canvas, marks);
  stage.style.width = canvas.style.width;
  const below = make("div", { class: "live-below" });
  const element = make("figure", { class: "live-view" }, make("figcaption", {}, title), stage, below);
  const place = { row: 0, column: 0 };
  const view = {
    element,
    canvas,
    frame(kind, box) {
      if (box && kind === "place") Object.assign(place, { row: box.top, column: box.left });
      drawFrame(marks, kind, box, side);
    },
    tell: (text) => below.replaceChildren(text),
  };
  if (onmove) follow(stage, side, place, onmove);
  return view;
}

// The row and column, of `side`, at which an event of the pointer lies; they may lie beyond the stage.
export function cellAt(stage, side, { clientX, clientY }) {
  const { top, left, width, height } = stage.getBoundingClientRect();
  return [Math.floor(((clientY - top) / height) * side), Math.floor(((clientX - left) / width) * side)];
}

function drawFrame(marks, kind, box, side) {
  let frame = marks.querySelector(`.live-${kind}`);
  if (!box) return frame?.remove();
  if (!frame) marks.append((frame = shape("rect", { class: `live-${kind}`, "vector-effect": "non-scaling-stroke" })));
  const [top, left] = [Math.max(box.top, 0), Math.max(box.left, 0)];
  frame.setAttribute("y", top);
  frame.setAttribute("x", left);
  frame.setAttribute("height", Math.max(Math.min(box.top + box.size, side) - top, 0));
  frame.setAttribute("width", Math.max(Math.min(box.left + box.size, side) - left, 0));
  return undefined;
}

function follow(stage, side, place, onmove) {
  const within = (step) => Math.min(Math.max(step, 0), side - 1);
  const pointed = (event) => cellAt(stage, side, event).map(within);
  let waiting = null; // the newest place pointed at, shown with the next frame
  const show = () => {
    onmove(...pointed(waiting), "point");
    waiting = null;
  };
  stage.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse") return; // a finger scrolls
    if (!waiting) requestAnimationFrame(show);
    waiting = event;
  });
  stage.addEventListener("click", (event) => onmove(...pointed(event), "hold"));
  stage.addEventListener("keydown", (event) => {
    const step = KEYS[event.key];
    if (step) onmove(within(place.row + step[0]), within(place.column + step[1]), "step");
    else if (event.key === "Enter") onmove(place.row, place.column, "hold");
    else if (event.key === "Escape") onmove(place.row, place.column, "release");
    else return;
    event.preventDefault();
  });
}
