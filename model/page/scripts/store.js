// What is looked at, in one place: who shows a part of it is told when that part changes. No drawing.

// A store of named values: `get` them all, `set` some, `watch` some by name, `follow` them: now, too, and not only
// when they change.
export function makeStore(values) {
  const watchers = [];
  return {
    get: () => values,
    set(changes) {
      const changed = Object.keys(changes).filter((name) => !Object.is(values[name], changes[name]));
      values = { ...values, ...changes };
      for (const { names, react } of watchers) {
        if (names.some((name) => changed.includes(name))) react(values);
      }
    },
    watch(names, react) {
      watchers.push({ names, react });
    },
    follow(names, react) {
      this.watch(names, react);
      react(values);
    },
  };
}

// The same work, of which only the newest call waits while one is going on: those between are left out.
export function newestOnly(work) {
  let [busy, next] = [false, null];
  return async (...given) => {
    next = given;
    if (busy) return;
    busy = true;
    try {
      while (next) {
        const now = next;
        next = null;
        await work(...now);
      }
    } finally {
      busy = false;
    }
  };
}
