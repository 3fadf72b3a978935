// What the page makes of pictures: node run_perturb.mjs IN.json > OUT.json
//
// IN.json: {pictures: base64 of n * 784 levels, changes: [{kind, strength, way}]}. OUT.json: for each change the
// pictures, in base64.

import { readFileSync } from "node:fs";

import { bytesOf } from "../../model/page/scripts/bytes.js";
import { perturb } from "../../model/page/scripts/perturb.js";

const { pictures, changes } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const levels = bytesOf(pictures);
const changed = changes.map(({ kind, strength, way }) => {
  const all = new Uint8Array(levels.length);
  for (let first = 0; first < levels.length; first += 784) {
    all.set(perturb(levels.subarray(first, first + 784), kind, strength, { way }), first);
  }
  return Buffer.from(all).toString("base64");
});
process.stdout.write(JSON.stringify(changed));
