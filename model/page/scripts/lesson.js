// Convolution and pooling by hand, on pictures as lists of rows: the lesson's numbers. No drawing.

export const PATCH = [
  [0, 64, 128, 128],
  [48, 192, 144, 144],
  [142, 226, 168, 0],
  [255, 0, 0, 64],
];
export const WORKED = [
  [-1, 0, -2],
  [0.5, 4.5, -1.5],
  [1.5, 2, -3],
];
export const VERTICAL = [
  [-1, 0, 1],
  [-2, 0, 2],
  [-1, 0, 1],
];
export const HORIZONTAL = [
  [-1, -2, -1],
  [0, 0, 0],
  [1, 2, 1],
];
const LINES = [4, 5, 12, 13, 20, 21]; // two pixels wide, of 28

// The products of a window, cell by cell, and their sum.
export function productsOf(window, kernel) {
  const products = kernel.map((weights, row) => weights.map((weight, column) => weight * window[row][column] + 0));
  return { products, sum: products.flat().reduce((sum, product) => sum + product, 0) };
}

// The part of a picture that a kernel of `size` lies on.
export function windowOf(picture, row, column, size) {
  return picture.slice(row, row + size).map((levels) => levels.slice(column, column + size));
}

// Put the kernel on every place where it fits, multiply cell by cell, and add the products.
export function correlate(picture, kernel) {
  const places = (side) => Array.from({ length: side - kernel.length + 1 }, (_, place) => place);
  return places(picture.length).map((row) =>
    places(picture[0].length).map((column) => {
      return productsOf(windowOf(picture, row, column, kernel.length), kernel).sum;
    }),
  );
}

// What is negative becomes 0.
export function cutOff(rows) {
  return rows.map((row) => row.map((value) => Math.max(value, 0)));
}

// Of each block of 2 x 2 what pooling leaves: rows of `{values, winner, largest, mean}`.
//
// `values` row by row; `winner` is the place of the largest among them, of equal ones the first. A last row or
// column that fills no block is left out.
export function poolBlocks(rows, size = 2) {
  const blocks = (side) => Array.from({ length: Math.floor(side / size) }, (_, block) => block * size);
  return blocks(rows.length).map((top) =>
    blocks(rows[0].length).map((left) => {
      const values = windowOf(rows, top, left, size).flat();
      const largest = Math.max(...values);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return { values, winner: values.indexOf(largest), largest, mean };
    }),
  );
}

// A picture of white lines two pixels wide, "vertical" or "horizontal".
export function drawnLines(direction, side = 28) {
  const places = Array.from({ length: side }, (_, place) => place);
  return places.map((row) =>
    places.map((column) => (LINES.includes(direction === "vertical" ? column : row) ? 255 : 0)),
  );
}

// Mean |response|: the larger, the more it stands out.
export function meanResponse(rows) {
  const values = rows.flat();
  return values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
}

// A picture of 784 levels as 28 rows.
export function rowsOf(picture, side = 28) {
  return Array.from({ length: side }, (_, row) => Array.from(picture.slice(row * side, (row + 1) * side)));
}

// A number as somebody types it: "-1.5", "−1.5", "1,5"; null for anything else, and for what is too large.
export function typedNumber(text) {
  const plain = text.trim().replace("−", "-").replace(",", ".");
  if (!/^[-+]?(\d+\.?\d*|\.\d+)$/.test(plain)) return null;
  const number = Number(plain);
  return Math.abs(number) <= 1000 ? number : null;
}
