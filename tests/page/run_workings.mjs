// The arithmetic that the page shows of some numbers: node run_workings.mjs IN.json > OUT.json
//
// IN.json: {network (as in the page), pictures: base64 of n * 784 levels, places: [{picture, layer, filter, row, column}]},
// the layers by name. OUT.json: [{linear, value, result}], the result being what pooling makes of its block, or null.

import { readFileSync } from "node:fs";

import { bytesOf } from "../../model/page/scripts/bytes.js";
import { layerNamed, readNetwork, runNetwork } from "../../model/page/scripts/network.js";
import { workings } from "../../model/page/scripts/workings.js";

const { network: described, pictures, places } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const network = readNetwork(described);
const levels = bytesOf(pictures);
const found = places.map((place) => {
  const picture = levels.subarray(784 * place.picture, 784 * (place.picture + 1));
  const values = runNetwork(network, picture);
  const { linear, value, block } = workings(network, picture, values, { ...place, layer: layerNamed(network, place.layer) });
  return { linear, value, result: block && block.result };
});
process.stdout.write(JSON.stringify(found));
