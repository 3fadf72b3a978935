// Networks that run beside the page, in a worker of the same text: what takes longer than a frame. No drawing.
//
// Where no worker can be had, the same is done here.

import { runNetwork } from "./network.js";
import { answerTo, causeOf, inOrder, switchedOff } from "./switches.js";

const AT_ONCE = 5; // passes between two looks at whether something newer has been asked for

// What can be asked, by name: each takes the networks and what was sent, and tells how far it is.
const TASKS = {
  run({ networks }, { model, picture, off = [] }) {
    return runNetwork(networks[model], picture, switchedOff(networks[model], off));
  },
  answer({ networks }, { model, picture, off }) {
    return answerTo(networks[model], picture, switchedOff(networks[model], off));
  },
  async causes({ networks }, { model, picture, layer, filters, label }, tell, isOld) {
    const cause = (index) => causeOf(networks[model], picture, layer, index, label);
    const found = await each(filters, cause, tell, isOld);
    return found && inOrder(found);
  },
  answers({ networks }, { model, pictures, off }, tell, isOld) {
    const replaced = switchedOff(networks[model], off);
    return each(pictures, (picture) => answerTo(networks[model], picture, replaced).answer, tell, isOld);
  },
};

// What some work gives for each of many, a few at a time, so that others are heard; null once it is old.
async function each(many, work, tell, isOld) {
  const found = [];
  for (const one of many) {
    found.push(work(one));
    if (found.length % AT_ONCE) continue;
    tell(found.length);
    await pause();
    if (isOld()) return null;
  }
  return found;
}

function pause() {
  return new Promise((go) => setTimeout(go, 0));
}

// Do what is asked of a worker: `{id, task, given}` is answered with `{id, done}` and, last, `{id, result}`.
export function answerRequests(scope) {
  let [room, newest] = [null, {}];
  scope.onmessage = async ({ data: { id, task, given } }) => {
    if (task === "load") {
      room = { networks: given };
      return;
    }
    newest = { ...newest, [task]: id };
    const tell = (done) => scope.postMessage({ id, done });
    try {
      const result = await TASKS[task](room, given, tell, () => newest[task] !== id);
      scope.postMessage({ id, result });
    } catch (error) {
      scope.postMessage({ id, fault: String(error) });
    }
  };
}

// Something to ask: `ask(task, given, tell)` promises what a task gives, `tell` hears how far it is.
//
// `networks` are those that can be run, by name; `text` is the script that a worker runs.
export function makeEngine(networks, text) {
  const worker = workerOf(text);
  if (!worker) return engineHere(networks);
  const waiting = new Map();
  let [last, here] = [0, null];
  worker.onmessage = ({ data: { id, done, result, fault } }) => {
    const { resolve, reject, tell } = waiting.get(id);
    if (done !== undefined) return tell?.(done);
    waiting.delete(id);
    return fault === undefined ? resolve(result) : reject(new Error(fault));
  };
  worker.onerror = () => {
    here = engineHere(networks); // a browser that starts no worker says so only now
    for (const { resolve, request, tell } of waiting.values()) {
      resolve(here.ask(request.task, request.given, tell));
    }
    waiting.clear();
  };
  worker.postMessage({ task: "load", given: networks });
  return {
    ask(task, given, tell) {
      if (here) return here.ask(task, given, tell);
      return new Promise((resolve, reject) => {
        const request = { id: ++last, task, given };
        waiting.set(last, { resolve, reject, tell, request });
        worker.postMessage(request);
      });
    },
  };
}

function workerOf(text) {
  try {
    return new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
  } catch {
    return null;
  }
}

function engineHere(networks) {
  const [room, newest] = [{ networks }, {}];
  return {
    async ask(task, given, tell = () => {}) {
      const mine = (newest[task] = {});
      await pause();
      return TASKS[task](room, given, tell, () => newest[task] !== mine);
    },
  };
}
