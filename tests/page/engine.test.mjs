import assert from "node:assert/strict";
import test from "node:test";

import { answerRequests, makeEngine } from "../../model/page/scripts/engine.js";
import { readNetwork, runNetwork } from "../../model/page/scripts/network.js";
import { answerTo, switchedOff } from "../../model/page/scripts/switches.js";
import { PICTURE, SMALL } from "./networks.mjs";

const network = readNetwork(SMALL);
const OTHER = PICTURE.map((level) => 255 - level);

// A worker as browsers have them: what is posted arrives later, as a copy.
class FakeWorker {
  constructor() {
    const inside = { postMessage: (data) => setTimeout(() => this.onmessage?.({ data: structuredClone(data) })) };
    answerRequests(inside);
    this.postMessage = (data) => setTimeout(() => inside.onmessage({ data: structuredClone(data) }));
  }
}

const ENGINES = {
  "in a worker": () => {
    globalThis.Worker = FakeWorker;
    return makeEngine({ cnn: network }, "");
  },
  "without workers": () => {
    delete globalThis.Worker;
    return makeEngine({ cnn: network }, "");
  },
  "with a worker that does not start": () => {
    globalThis.Worker = class {
      postMessage() {
        setTimeout(() => this.onerror({}));
      }
    };
    return makeEngine({ cnn: network }, "");
  },
};

for (const [how, make] of Object.entries(ENGINES)) {
  test(`a picture is run ${how}, with all filters and without some`, async () => {
    const engine = make();
    const all = await engine.ask("run", { model: "cnn", picture: PICTURE });
    assert.deepEqual(all, runNetwork(network, PICTURE));
    const off = [{ layer: "conv1", index: 2 }];
    const some = await engine.ask("run", { model: "cnn", picture: PICTURE, off });
    assert.deepEqual(some, runNetwork(network, PICTURE, switchedOff(network, off)));
    const answer = await engine.ask("answer", { model: "cnn", picture: PICTURE, off });
    assert.deepEqual(answer, answerTo(network, PICTURE, switchedOff(network, off)));
  });

  test(`many pictures are asked about ${how}, and how far that is can be heard`, async () => {
    const [engine, heard] = [make(), []];
    const pictures = Array.from({ length: 12 }, (_, number) => (number % 2 ? PICTURE : OTHER));
    const given = { model: "cnn", pictures, off: [] };
    const answers = await engine.ask("answers", given, (done) => heard.push(done));
    assert.deepEqual(answers, pictures.map((picture) => answerTo(network, picture).answer));
    assert.deepEqual(heard, [5, 10]);
  });
}

test("asked again, the earlier question ends without an answer", async () => {
  for (const how of ["in a worker", "without workers"]) {
    const engine = ENGINES[how]();
    const given = { model: "cnn", pictures: Array(20).fill(PICTURE), off: [] };
    const [early, late] = [engine.ask("answers", given, () => {}), engine.ask("answers", given, () => {})];
    assert.equal(await early, null, how);
    assert.equal((await late).length, 20, how);
  }
});

test("the filters without which a class has least come first", async () => {
  const engine = ENGINES["without workers"]();
  const given = { model: "cnn", picture: PICTURE, layer: "conv1", filters: [0, 1, 2], label: 1 };
  const causes = await engine.ask("causes", given, () => {});
  const left = causes.map(({ without }) => without);
  assert.deepEqual(left, [...left].sort((one, other) => one - other));
});

test("what goes wrong in a worker is told, not kept", async () => {
  const engine = ENGINES["in a worker"]();
  await assert.rejects(engine.ask("run", { model: "nobody", picture: PICTURE }), /TypeError/);
});
