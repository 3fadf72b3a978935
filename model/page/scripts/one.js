// One picture: what the networks make of a garment, map by map and number by number.

import { barsOf } from "./bars.js";
import { causesShown } from "./causes.js";
import { levelsTable } from "./cells.js";
import { chooser, nameOf } from "./chooser.js";
import { choice, make } from "./elements.js";
import { mapRows } from "./maps.js";
import { mirrorNotes } from "./mirror.js";
import { unlike } from "./own.js";
import { placeViews } from "./place.js";

// The section "One picture".
export function onePicture(app) {
  const parts = [chooser(app), title(app), answers(app), ...mirrorNotes(app, { maps: true })];
  if (app.main) parts.push(causesShown(app), modelChoice(app), mapRows(app), placeViews(app));
  return make("div", {}, parts);
}

function title(app) {
  const [name, strange] = [make("h3", {}), make("p", { class: "live-strange", role: "status" })];
  app.store.follow(["picture"], ({ picture }) => {
    const text = nameOf(picture, app.classes);
    name.replaceChildren(text[0].toUpperCase() + text.slice(1));
    const own = picture.index === null;
    strange.replaceChildren(own ? unlike(picture.levels, app.pictures.map((one) => one.levels)) : "");
  });
  return make("div", {}, name, strange, levelsShown(app));
}

// The numbers of which the picture consists, where somebody asks for them.
function levelsShown(app) {
  const title = make("summary", {}, "The picture as the network gets it: 784 numbers from 0 to 255");
  const region = make("div", { class: "live-wide", tabindex: 0, role: "region", "aria-label": "784 gray levels" });
  const show = () => box.open && region.replaceChildren(levelsTable(app.store.get().picture.levels));
  const box = make("details", { ontoggle: show }, title, region);
  app.store.watch(["picture"], show);
  return box;
}

function answers(app) {
  const box = make("div", { class: "live-answers" });
  app.store.watch(["values"], ({ values, seen }) => {
    const tables = Object.entries(values).map(([model, found]) => {
      const { which } = app.networks[model];
      return barsOf(`${model} (live: ${which}, this picture)`, found.at(-1).after, app.classes, seen.label);
    });
    box.replaceChildren(...tables);
  });
  return box;
}

// Which model's maps are shown, where several have some.
export function modelChoice(app) {
  if (app.convolutional.length < 2) return null;
  const options = app.convolutional.map((model) => [model, model]);
  const label = choice("Look inside", options, app.store.get().model, (model) => app.lookInside(model));
  app.store.watch(["model"], ({ model }) => {
    label.querySelector("select").value = model;
  });
  return label;
}
