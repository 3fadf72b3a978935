// Where one is: picture, model, layer, filter and place, and how these hang together. No drawing.

import { addressOf, readAddress } from "./address.js";
import { coveredBy } from "./layers.js";
import { channelOf, largestOf, layerNamed } from "./network.js";

// The filters of a convolution in the order of their passports; where there are none, by number.
export function filtersOf(network, layer) {
  const told = network.passports[layer]?.filters;
  if (told) return told.map((passport) => passport.index);
  return Array.from({ length: network.layers[layerNamed(network, layer)].to.channels }, (_, index) => index);
}

// Those that are shown before all are asked for, at most `count`, in the same order: of those that are not ranked
// the ones that answer most strongly.
export function firstFilters(network, layer, count) {
  const told = [...(network.passports[layer]?.filters ?? [])];
  const strength = ({ rank, strongest }) => (rank === null ? (strongest[0]?.activation ?? 0) : Number.MAX_VALUE);
  const strongest = told.sort((one, other) => strength(other) - strength(one)).slice(0, count);
  const first = new Set(strongest.map(({ index }) => index));
  return filtersOf(network, layer).filter((index, place) => (told.length ? first.has(index) : place < count));
}

// The convolutions of a network.
export function convolutionsOf(network) {
  return network.layers.filter((layer) => layer.kind === "conv");
}

// The first filter of the first convolution: where one begins to look into a model.
export function firstFilter(network) {
  const layer = convolutionsOf(network)[0].name;
  return { model: network.name, layer, filter: filtersOf(network, layer)[0], held: false };
}

// Some changes, and what follows from them: a place that is not held is where the filter's map is largest before
// its activation, so that a map of zeros shows where it came nearest.
export function withPlace(app, changes) {
  const { values, model, layer, filter, held } = { ...app.store.get(), ...changes };
  if (!values || model === null || held || changes.row !== undefined) return changes;
  const at = layerNamed(app.networks[model], layer);
  const { width, channels } = app.networks[model].layers[at].to;
  const place = largestOf(channelOf(values[model][at].before, channels, filter));
  return { ...changes, row: Math.floor(place / width), column: place % width };
}

// What an address asks for, of what there is: changes for the store; empty where it names nothing that is here.
//
// `app` has `networks`, `pictures` and `main`, the first model with convolutions.
export function focusFrom(hash, app) {
  const asked = readAddress(hash);
  if (!asked) return {};
  const picture = app.pictures.find(({ index }) => index === asked.index);
  const found = picture ? { picture, held: false } : {};
  const model = asked.model ?? app.main;
  const network = Object.hasOwn(app.networks, model) ? app.networks[model] : null;
  const at = network ? layerNamed(network, asked.layer) : -1;
  const pool = network?.layers[at]?.kind === "pool" ? network.layers[at] : null;
  if (!pool && network?.layers[at]?.kind !== "conv") return found;
  const layer = network.layers[pool ? at - 1 : at];
  const known = asked.filter < layer.to.channels;
  if (asked.section === "filters") {
    const passport = { model, layer: layer.name, filter: known ? asked.filter : null };
    return model === app.store.get().model ? { passport } : { ...firstFilter(network), passport };
  }
  const filter = known ? asked.filter : filtersOf(network, layer.name)[0];
  Object.assign(found, { model, layer: layer.name, filter, held: false });
  const [row, column] = [asked.row, asked.column].map((place, axis) => (pool ? coveredBy(pool, axis, place).first : place));
  const isPlace = known && row < layer.to.height && column < layer.to.width;
  return isPlace ? { ...found, row, column, held: true } : found;
}

// The address of where one is in "One picture".
export function addressOfFocus({ picture, model, layer, filter, row, column, held }, main) {
  const place = held ? { row, column } : {};
  const named = { model: model === main ? undefined : model, layer: layer ?? undefined, filter: filter ?? undefined };
  return addressOf({ section: "one", index: picture.index ?? undefined, ...named, ...place });
}

// The address of a filter's passport.
export function addressOfPassport({ model, layer, filter }, main) {
  const named = { model: model === main ? undefined : model, layer, filter: filter ?? undefined };
  return addressOf({ section: "filters", ...named });
}
