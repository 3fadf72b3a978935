// The list of contents and the places that addresses name: `#one/23/conv1` lies in the section `one`.

const NARROW = "(max-width: 900px)"; // as in page.css

// The parts of an address, from the section on.
const partsOf = (hash) => {
  try {
    return decodeURIComponent(hash.replace(/^#/, "")).split("/");
  } catch {
    return [""]; // a % that stands for nothing
  }
};

// The section that an address lies in: all before its first slash.
function sectionOf(hash) {
  return partsOf(hash)[0];
}

// The element that an address names: that whose id it is, or the longest beginning of it that is one.
const placeOf = (document, hash) => {
  const parts = partsOf(hash);
  const ids = parts.map((_, last) => parts.slice(0, parts.length - last).join("/"));
  return ids.map((id) => document.getElementById(id)).find(Boolean);
};

const goTo = (document) => {
  const place = placeOf(document, location.hash);
  if (!place) return;
  for (let one = place; one; one = one.parentElement) {
    if (one.tagName === "DETAILS") one.open = true;
  }
  place.scrollIntoView();
};

// What the address names stays in sight while the page grows, until somebody touches it.
const stayThere = (document) => {
  const main = document.getElementById("main");
  const observer = new ResizeObserver(() => goTo(document));
  const letGo = () => observer.disconnect();
  for (const touch of ["wheel", "pointerdown", "touchstart", "keydown"]) {
    addEventListener(touch, letGo, { once: true, passive: true });
  }
  goTo(document);
  observer.observe(main);
};

const mark = (links, name) => {
  for (const link of links) {
    if (sectionOf(link.hash) === name) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
};

const followScrolling = (document, links) => {
  const seen = new Set();
  const sections = links.map((link) => document.getElementById(sectionOf(link.hash))).filter(Boolean);
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) entry.isIntersecting ? seen.add(entry.target) : seen.delete(entry.target);
    const first = sections.find((section) => seen.has(section));
    if (first) mark(links, first.id);
  }, { rootMargin: "-15% 0px -70% 0px" });
  sections.forEach((section) => observer.observe(section));
};

// Folds the list where it would push everything down, marks where one is, and opens what an address names.
export function followContents(document) {
  const list = document.querySelector("nav details");
  const links = [...list.querySelectorAll("a")];
  const narrow = matchMedia(NARROW);
  const fit = () => { list.open = !narrow.matches; };
  narrow.addEventListener("change", fit);
  fit();
  list.addEventListener("click", (event) => { if (narrow.matches && event.target.closest("a")) list.open = false; });
  followScrolling(document, links);
  addEventListener("hashchange", () => stayThere(document));
  if (location.hash) stayThere(document);
}
