// The figures' colours: red above 0, blue below, white at 0; gray for pictures. No drawing.

// Matplotlib's RdBu_r (ColorBrewer, by Cynthia Brewer), from the lowest to the highest value.
const RED_BLUE = "053061 2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b 67001f";
const ANCHORS = RED_BLUE.split(" ").map((hex) => [0, 2, 4].map((start) => parseInt(hex.slice(start, start + 2), 16)));
const STEPS = 256;
const TABLE = Array.from({ length: STEPS }, (_, step) => {
  const place = (step / (STEPS - 1)) * (ANCHORS.length - 1);
  const low = Math.min(Math.floor(place), ANCHORS.length - 2);
  return ANCHORS[low].map((one, part) => Math.round(one + (place - low) * (ANCHORS[low + 1][part] - one)));
});

// The colour [red, green, blue] of a value on a scale from -limit to limit; beyond it the last one.
export function colourOf(value, limit) {
  const step = Math.floor(((value / limit + 1) / 2) * STEPS);
  return TABLE[Math.min(Math.max(step, 0), STEPS - 1)];
}

// A colour as text.
export function asHex(colour) {
  return `#${colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

// What text has on a colour, black or white: that which contrasts more, as WCAG 2.2 measures it; 4.5 at least.
export function inkOn(colour) {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 ? "#ffffff" : "#000000";
}
