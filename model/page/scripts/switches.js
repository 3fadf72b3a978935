// Filters that are switched off, and what the pictures of the page are called then. No drawing.

import { largestOf, probabilitiesOf, runNetwork } from "./network.js";

const POINT = 0.01;

// What stands in the maps of filters that are switched off, as `runNetwork` takes it: `{conv1: {37: 0.12}}`.
//
// `filters` are `{layer, index}`; the values are those that the run measured with, one in each passport.
export function switchedOff(network, filters) {
  const off = {};
  for (const { layer, index } of filters) {
    const passport = passportOf(network, layer, index);
    off[layer] = { ...off[layer], [index]: passport?.replacement ?? 0 };
  }
  return off;
}

// The passport of a filter; undefined where the network has none.
export function passportOf(network, layer, index) {
  return network.passports[layer]?.filters.find((passport) => passport.index === index);
}

// What a network says of a picture: `{answer, probabilities}`.
export function answerTo(network, picture, off = {}) {
  const probabilities = probabilitiesOf(runNetwork(network, picture, off));
  return { answer: largestOf(probabilities), probabilities };
}

// How answers differ from earlier ones: the places of those that `changed`, and of them those that
// `becameWrong`, `becameRight`, and are `wrongOtherwise`.
export function compareAnswers(before, now, labels) {
  const found = { changed: [], becameWrong: [], becameRight: [], wrongOtherwise: [] };
  now.forEach((answer, picture) => {
    if (answer === before[picture]) return;
    found.changed.push(picture);
    if (before[picture] === labels[picture]) found.becameWrong.push(picture);
    else if (answer === labels[picture]) found.becameRight.push(picture);
    else found.wrongOtherwise.push(picture);
  });
  return found;
}

// What a filter does for one class of one picture: `{index, without}`, the probability when it is off.
export function causeOf(network, picture, layer, index, label) {
  const off = switchedOff(network, [{ layer, index }]);
  return { index, without: answerTo(network, picture, off).probabilities[label] };
}

// Causes, that first without which least is left.
export function inOrder(causes) {
  return [...causes].sort((one, other) => one.without - other.without || one.index - other.index);
}

// Those of ordered causes without which a point or more of the probability is lost.
export function thatCost(causes, probability) {
  return causes.filter(({ without }) => probability - without >= POINT);
}
