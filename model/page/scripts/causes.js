// Why a network says what it says of a picture: its answer without each filter of the last convolution.

import { action, make, tableOf } from "./elements.js";
import { convolutionsOf } from "./focus.js";
import { largestOf } from "./network.js";
import { inPercent } from "./numbers.js";

const SHOWN = 5;

// A button that asks, and its answer; a new picture takes the answer away.
export function causesShown(app) {
  const [button, box] = [action("", () => ask()), make("div", { "aria-live": "polite" })];
  const question = () => {
    const { model, values } = app.store.get();
    button.hidden = !values;
    if (!values) return;
    const probabilities = values[model].at(-1).after;
    button.replaceChildren(`Why does ${model} say ${app.classes[largestOf(probabilities)]}?`);
    box.replaceChildren();
  };
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
  app.store.watch(["values", "model"], question);
  question();
  return make("div", { class: "live-why" }, button, box);
}

function causesTold(app, layer, label, causes) {
  const { model, values } = app.store.get();
  const all = values[model].at(-1).after[label];
  const rows = causes.slice(0, SHOWN).map(({ index, without }) => [
    action(`filter ${index} of ${layer}`, () => app.look({ layer, filter: index, held: false })),
    inPercent(without),
  ]);
  const name = app.classes[label];
  const title = `${name} has ${inPercent(all)} with all filters; those without which it has least (live, this picture)`;
  return tableOf(title, ["without", name], rows);
}
