// What the page's own pass makes of pictures: node run_networks.mjs IN.json OUT.bin
//
// IN.json: {network (as in the page), pictures: base64 of n * 784 levels, off (as runNetwork takes it), layers: [names]}.
// OUT.bin: float32, picture by picture, the values after ReLU or softmax of the layers named, one after another.

import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

import { bytesOf } from "../../model/page/scripts/bytes.js";
import { readNetwork, runNetwork } from "../../model/page/scripts/network.js";

const [, , input, output] = process.argv;
const { network: described, pictures, off, layers } = JSON.parse(readFileSync(input, "utf8"));
const network = readNetwork(described);
const levels = bytesOf(pictures);
const file = openSync(output, "w");
for (let first = 0; first < levels.length; first += 784) {
  const values = runNetwork(network, levels.subarray(first, first + 784), off);
  network.layers.forEach((layer, place) => {
    if (layers.includes(layer.name)) writeSync(file, new Uint8Array(values[place].after.buffer));
  });
}
closeSync(file);
