// The garments to choose from.

import { pictureOf } from "./canvas.js";
import { ownPictures } from "./drawing.js";
import { choice, make } from "./elements.js";
import { groupsOf } from "./gallery.js";
import { counted } from "./numbers.js";

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

// How many pictures of a group are here, and of how many there are.
export function countOf(app, name, places) {
  const total = app.live.pictures.totals?.[name] ?? 0;
  return total > places.length ? `${places.length} of ${counted(total)}` : String(places.length);
}

// A strip of pictures by class and by how networks do on them, and a picture of one's own.
export function chooser(app) {
  const groups = groupsOf(app.pictures, app.classes, app.live.pictures.groups ?? {});
  const strip = make("div", { class: "live-strip" });
  const choose = (picture) => app.look({ picture, held: false });
  let group = -1;
  const show = (number) => {
    group = Number(number);
    const pictures = groups[group][1].map((place) => app.pictures[place]);
    strip.replaceChildren(...pictures.map((picture) => garmentButton(picture, app.classes, choose)));
    mark();
  };
  const mark = () => {
    const { picture } = app.store.get();
    groups[group][1].forEach((place, number) => {
      strip.children[number].setAttribute("aria-pressed", String(app.pictures[place] === picture));
    });
  };
  const options = groups.map(([name, places], number) => [String(number), `${name} (${countOf(app, name, places)})`]);
  const select = choice("Pictures", options, "0", (number) => {
    show(number);
    choose(app.pictures[groups[group][1][0]]);
  });
  app.store.follow(["picture"], ({ picture }) => {
    const place = app.pictures.indexOf(picture);
    const isHere = group >= 0 && (place < 0 || groups[group][1].includes(place));
    if (isHere) return mark();
    const other = groups.findIndex(([, places]) => places.includes(place));
    select.querySelector("select").value = String(other);
    return show(other);
  });
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
