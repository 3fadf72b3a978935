// The page of runs side by side.

import { overview } from "./overview.js";

if (typeof document !== "undefined") overview(document);
