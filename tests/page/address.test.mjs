import assert from "node:assert/strict";
import test from "node:test";

import { addressOf, readAddress } from "../../model/page/scripts/address.js";

const PLACES = {
  "#one": { section: "one" },
  "#one/23": { section: "one", index: 23 },
  "#one/9999/conv1": { section: "one", index: 9999, layer: "conv1" },
  "#one/23/conv1/37": { section: "one", index: 23, layer: "conv1", filter: 37 },
  "#one/23/conv1/37/r7c20": { section: "one", index: 23, layer: "conv1", filter: 37, row: 7, column: 20 },
  "#one/0/no_pooling-2:pool2/0/r0c0": {
    section: "one",
    index: 0,
    model: "no_pooling-2",
    layer: "pool2",
    filter: 0,
    row: 0,
    column: 0,
  },
  "#filters": { section: "filters" },
  "#filters/conv1/37": { section: "filters", layer: "conv1", filter: 37 },
  "#filters/cnn:conv2": { section: "filters", model: "cnn", layer: "conv2" },
  "#worth": { section: "worth" },
  "#byhand": { section: "byhand" },
  "#differ": { section: "differ" },
  "#strain": { section: "strain" },
};

for (const [address, place] of Object.entries(PLACES)) {
  test(`${address} is read, and written again`, () => {
    assert.deepEqual(readAddress(address), place);
    assert.equal(addressOf(place), address);
  });
}

test("what is none of ours is no place", () => {
  const others = ["", "#", "#two", "#one/", "#one/-1", "#one/01", "#one/1e3", "#one/23/conv1/37/r7", "#filters/37"];
  others.push("#one/23/<img src=x>", "#one/99999999", "#worth/1", "#one/23/__proto__", "#one/23/conv1/37/r7c20/x");
  others.push("#filters/a b:conv1", "one/23", "x#one/23", "#one/23/conv1/37/r7c20\n");
  for (const other of others) assert.equal(readAddress(other), null, other);
});

test("an address ends where something is missing", () => {
  assert.equal(addressOf({ section: "one", index: 3, filter: 7 }), "#one/3");
  assert.equal(addressOf({ section: "one", layer: "conv1" }), "#one");
});
