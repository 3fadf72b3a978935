// The garments to choose from.

import { pictureOf } from "./canvas.js";
import { ownPictures } from "./drawing.js";
import { choice, make } from "./elements.js";
import { groupsOf } from "./gallery.js";

const THUMBNAIL = 56; // pixels

// What a picture is called: its number in the test file and its label.
export function nameOf(picture, classes) {
  return picture.index === null ? picture.name : `test picture ${picture.index}, ${classes[picture.label]}`;
}

// A garment as a button; `choose` gets it.
export function garmentButton(picture, classes, choose, attributes = {}) {
  const name = nameOf(picture, classes);
  const open = { type: "button", class: "live-garment", title: name, "aria-label": name, ...attributes };
  return make("button", { ...open, onclick: () => choose(picture) }, pictureOf(picture.levels, THUMBNAIL));
}

// A strip of garments by class and by how networks do on them, and a picture of one's own.
export function chooser(app) {
  const groups = groupsOf(app.pictures, app.classes, app.live.pictures.groups ?? {});
  const strip = make("div", { class: "live-strip" });
  const choose = (picture) => app.look({ picture, held: false });
  const show = (number) => {
    const places = groups[Number(number)][1];
    strip.replaceChildren(...places.map((place) => garmentButton(app.pictures[place], app.classes, choose)));
    mark();
  };
  const mark = () => {
    const shown = [...strip.children];
    const chosen = nameOf(app.store.get().picture, app.classes);
    for (const button of shown) button.setAttribute("aria-pressed", String(button.title === chosen));
  };
  const options = groups.map(([name, places], number) => [String(number), `${name} (${places.length})`]);
  const here = app.pictures.indexOf(app.store.get().picture);
  const first = Math.max(groups.findIndex(([, places]) => places.includes(here)), 0);
  const select = choice("Pictures", options, String(first), show);
  show(first);
  app.store.watch(["picture"], mark);
  return make("div", { class: "live-chooser" }, select, strip, ownPicture(app, choose));
}

function ownPicture(app, choose) {
  const box = make("details", {}, make("summary", {}, "Draw a picture, or take one of your own"));
  const open = () => {
    const take = (levels, name) => choose({ levels, name, label: null, index: null });
    if (box.open && box.children.length === 1) box.append(ownPictures(take));
  };
  box.addEventListener("toggle", open);
  return box;
}
