// Pictures that are larger than the screen: a button shows them in their own size, in a box that scrolls.

import { action } from "./elements.js";

// Puts the button where a picture is shown smaller than it is.
export function enlargePictures(document) {
  for (const box of document.querySelectorAll(".picture")) {
    const width = Number(box.querySelector("img").getAttribute("width"));
    const toggle = () => {
      const large = box.classList.toggle("large");
      button.setAttribute("aria-pressed", String(large));
      box.tabIndex = large ? 0 : -1;
    };
    const button = action("Whole size", toggle, { class: "enlarge", "aria-pressed": false });
    const fit = () => { button.hidden = !box.classList.contains("large") && box.clientWidth >= width; };
    new ResizeObserver(fit).observe(box);
    box.after(button);
  }
}
