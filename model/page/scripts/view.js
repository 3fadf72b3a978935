// A map or picture that is large enough to point at, with frames over it.

import { canvasOf } from "./canvas.js";
import { make, shape } from "./elements.js";

const KEYS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const HOW = "Arrow keys move the place, Enter holds it, Escape lets it go.";

// A map or a picture with its title, in at most `room` pixels; `sides` are `{height, width}` of its values.
//
// With `onmove(row, column, how)` it can be pointed at: `how` is "point", "step" (of a key) or "hold"; with
// "release" there is no place. Returns `{element, canvas, frame, tell}`: `frame(kind, box)` puts a frame around
// `{top, left, height, width}` (null: none), `tell` sets the line below.
export function makeView(title, sides, room, onmove = null) {
  const canvas = canvasOf(sides, room);
  const marks = shape("svg", { class: "live-marks", viewBox: `0 0 ${sides.width} ${sides.height}`, "aria-hidden": true });
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
      drawFrame(marks, kind, box, sides);
    },
    tell: (text) => below.replaceChildren(text),
  };
  if (onmove) follow(stage, sides, place, onmove);
  return view;
}

// The row and column, of maps of a height and a width, at which an event of the pointer lies; they may lie beyond
// the stage.
export function cellAt(stage, { height, width }, { clientX, clientY }) {
  const box = stage.getBoundingClientRect();
  const cell = (pixels, all, length) => Math.floor((pixels / all) * length);
  return [cell(clientY - box.top, box.height, height), cell(clientX - box.left, box.width, width)];
}

function drawFrame(marks, kind, box, sides) {
  let frame = marks.querySelector(`.live-${kind}`);
  if (!box) return frame?.remove();
  if (!frame) marks.append((frame = shape("rect", { class: `live-${kind}`, "vector-effect": "non-scaling-stroke" })));
  const [top, left] = [Math.max(box.top, 0), Math.max(box.left, 0)];
  frame.setAttribute("y", top);
  frame.setAttribute("x", left);
  frame.setAttribute("height", Math.max(Math.min(box.top + box.height, sides.height) - top, 0));
  frame.setAttribute("width", Math.max(Math.min(box.left + box.width, sides.width) - left, 0));
  return undefined;
}

function follow(stage, sides, place, onmove) {
  const { height, width } = sides;
  const within = (step, length) => Math.min(Math.max(step, 0), length - 1);
  const pointed = (event) => {
    const [row, column] = cellAt(stage, sides, event);
    return [within(row, height), within(column, width)];
  };
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
    if (step) onmove(within(place.row + step[0], height), within(place.column + step[1], width), "step");
    else if (event.key === "Enter") onmove(place.row, place.column, "hold");
    else if (event.key === "Escape") onmove(place.row, place.column, "release");
    else return;
    event.preventDefault();
  });
}
