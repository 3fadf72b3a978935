// Under strain: a garment that is shifted, turned, blurred or noisy, both networks live, and the measured curves.

import { barsOf } from "./bars.js";
import { paintLevels } from "./canvas.js";
import { action, choice, make, shape } from "./elements.js";
import { mirrorNotes } from "./mirror.js";
import { SIDE } from "./network.js";
import { counted, inPercent } from "./numbers.js";
import { KINDS, perturb } from "./perturb.js";
import { newestOnly } from "./store.js";
import { makeView } from "./view.js";

const DIRECTIONS = ["right", "left", "up", "down"];
const CURVE = { width: 420, height: 200, left: 54, right: 12, top: 10, bottom: 30 }; // of the drawing, and margins
const NUM_COLOURS = 8; // colours, after which they begin again

// The section "Under strain".
export function underStrain(app) {
  const now = { kind: "shift", strength: 0, way: "right", seed: 0 };
  const view = makeView("as the networks get it", { height: SIDE, width: SIDE }, 224);
  const [bars, curve, options] = [make("div", { class: "live-answers" }), make("div", {}), make("span", {})];
  const said = make("output", {});
  const slider = make("input", { type: "range", min: 0, value: 0, "aria-label": "Strength" });
  const ask = newestOnly(async () => {
    const { picture } = app.store.get();
    const levels = perturb(picture.levels, now.kind, now.strength, now);
    paintLevels(view.canvas, levels);
    const tables = [];
    for (const [model, { which }] of Object.entries(app.networks)) {
      const { probabilities } = await app.engine.ask("answer", { model, picture: levels, off: [] });
      tables.push(barsOf(`${model} (live: ${which}, this picture)`, probabilities, app.classes, picture.label));
    }
    bars.replaceChildren(...tables);
  });
  const change = (changes) => {
    Object.assign(now, changes);
    const { unit } = KINDS[now.kind];
    said.replaceChildren(`${counted(now.strength)} ${unit}`);
    slider.setAttribute("aria-valuetext", `${counted(now.strength)} ${unit}`);
    curve.replaceChildren(curveOf(app, now) ?? "");
    ask();
  };
  const choose = (kind) => {
    Object.assign(slider, { max: KINDS[kind].most, step: KINDS[kind].step, value: 0 });
    options.replaceChildren(optionsOf(kind, now, change) ?? "");
    change({ kind, strength: 0 });
  };
  slider.addEventListener("input", () => change({ strength: Number(slider.value) }));
  app.store.watch(["picture"], () => ask());
  const kinds = kindsOf(app).map((kind) => [kind, KINDS[kind].name]);
  choose(kinds[0][0]);
  const which = choice("The picture is", kinds, kinds[0][0], choose);
  const controls = make("div", { class: "live-row" }, which, options, slider, said);
  const shown = make("div", { class: "live-row" }, view.element, bars);
  return make("div", {}, controls, shown, ...mirrorNotes(app, { maps: false }), curve);
}

// The kinds that the run has measured, in its order, or all where it has measured none.
function kindsOf(app) {
  const measured = (app.report?.robustness?.kinds ?? []).map(({ kind }) => kind);
  const known = measured.filter((kind) => Object.hasOwn(KINDS, kind));
  return known.length ? known : Object.keys(KINDS);
}

function optionsOf(kind, now, change) {
  const ways = DIRECTIONS.map((way) => [way, way]);
  if (kind === "shift") return choice("to the", ways, now.way, (way) => change({ way }));
  if (kind === "noise") return action("Other noise", () => change({ seed: now.seed + 1 }));
  return null;
}

// The accuracy that the run has measured at each strength, with the slider's place.
function curveOf(app, { kind, strength }) {
  const measured = app.report?.robustness?.kinds?.find((one) => one.kind === kind);
  if (!measured) return null;
  const { strengths, models, unit } = measured;
  const most = strengths.at(-1);
  const across = (value) => CURVE.left + (value / most) * (CURVE.width - CURVE.left - CURVE.right);
  const up = (share) => (1 - share) * (CURVE.height - CURVE.bottom - CURVE.top) + CURVE.top;
  const title = `How many are right at each strength, in ${unit} (measured: ${counted(app.report.robustness.images)} test pictures)`;
  const words = `${title}. ${inWords(models, strengths)}`;
  const size = `0 0 ${CURVE.width} ${CURVE.height}`;
  const plot = shape("svg", { class: "live-curve", viewBox: size, role: "img", "aria-label": words });
  for (const share of [0, 0.5, 1]) {
    plot.append(lineFrom(across(0), up(share), across(most), up(share), "live-grid-line"));
    plot.append(shape("text", { x: CURVE.left - 6, y: up(share) + 4, "text-anchor": "end" }, `${100 * share} %`));
  }
  for (const value of strengths) {
    const place = { x: across(value), y: CURVE.height - 8, "text-anchor": "middle" };
    plot.append(shape("text", place, counted(value)));
  }
  for (const [number, [model, { accuracy }]] of Object.entries(models).entries()) {
    const points = accuracy.map((share, place) => `${across(strengths[place])},${up(share)}`).join(" ");
    plot.append(shape("polyline", { points, class: `live-line-${number % NUM_COLOURS}` }));
  }
  plot.append(lineFrom(across(strength), CURVE.top, across(strength), up(0), "live-now"));
  return make("figure", {}, make("figcaption", {}, title), plot, legendOf(Object.keys(models)));
}

function legendOf(models) {
  const entries = models.map((model, number) => {
    const line = lineFrom(0, 2, 24, 2, `live-line-${number % NUM_COLOURS}`);
    const key = shape("svg", { class: "live-key", viewBox: "0 0 24 4", "aria-hidden": true }, line);
    return make("span", {}, key, ` ${model}`);
  });
  return make("div", { class: "live-row" }, entries);
}

function lineFrom(x1, y1, x2, y2, kind) {
  return shape("line", { x1, y1, x2, y2, class: kind });
}

function inWords(models, strengths) {
  const told = Object.entries(models).map(([model, { accuracy }]) => {
    const [first, last] = [accuracy[0], accuracy.at(-1)].map((share) => inPercent(share));
    return `${model}: ${first} at 0, ${last} at ${strengths.at(-1)}`;
  });
  return told.join("; ");
}
