import assert from "node:assert/strict";
import test from "node:test";

import { addressOfFocus, addressOfPassport, filtersOf, firstFilter, firstFilters, focusFrom, withPlace } from "../../model/page/scripts/focus.js";
import { readNetwork, runNetwork } from "../../model/page/scripts/network.js";
import { makeStore, newestOnly } from "../../model/page/scripts/store.js";
import { PICTURE, SMALL } from "./networks.mjs";

const cnn = { ...readNetwork(SMALL), name: "cnn" };
const passports = { conv1: { filters: [2, 0, 1].map((index) => ({ index, replacement: 0 })) } };
const other = { ...readNetwork(SMALL), name: "other", passports };
const app = {
  networks: { cnn, other },
  main: "cnn",
  pictures: [{ index: 7 }, { index: 23 }],
  store: makeStore({ values: null, held: false, row: null, column: null, ...firstFilter(cnn) }),
};

test("an address leads to what it names", () => {
  assert.deepEqual(focusFrom("#one/23", app), { picture: app.pictures[1], held: false });
  const place = { picture: app.pictures[1], model: "cnn", layer: "conv2", filter: 4, row: 3, column: 9, held: true };
  assert.deepEqual(focusFrom("#one/23/conv2/4/r3c9", app), place);
  const pooled = focusFrom("#one/7/other:pool1/1/r2c12", app);
  assert.deepEqual([pooled.model, pooled.layer, pooled.row, pooled.column], ["other", "conv1", 4, 24], "its block's first");
  assert.deepEqual(focusFrom("#filters/conv1/2", app), { passport: { model: "cnn", layer: "conv1", filter: 2 } });
  const there = focusFrom("#filters/other:conv1/2", app);
  assert.deepEqual([there.model, there.passport.filter], ["other", 2], "a passport of another model looks into it");
});

test("an address that names what is not here leads as far as it can", () => {
  for (const nowhere of ["", "#two", "#one/9", "#one/9/conv9", "#filters/nobody:conv1/3", "#filters/probabilities"]) {
    assert.deepEqual(focusFrom(nowhere, app), {}, nowhere);
  }
  assert.equal(focusFrom("#one/7/conv1/99", app).filter, 0, "the first filter where there is no such one");
  assert.equal(focusFrom("#one/7/conv1/1/r26c0", app).held, false, "a place beyond the map is none");
  assert.equal(focusFrom("#filters/conv1/99", app).passport.filter, null);
});

test("what is looked at has an address that leads back to it", () => {
  const held = { picture: { index: 23 }, model: "other", layer: "conv1", filter: 2, row: 4, column: 5, held: true };
  assert.equal(addressOfFocus(held, "cnn"), "#one/23/other:conv1/2/r4c5");
  assert.equal(addressOfFocus({ ...held, model: "cnn", held: false }, "cnn"), "#one/23/conv1/2");
  assert.equal(addressOfFocus({ ...held, picture: { index: null } }, "cnn"), "#one", "a picture of one's own has none");
  assert.equal(addressOfPassport({ model: "cnn", layer: "conv1", filter: null }, "cnn"), "#filters/conv1");
});

test("filters come in the order of their passports, else by number", () => {
  assert.deepEqual(filtersOf(other, "conv1"), [2, 0, 1]);
  assert.deepEqual(filtersOf(other, "conv2"), [0, 1, 2, 3, 4]);
  assert.deepEqual(firstFilter(other), { model: "other", layer: "conv1", filter: 2, held: false });
});

test("a place that is not held is the strongest of its map; one that is held stays", () => {
  const values = { cnn: runNetwork(cnn, PICTURE) };
  const { row, column } = withPlace(app, { values, filter: 1 });
  const at = (place) => values.cnn[0].before[place * 3 + 1];
  for (let place = 0; place < 26 * 26; place++) assert.ok(at(place) <= at(row * 26 + column));
  assert.deepEqual(withPlace(app, { values, filter: 1, held: true }), { values, filter: 1, held: true });
  assert.deepEqual(withPlace(app, { filter: 1 }), { filter: 1 }, "nothing is known before the network has run");
});

test("who watches a value hears of its changes alone, and who follows it of what it is now, too", () => {
  const store = makeStore({ a: 1, b: 2 });
  const [heard, followed] = [[], []];
  store.watch(["a"], ({ a }) => heard.push(a));
  store.follow(["a"], ({ a }) => followed.push(a));
  store.set({ b: 3 });
  store.set({ a: 1 });
  store.set({ a: 5, b: 4 });
  assert.deepEqual(heard, [5]);
  assert.deepEqual(followed, [1, 5]);
  assert.deepEqual(store.get(), { a: 5, b: 4 });
});

test("of work that comes too fast the newest is done, those between are left out", async () => {
  const done = [];
  const work = newestOnly(async (number) => {
    await new Promise((go) => setTimeout(go, 1));
    done.push(number);
  });
  await Promise.all([1, 2, 3, 4].map((number) => work(number)));
  assert.deepEqual(done, [1, 4]);
});

test("the first filters are the ranked ones, and of the others those that answer most strongly, in their order", () => {
  const passport = (index, rank, activation) => ({ index, rank, strongest: activation === null ? [] : [{ activation }] });
  const filters = [passport(4, 1, 0.1), passport(2, 2, 0.2), passport(0, null, 0), passport(1, null, 3), passport(3, null, null)];
  const network = { ...other, passports: { conv1: { filters } } };
  assert.deepEqual(firstFilters(network, "conv1", 3), [4, 2, 1], "filter 0 answers less than filter 1");
  assert.deepEqual(firstFilters(network, "conv1", 1), [4], "rank counts more than strength");
  assert.deepEqual(firstFilters(network, "conv2", 2), [0, 1], "nothing is known of these");
});
