// What is looked at, as the end of the page's address: `#one/23/conv1/37/r7c20`. No drawing.

const NUMBER = "(0|[1-9][0-9]{0,6})";
const LAYER = "(?:([A-Za-z0-9_][A-Za-z0-9_-]{0,63}):)?([a-z]+[0-9]*)";
const ONE = new RegExp(`^#one(?:/${NUMBER}(?:/${LAYER}(?:/${NUMBER}(?:/r${NUMBER}c${NUMBER})?)?)?)?$`);
const FILTERS = new RegExp(`^#filters(?:/${LAYER}(?:/${NUMBER})?)?$`);
const SECTIONS = /^#(worth|byhand|differ|strain)$/;

// Read an address, which anybody may have typed: null where it is none of ours.
//
// Returns `{section}` and what else is in it: `index` (of the picture in the test file), `model` (where it is
// not the first with convolutions), `layer`, `filter`, `row`, `column`.
export function readAddress(hash) {
  const one = ONE.exec(hash);
  if (one) {
    const [, index, model, layer, filter, row, column] = one;
    return told({ section: "one", index, model, layer, filter, row, column });
  }
  const filters = FILTERS.exec(hash);
  if (filters) {
    const [, model, layer, filter] = filters;
    return told({ section: "filters", model, layer, filter });
  }
  const section = SECTIONS.exec(hash);
  return section && { section: section[1] };
}

function told(parts) {
  const known = Object.entries(parts).filter(([, text]) => text !== undefined);
  const names = ["section", "model", "layer"];
  return Object.fromEntries(known.map(([key, text]) => [key, names.includes(key) ? text : Number(text)]));
}

// The address of what `readAddress` gives; it ends where something is missing.
export function addressOf({ section, index, model, layer, filter, row, column }) {
  const named = layer === undefined ? undefined : model === undefined ? layer : `${model}:${layer}`;
  const place = row === undefined ? undefined : `r${row}c${column}`;
  const parts = { one: [index, named, filter, place], filters: [named, filter] }[section] ?? [];
  const end = parts.indexOf(undefined);
  return `#${[section, ...(end < 0 ? parts : parts.slice(0, end))].join("/")}`;
}
