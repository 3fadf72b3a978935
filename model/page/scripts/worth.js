// What filters are worth: switch some off and see what becomes of maps and answers.

import { barsOf } from "./bars.js";
import { pictureOf } from "./canvas.js";
import { garmentButton, nameOf } from "./chooser.js";
import { action, make } from "./elements.js";
import { mapRows } from "./maps.js";
import { modelChoice } from "./one.js";
import { measuredOn } from "./passport.js";
import { newestOnly } from "./store.js";
import { compareAnswers, passportOf } from "./switches.js";

const SMALL = 112; // pixels
const MOST = 24; // garments shown of those whose answer changed

const SWITCHING = {
  values: "offValues",
  watched: ["off"],
  isPressed: ({ off }, name, index) => off.some((one) => one.layer === name && one.index === index),
  press: (app, layer, index) => {
    const { off } = app.store.get();
    const rest = off.filter((one) => one.layer !== layer || one.index !== index);
    app.store.set({ off: rest.length < off.length ? rest : [...off, { layer, index }] });
  },
};

// The section "What a filter is worth".
export function switches(app) {
  if (!app.main) return make("p", {}, "None of the networks that are live here has convolutions, and so filters.");
  const parts = [offTold(app), measured(app), answersOfAll(app)];
  keepWithout(app);
  return make(
    "div",
    {},
    modelChoice(app),
    make("p", {}, "Press a map to switch its filter off, and again to switch it on."),
    ...parts,
    mapRows(app, SWITCHING),
  );
}

// Keeps what the picture gives without the filters that are off.
function keepWithout(app) {
  const run = newestOnly(async () => {
    const { model, values, seen, off } = app.store.get();
    if (!values) return;
    const found = off.length ? await app.engine.ask("run", { model, picture: seen.levels, off }) : values[model];
    app.store.set({ offValues: { [model]: found } });
  });
  app.store.watch(["values", "model", "off"], run);
  run();
}

function offTold(app) {
  const [names, bars] = [make("p", { role: "status" }), make("div", { class: "live-answers" })];
  const garment = make("figure", { class: "live-view" });
  const on = action("Switch all on", () => app.store.set({ off: [] }));
  const show = ({ model, off, values, offValues, seen }) => {
    const all = off.map(({ layer, index }) => `${index} of ${layer}`).join(", ");
    const which = off.length === 1 ? `Off: filter ${all}. ` : `Off: filters ${all}. `;
    names.replaceChildren(off.length ? which : "No filter is off. ", off.length ? on : "");
    if (!offValues?.[model] || !values?.[model]) return;
    garment.replaceChildren(make("figcaption", {}, nameOf(seen, app.classes)), pictureOf(seen.levels, SMALL));
    const table = (title, found) => {
      return barsOf(`${model} ${title} (live, this picture)`, found.at(-1).after, app.classes, seen.label);
    };
    bars.replaceChildren(table("with all filters", values[model]), table("now", offValues[model]));
  };
  app.store.watch(["off", "values", "offValues"], show);
  show(app.store.get());
  return make("div", {}, names, make("div", { class: "live-row" }, garment, bars));
}

// What the run measured for a single filter; for several it measured nothing.
function measured(app) {
  const box = make("p", { class: "live-measured live-words" });
  const show = ({ off, model }) => {
    const passport = off.length === 1 && passportOf(app.networks[model], off[0].layer, off[0].index);
    if (!passport) return box.replaceChildren();
    const where = measuredOn(app.networks[model], off[0].layer);
    return box.replaceChildren(`${passport.worth} `, make("span", { class: "live-note" }, `(${where})`));
  };
  app.store.watch(["off", "model"], show);
  show(app.store.get());
  return box;
}

// The answers to all pictures in the page, with all filters and now.
function answersOfAll(app) {
  const [said, changed] = [make("p", { role: "status" }), make("div", {})];
  const pictures = app.pictures.map(({ levels }) => levels);
  const intact = {};
  const ask = (model, off) => {
    const tell = (done) => said.replaceChildren(`Asking: ${done} of ${pictures.length} pictures …`);
    return app.engine.ask("answers", { model, pictures, off }, tell);
  };
  const run = async () => {
    const { model, off } = app.store.get();
    [said, changed].forEach((box) => box.replaceChildren());
    if (!off.length) return;
    intact[model] ??= await ask(model, []);
    const now = intact[model] && (await ask(model, off));
    if (now && app.store.get().off === off) showChanges(app, intact[model], now, said, changed);
  };
  app.store.watch(["off", "model"], run);
  return make("div", {}, said, changed);
}

function showChanges(app, before, now, said, box) {
  const labels = app.pictures.map(({ label }) => label);
  const right = (answers) => answers.filter((answer, place) => answer === labels[place]).length;
  const { changed, becameWrong, becameRight } = compareAnswers(before, now, labels);
  said.replaceChildren(
    `Of the ${labels.length} pictures in this page ${right(before)} are right with all filters, ${right(now)} now: ` +
      `${changed.length} answers change, ${becameWrong.length} become wrong, ${becameRight.length} right (live).`,
  );
  const answered = (place) => `${app.classes[before[place]]}, now ${app.classes[now[place]]}`;
  const strips = [["Became wrong", becameWrong], ["Became right", becameRight]].filter(([, places]) => places.length);
  box.replaceChildren(
    ...strips.map(([title, places]) => {
      const buttons = places.slice(0, MOST).map((place) => {
        const told = { title: `${app.classes[labels[place]]}: ${answered(place)}` };
        return garmentButton(app.pictures[place], app.classes, app.open, told);
      });
      return make("div", {}, make("h3", {}, title), make("div", { class: "live-strip" }, buttons));
    }),
  );
}
