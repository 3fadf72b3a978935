// The maps of all layers for one picture, each above what pooling leaves of it.

import { canvasOf, paintValues } from "./canvas.js";
import { action, make } from "./elements.js";
import { convolutionsOf, filtersOf, firstFilters } from "./focus.js";
import { channelOf, layerNamed } from "./network.js";
import { briefly } from "./numbers.js";

const FIRST = 12; // filters that are shown before all are asked for
const TILE = 78; // pixels: 26 x 3, 13 x 6, 11 x 7

// Tiles that choose the filter that is looked at.
const CHOOSING = {
  values: "values",
  watched: ["layer", "filter"],
  isPressed: ({ layer, filter }, name, index) => layer === name && filter === index,
  press: (app, layer, filter) => app.lookAt({ layer, filter, held: false }),
};

// A row of tiles for each convolution of the model that is looked at.
//
// `use` says which values of the store are shown, and what pressing a tile does, as `CHOOSING`.
export function mapRows(app, use = CHOOSING) {
  const box = make("div", {});
  const all = new Set(); // layers of which all filters are shown
  let tiles = [];
  const build = () => {
    const network = app.networks[app.store.get().model];
    const rows = convolutionsOf(network).map((layer) => rowOf(app, network, layer, { all, build, use }));
    tiles = rows.flatMap((row) => row.tiles);
    box.replaceChildren(...rows.map((row) => row.element));
    paint();
    press();
  };
  const paint = () => {
    const now = app.store.get();
    const values = now[use.values]?.[now.model];
    if (values) tiles.forEach((tile) => paintTile(app.networks[now.model], values, tile));
  };
  const press = () => {
    const now = app.store.get();
    for (const { button, layer, filter } of tiles) {
      button.setAttribute("aria-pressed", String(use.isPressed(now, layer.name, filter)));
    }
  };
  app.store.watch(["model"], build);
  app.store.watch([use.values], paint);
  app.store.watch(use.watched, press);
  build();
  return box;
}

function rowOf(app, network, layer, { all, build, use }) {
  const order = filtersOf(network, layer.name);
  const shown = all.has(layer.name) ? order : firstFilters(network, layer.name, FIRST);
  const pooling = network.layers[layerNamed(network, layer.name) + 1];
  const pooled = pooling?.kind === "pool" ? `, below it ${pooling.name}, ${sizeOf(pooling)}` : "";
  const first = shown.length < order.length ? `, the first ${shown.length}` : "";
  const title = `${layer.name}: ${order.length} filters${first}, ${sizeOf(layer)}${pooled}`;
  const tiles = shown.map((filter) => tileOf(app, network, layer, filter, use));
  const toggle = () => {
    if (!all.delete(layer.name)) all.add(layer.name);
    build();
    box.querySelector(".live-more")?.focus();
  };
  const text = all.has(layer.name) ? `Only the first ${FIRST}` : `All ${order.length}`;
  const name = { "aria-label": `${text} filters of ${layer.name}`, class: "live-button live-more" };
  const more = order.length > FIRST ? action(text, toggle, name) : null;
  const buttons = make("div", { class: "live-tiles" }, tiles.map((tile) => tile.button));
  const box = make("div", { class: "live-layer" }, make("h3", {}, title), buttons, more);
  return { element: box, tiles };
}

// The size of a layer's maps in words.
export function sizeOf({ to }) {
  return `${to.height} × ${to.width}`;
}

function tileOf(app, network, layer, filter, use) {
  const pooling = network.layers[layerNamed(network, layer.name) + 1];
  const map = canvasOf(layer.to, TILE);
  const pooled = pooling?.kind === "pool" ? canvasOf(pooling.to, TILE) : null;
  const press = () => use.press(app, layer.name, filter);
  const data = { "data-layer": layer.name, "data-filter": filter };
  const attributes = { type: "button", class: "live-tile", ...data, onclick: press };
  const button = make("button", attributes, map, pooled, make("span", {}, String(filter)));
  return { button, layer, filter, map, pooled };
}

function paintTile(network, values, { button, layer, filter, map, pooled }) {
  const [at, limit] = [layerNamed(network, layer.name), network.limits[layer.name]];
  const { channels } = layer.to;
  const found = channelOf(values[at].after, channels, filter);
  paintValues(map, found, limit);
  if (pooled) paintValues(pooled, channelOf(values[at + 1].after, channels, filter), limit);
  const largest = `largest ${briefly(Math.max(...found))}`;
  button.title = largest;
  button.setAttribute("aria-label", `filter ${filter} of ${layer.name}, ${largest}`);
}

// Show one channel of a layer's values on the canvas of a view, and tell from where to where they go.
export function paintChannel(view, values, channels, channel, limit) {
  const map = channelOf(values, channels, channel);
  paintValues(view.canvas, map, limit);
  const ends = `${briefly(Math.min(...map))} to ${briefly(Math.max(...map))}`;
  view.tell(`${ends}; full colour from ±${briefly(limit)}`);
}
