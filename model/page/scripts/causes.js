// Why a network says what it says of a picture: its answer without each filter of the last convolution.

import { action, make, tableOf } from "./elements.js";
import { convolutionsOf } from "./focus.js";
import { largestOf } from "./network.js";
import { inPercent, written } from "./numbers.js";
import { thatCost } from "./switches.js";

const SHOWN = 5;

// A button that asks, and its answer; a new picture takes the answer away.
export function causesShown(app) {
  const [button, pixels] = [action("", () => ask()), make("span", {})];
  const box = make("div", { "aria-live": "polite" });
  app.store.follow(["values", "model"], ({ model, values }) => {
    button.hidden = !values;
    if (!values) return;
    const probabilities = values[model].at(-1).after;
    button.replaceChildren(`Why does ${model} say ${app.classes[largestOf(probabilities)]}?`);
    pixels.replaceChildren(pixelsOf(app) ?? "");
    box.replaceChildren();
  });
  const ask = async () => {
    const { model, values, seen } = app.store.get();
    const layer = convolutionsOf(app.networks[model]).at(-1);
    const label = largestOf(values[model].at(-1).after);
    const filters = Array.from({ length: layer.to.channels }, (_, index) => index);
    const note = make("p", { class: "live-note" }, `Asking again without each of ${filters.length} filters …`);
    box.replaceChildren(note);
    const given = { model, picture: seen.levels, layer: layer.name, filters, label };
    const causes = await app.engine.ask("causes", given);
    const now = app.store.get();
    if (!causes || now.seen !== seen || now.model !== model) return;
    box.replaceChildren(causesTold(app, layer.name, label, causes));
  };
  return make("div", { class: "live-why" }, make("div", { class: "live-row" }, button, pixels), box);
}

// What is lost without single filters, those first that cost most; or that none costs a point.
function causesTold(app, layer, label, causes) {
  const { model, values } = app.store.get();
  const [name, all] = [app.classes[label], values[model].at(-1).after[label]];
  const has = `${name} has ${inPercent(all)} with all filters`;
  const rows = thatCost(causes, all).slice(0, SHOWN).map(({ index, without }) => [
    action(`filter ${index} of ${layer}`, () => app.lookAt({ layer, filter: index, held: false })),
    `${written(100 * (all - without), 1)} points`,
    inPercent(without),
  ]);
  if (rows.length) return tableOf(`${has} (live, this picture)`, ["without", "it loses", "and has"], rows);
  const least = inPercent(Math.floor(1000 * causes[0].without) / 1000);
  return make("p", {}, `No single filter of ${layer} decides: ${has}, and at least ${least} without any one of them (live, this picture).`);
}

// What leads to the run's own picture of the pixels that speak for the answer, if it has made one of this picture.
function pixelsOf(app) {
  const { model, seen } = app.store.get();
  const titles = [...app.document.querySelectorAll("#one summary [data-file]")];
  const isOfIt = ({ dataset }) => dataset.model === model && dataset.file.endsWith(`/why-${seen.index}.png`);
  const box = titles.find(isOfIt)?.closest("details");
  if (!box) return null;
  const open = () => {
    box.open = true;
    box.scrollIntoView();
  };
  return action("Which pixels speak for it", open);
}
