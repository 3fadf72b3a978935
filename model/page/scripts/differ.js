// Where networks differ: confusions and disagreements, whose garments can be opened.

import { bytesOf } from "./bytes.js";
import { countOf, garmentButton } from "./chooser.js";
import { choice, make } from "./elements.js";
import { placesWhere } from "./gallery.js";
import { counted } from "./numbers.js";

// The section "Where they differ".
export function differences(app) {
  const groups = Object.entries(app.live.pictures.groups ?? {}).map(([name, places]) => {
    return make("div", {}, make("h3", {}, `${name}: ${countOf(app, name, places)}`), strip(app, places));
  });
  return make("div", {}, groups, confusions(app));
}

function strip(app, places) {
  const buttons = places.map((place) => garmentButton(app.pictures[place], app.classes, app.open));
  return make("div", { class: "live-strip" }, buttons);
}

function confusions(app) {
  const models = Object.entries(app.report?.models ?? {}).filter(([, one]) => one.confusion?.length);
  if (!models.length) return null;
  const [grid, opened] = [make("div", {}), make("div", { role: "status" })];
  const draw = (name) => {
    const [, model] = models.find(([one]) => one === name);
    opened.replaceChildren();
    const open = (label, answer) => openCell(app, name, label, answer, opened);
    grid.replaceChildren(gridOfConfusions(app, name, model, open));
  };
  const last = models.at(-1)[0];
  draw(last);
  const whose = choice("Answers of", models.map(([name]) => [name, name]), last, draw);
  return make("div", {}, make("h3", {}, "Labels and answers"), whose, grid, opened);
}

function gridOfConfusions(app, name, { confusion, seeds, elsewhere }, open) {
  const mistakes = confusion.flatMap((row, label) => row.filter((_, answer) => answer !== label));
  const most = Math.max(...mistakes, 1);
  const total = confusion.flat().reduce((sum, count) => sum + count, 0);
  const names = app.classes.map((one) => make("th", { scope: "col" }, make("span", {}, one)));
  const head = make("tr", {}, make("td", {}), names);
  const rows = confusion.map((row, label) => {
    const cells = row.map((count, answer) => {
      const says = `${app.classes[label]} called ${app.classes[answer]}: ${counted(count)} pictures`;
      const press = () => open(label, answer);
      const attributes = { type: "button", "aria-label": says, title: says, onclick: press };
      const button = make("button", attributes, counted(Math.round(count)));
      if (answer !== label && count) button.style.setProperty("--share", String(Math.sqrt(count / most)));
      return make("td", { class: answer === label ? "live-diagonal" : null }, button);
    });
    return make("tr", {}, make("th", { scope: "row" }, app.classes[label]), cells);
  });
  const pictures = `${counted(Math.round(total))} test pictures`;
  const over = seeds.length === 1 ? numbered(seeds[0], elsewhere) : `mean of ${seeds.length} trainings`;
  const measured = `${name}, measured: ${pictures}, ${over}`;
  const title = make("p", { class: "live-note" }, `A row for each label, a column for each answer (${measured})`);
  const table = make("table", { class: "live-confusion" }, make("thead", {}, head), make("tbody", {}, rows));
  const region = { class: "live-wide", tabindex: 0, role: "region", "aria-label": `Confusions of ${name}` };
  return make("div", {}, title, make("div", region, table));
}

// A training by its number, as report/words.py has it.
function numbered(seed, elsewhere) {
  return `${elsewhere ? "file" : "seed"} ${seed}`;
}

function openCell(app, model, label, answer, box) {
  const [seed, text] = Object.entries(app.predictions?.models?.[model] ?? {})[0] ?? [];
  if (text === undefined) return box.replaceChildren("The answers to single pictures are not in this page.");
  const answers = bytesOf(text);
  const places = placesWhere(app.pictures, (picture) => picture.label === label && answers[picture.index] === answer);
  const whose = `${model}, ${numbered(seed, app.report.models[model].elsewhere)}`;
  const what = `${app.classes[label]} called ${app.classes[answer]} by ${whose}`;
  const labels = bytesOf(app.predictions.labels);
  const all = answers.filter((given, index) => given === answer && labels[index] === label).length;
  const here = places.length ? `${places.length} of them are in this page` : "none of them is in this page";
  return box.replaceChildren(make("p", {}, `${what}: ${counted(all)} test pictures; ${here}.`), strip(app, places));
}
