// What is said of networks that answer a picture together with its mirror image.

import { make } from "./elements.js";

const MAPS = "Its maps and their numbers are of the picture as it is.";
const OFF = "A filter that is off is off for both.";

// Of what the answer of such a network is, and its maps, filters off or not; of any other network nothing.
export function mirrorInWords(network) {
  const answer = answerInWords(network);
  return answer && `${answer} ${MAPS} ${OFF}`;
}

// A note for each such network on what its answer is of, and where `maps` are shown, what they are of.
export function mirrorNotes(app, { maps }) {
  const told = Object.values(app.networks).map(answerInWords).filter(Boolean);
  return told.map((answer) => make("p", { class: "live-note" }, maps ? `${answer} ${MAPS}` : answer));
}

function answerInWords({ name, layers }) {
  if (!layers.some(({ kind }) => kind === "mirror_mean")) return "";
  return `The answer of ${name} is of the picture and its mirror image together, by the mean of their logits.`;
}
