// What is live in the page: fills its parts with what can be touched.

import { addressOf } from "./address.js";
import { byHand } from "./byhand.js";
import { differences } from "./differ.js";
import { make } from "./elements.js";
import { answerRequests, makeEngine } from "./engine.js";
import { filterTiles } from "./filters.js";
import { addressOfFocus, addressOfPassport, convolutionsOf, firstFilter, focusFrom, withPlace } from "./focus.js";
import { readPictures, readShown } from "./gallery.js";
import { readNetworks } from "./network.js";
import { onePicture } from "./one.js";
import { bringToSight } from "./sight.js";
import { makeStore, newestOnly } from "./store.js";
import { underStrain } from "./strain.js";
import { switches } from "./worth.js";

// What fills each part: those that are live of `SECTIONS` in model/experiment/sections.py, by their ids.
export const PARTS = {
  one: onePicture,
  filters: filterTiles,
  worth: switches,
  byhand: byHand,
  differ: differences,
  strain: underStrain,
};

// Fill every part of the page that waits for it.
export function start(document) {
  const live = dataOf(document, "data-live");
  const boxes = [...document.querySelectorAll(".live")];
  if (!live?.pictures || !boxes.length) return;
  const app = makeApp(document, live);
  const next = () => {
    const box = boxes.shift();
    if (!box) return arrive(app);
    fill(box, app);
    return setTimeout(next, 0); // one part a task: the page answers in between
  };
  next();
}

// Fill one part; where that fails, it says so, and the others are filled all the same.
function fill(box, app) {
  const { part } = box.dataset;
  try {
    box.replaceChildren(...(part === "one" ? reasons(app) : []), PARTS[part](app));
  } catch (error) {
    console.error(error);
    box.replaceChildren(make("p", { class: "live-note" }, `This part can't be shown: ${error.message}.`));
  }
}

// What a worker does.
export function work(scope) {
  answerRequests(scope);
}

function dataOf(document, id) {
  const text = document.getElementById(id)?.textContent;
  return text ? JSON.parse(text) : null;
}

// Which networks are not live, and why.
function reasons({ missing }) {
  return Object.entries(missing).map(([model, reason]) => {
    return make("p", { class: "live-note" }, `${model} is not live here: ${reason}`);
  });
}

function makeApp(document, live) {
  const { networks, faults } = readNetworks(live.networks, live.classes.length);
  const convolutional = Object.keys(networks).filter((name) => convolutionsOf(networks[name]).length);
  const pictures = readPictures(live.pictures);
  const main = convolutional[0] ?? null;
  const store = makeStore({
    picture: pictures[0], // that is asked for
    seen: pictures[0], // that `values` are of, by model and layer
    values: null,
    ...(main ? firstFilter(networks[main]) : { model: null, layer: null, filter: null, held: false }),
    row: null,
    column: null,
    off: [], // filters that are switched off, and what the model gives without them
    offValues: null,
    passport: null, // the one that is open: `{model, layer, filter}`
  });
  const app = {
    document,
    live,
    networks,
    missing: { ...live.not_live, ...faults },
    convolutional,
    main,
    pictures,
    store,
    classes: live.classes,
    shown: live.shown ? readShown(live.shown) : new Map(),
    report: dataOf(document, "data-report"),
    predictions: dataOf(document, "data-predictions"),
    engine: makeEngine(networks, document.getElementById("script").textContent),
  };
  return Object.assign(app, ways(app));
}

// What one part of the page asks of another.
function ways(app) {
  const { store } = app;
  const goTo = (section, address) => {
    location.hash = address;
    app.document.getElementById(section)?.scrollIntoView();
  };
  return {
    // Look at another picture, model, filter or place; the address follows.
    look(changes) {
      store.set(withPlace(app, changes));
      showAddress(addressOfFocus(store.get(), app.main));
    },
    // The same, and go where the filter is shown in large.
    lookAt(changes) {
      app.look(changes);
      bringToSight(app.document.querySelector("#one .live-large"));
    },
    // Open a picture in "One picture".
    open(picture) {
      store.set({ picture, held: false });
      goTo("one", addressOf({ section: "one", index: picture.index }));
    },
    lookInside(model) {
      const nothing = { off: [], offValues: null, passport: null };
      store.set(withPlace(app, { ...firstFilter(app.networks[model]), ...nothing }));
    },
    openPassport(model, layer, filter) {
      store.set({ passport: { model, layer, filter } });
      showAddress(addressOfPassport({ model, layer, filter }, app.main));
    },
    // Switch this filter off, and all others on.
    switchOnly(layer, index) {
      store.set({ off: [{ layer, index }] });
      goTo("worth", "#worth");
    },
  };
}

// Write an address without going there.
function showAddress(address) {
  if (address !== location.hash) history.replaceState(null, "", address);
}

// Follow the address, write it as it is written here, and keep true what follows from the picture.
function arrive(app) {
  const { store } = app;
  const run = newestOnly(async () => {
    const { picture } = store.get();
    const values = {};
    for (const model of Object.keys(app.networks)) {
      values[model] = await app.engine.ask("run", { model, picture: picture.levels });
    }
    store.set(withPlace(app, { values, seen: picture }));
  });
  const follow = () => {
    const found = focusFrom(location.hash, app);
    store.set(withPlace(app, found));
    if (found.passport) showAddress(addressOfPassport(found.passport, app.main));
    else if (found.layer) showAddress(addressOfFocus(store.get(), app.main));
  };
  store.watch(["picture"], run);
  addEventListener("hashchange", follow);
  follow();
  run();
}
