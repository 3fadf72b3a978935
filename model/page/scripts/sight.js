// Scrolling to what has changed, where it can't be seen.

// Bring an element into sight: no further than needed, or where it is higher than the window, to its beginning.
export function bringToSight(element) {
  const { top, bottom, height } = element.getBoundingClientRect();
  if (top >= 0 && bottom <= innerHeight) return;
  element.scrollIntoView({ block: height > innerHeight ? "start" : "nearest" });
}
