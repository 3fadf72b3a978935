// What filters are worth: switch some off and see what becomes of maps and answers.

import { barsOf } from "./bars.js";
import { pictureOf } from "./canvas.js";
import { garmentButton, nameOf } from "./chooser.js";
import { action, make } from "./elements.js";
import { mapRows } from "./maps.js";
import { mirrorInWords } from "./mirror.js";
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
  keepWithout(app);
  // what grows and shrinks stands below the maps, which stay where they are pressed
  const parts = [withAndWithout(app), mapRows(app, SWITCHING), offTold(app), measured(app), answersOfAll(app)];
  return make("div", {}, modelChoice(app), howToSwitch(app), parts);
}

function howToSwitch(app) {
  const box = make("p", {});
  app.store.follow(["model"], ({ model }) => {
    const network = app.networks[model];
    const how = "Press a map to switch its filter off, and again to switch it on.";
    box.textContent = `${how} ${network.off} ${mirrorInWords(network)}`;
  });
  return box;
}

// Keeps what the picture gives without the filters that are off.
function keepWithout(app) {
  const run = newestOnly(async () => {
    const { model, values, seen, off } = app.store.get();
    if (!values) return;
    const found = off.length ? await app.engine.ask("run", { model, picture: seen.levels, off }) : values[model];
    app.store.set({ offValues: { [model]: found } });
  });
  app.store.follow(["values", "model", "off"], run);
}

// What the network says of the picture with all filters, and without those that are off.
function withAndWithout(app) {
  const [garment, bars] = [make("figure", { class: "live-view" }), make("div", { class: "live-answers" })];
  app.store.follow(["values", "offValues"], ({ model, off, values, offValues, seen }) => {
    if (!offValues?.[model] || !values?.[model]) return;
    garment.replaceChildren(make("figcaption", {}, nameOf(seen, app.classes)), pictureOf(seen.levels, SMALL));
    const table = (title, found) => {
      return barsOf(`${model} ${title} (live, this picture)`, found.at(-1).after, app.classes, seen.label);
    };
    const now = off.length ? `with ${off.length} off` : "with none off";
    bars.replaceChildren(table("with all filters", values[model]), table(now, offValues[model]));
  });
  return make("div", { class: "live-row" }, garment, bars);
}

function offTold(app) {
  const names = make("p", { role: "status" });
  const on = action("Switch all on", () => app.store.set({ off: [] }));
  app.store.follow(["off"], ({ off }) => {
    const all = off.map(({ layer, index }) => `${index} of ${layer}`).join(", ");
    const which = off.length === 1 ? `Off: filter ${all}. ` : `Off: filters ${all}. `;
    names.replaceChildren(off.length ? which : "No filter is off. ", off.length ? on : "");
  });
  return names;
}

// What the run measured for a single filter; for several it measured nothing.
function measured(app) {
  const box = make("p", { class: "live-measured live-words" });
  app.store.follow(["off", "model"], ({ off, model }) => {
    const passport = off.length === 1 && passportOf(app.networks[model], off[0].layer, off[0].index);
    if (!passport) return box.replaceChildren();
    const where = measuredOn(app.networks[model], off[0].layer);
    return box.replaceChildren(`${passport.worth} `, make("span", { class: "live-note" }, `(${where})`));
  });
  return box;
}

// How the answers to the pictures in the page change.
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
  const { changed, becameWrong, becameRight, wrongOtherwise } = compareAnswers(before, now, labels);
  const counts = [["became wrong", becameWrong], ["became right", becameRight], ["wrong otherwise", wrongOtherwise]];
  const told = counts.map(([what, places]) => `${what} ${places.length}`).join(", ");
  const hard = new Set(Object.values(app.live.pictures.groups ?? {}).flat()).size;
  said.replaceChildren(
    `Of the ${labels.length} pictures in this page, answered otherwise than with all filters: ${changed.length} (live)`,
    changed.length ? `: ${told}.` : ".",
    hard ? ` These ${labels.length} are no sample: ${hard} are here because a network gets them wrong.` : "",
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
