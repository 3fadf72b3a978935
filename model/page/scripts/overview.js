// What every page does.

import { followContents } from "./contents.js";
import { enlargePictures } from "./pictures.js";
import { sortTables } from "./tables.js";

export function overview(document) {
  sortTables(document);
  enlargePictures(document);
  followContents(document);
}
