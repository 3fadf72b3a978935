// Filters with their passports: all of a layer as tiles, one of which opens in place.

import { choice, make } from "./elements.js";
import { convolutionsOf } from "./focus.js";
import { modelChoice } from "./one.js";
import { mapsOfGarment, passportShown } from "./passport.js";
import { portraitOf } from "./portraits.js";
import { bringToSight } from "./sight.js";

const PORTRAIT = 60; // pixels

// The section "Filters".
export function filterTiles(app) {
  if (!app.main) return make("p", {}, "None of the networks that are live here has convolutions, and so filters.");
  const [layers, box] = [make("div", {}), make("div", {})];
  let grid = null; // what is shown: `{model, layer, tiles, open}`
  app.store.follow(["model", "passport"], ({ model, passport }) => {
    const names = convolutionsOf(app.networks[model]).map(({ name }) => name);
    const layer = passport?.model === model ? passport.layer : names[0];
    if (grid?.model !== model || grid.layer !== layer) {
      grid = gridOf(app, app.networks[model], layer);
      box.replaceChildren(grid.element);
      if (layers.dataset.model !== model) {
        const choose = (name) => app.openPassport(model, name, null);
        layers.replaceChildren(choice("Layer", names.map((name) => [name, name]), layer, choose));
        layers.dataset.model = model;
      }
      layers.querySelector("select").value = layer;
    }
    openOne(app, grid, passport?.model === model ? passport.filter : null);
  });
  app.store.watch(["values"], () => grid.open && mapsOfGarment(app, grid.open));
  return make("div", {}, make("div", { class: "live-row" }, modelChoice(app), layers), box);
}

function gridOf(app, network, layer) {
  const told = network.passports[layer];
  const shown = { model: network.name, layer, tiles: new Map(), open: null };
  if (!told) {
    const missing = `The filters of ${layer} have not been looked into in this run.`;
    return { ...shown, element: make("p", {}, missing) };
  }
  let first = 0;
  const groups = told.groups.map(({ words, count }) => {
    const tiles = told.filters.slice(first, first + count).map((passport) => {
      const tile = tileOfFilter(app, network, layer, passport);
      shown.tiles.set(passport.index, { tile, passport });
      return tile;
    });
    first += count;
    return make("div", { class: "live-group" }, make("p", {}, words), make("div", { class: "live-grid" }, tiles));
  });
  return { ...shown, element: make("div", {}, groups) };
}

function tileOfFilter(app, network, layer, passport) {
  const { index, dead, lost } = passport;
  const toggle = ({ currentTarget }) => {
    const isOpen = currentTarget.getAttribute("aria-expanded") === "true";
    app.openPassport(network.name, layer, isOpen ? null : index);
    if (!isOpen) bringToSight(app.document.querySelector("#filters .live-passport"));
  };
  const said = dead ? "dead" : lost;
  const name = { "aria-label": `filter ${index} of ${layer}: ${said}`, "aria-expanded": false, "data-filter": index };
  const portrait = portraitOf(app, network, layer, passport, PORTRAIT);
  const attributes = { type: "button", class: dead ? "live-tile live-dead" : "live-tile", ...name, onclick: toggle };
  return make("button", attributes, portrait, make("span", {}, String(index)), make("small", {}, said));
}

// Open the passport of a filter below its tile, and close the one that was open; null closes only.
function openOne(app, grid, filter) {
  if ((grid.open?.passport.index ?? null) === filter) return;
  if (grid.open) {
    grid.tiles.get(grid.open.passport.index).tile.setAttribute("aria-expanded", "false");
    grid.open.element.remove();
    grid.open = null;
  }
  const found = grid.tiles.get(filter);
  if (!found) return;
  grid.open = passportShown(app, app.networks[grid.model], grid.layer, found.passport);
  found.tile.setAttribute("aria-expanded", "true");
  found.tile.after(grid.open.element);
}
