// The page of a run; in a worker, what the networks there compute.

import { start, work } from "./main.js";
import { overview } from "./overview.js";

if (typeof document !== "undefined") {
  overview(document);
  start(document);
} else if (typeof self !== "undefined") {
  work(self);
}
