// Elements made of plain values: what is text stays text, whatever it holds.

const SVG = "http://www.w3.org/2000/svg";

// An element of HTML. Attributes that are functions listen (`onclick`), true stands alone, false and null are
// left out; children are elements and texts.
export function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

// The same of SVG.
export function shape(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name.startsWith("aria-")) element.setAttribute(name, String(value));
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// A button that does something.
export function action(text, onclick, attributes = {}) {
  return make("button", { type: "button", class: "live-button", ...attributes, onclick }, text);
}

// A list to choose from, with its label; `options` are `[value, text]`.
export function choice(label, options, chosen, onchoose) {
  const select = make("select", { onchange: () => onchoose(select.value) });
  select.append(...options.map(([value, text]) => make("option", { value, selected: value === chosen }, text)));
  return make("label", { class: "live-choice" }, make("span", {}, label), select);
}

// A table with a heading for its columns; the first cell of a row is its heading.
export function tableOf(caption, heads, rows, attributes = {}) {
  const head = make("tr", {}, heads.map((text) => make("th", { scope: "col" }, text)));
  const body = rows.map(([first, ...cells]) =>
    make("tr", {}, make("th", { scope: "row" }, first), cells.map((cell) => make("td", {}, cell))),
  );
  const title = make("caption", {}, caption);
  return make("table", { class: "live-table", ...attributes }, title, make("thead", {}, head), make("tbody", {}, body));
}
