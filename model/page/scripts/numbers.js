// How numbers are written on the page. No drawing.

// A number to so many decimals, minus being the real minus; what rounds to 0 has none.
export function written(value, digits = 2) {
  const text = value.toFixed(digits).replace("-", "−");
  return /[1-9]/.test(text) ? text : text.replace("−", "");
}

// A number in about three digits, as activations are told.
export function briefly(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  return written(value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

// A share as a percentage; what only rounds to 100 or to 0 is not written so.
export function inPercent(share) {
  const text = (100 * share).toFixed(1);
  if (share < 1 && text === "100.0") return "99.9 %";
  if (share > 0 && text === "0.0") return "under 0.1 %";
  return `${text} %`;
}

// The fewest decimals, three to six, with which numbers add up to their sum as they are written.
export function digitsThatAddUp(numbers, sum) {
  const inUnits = (value, digits) => Math.round(Number(value.toFixed(digits)) * 10 ** digits);
  const addUp = (digits) => {
    return numbers.reduce((total, value) => total + inUnits(value, digits), 0) === inUnits(sum, digits);
  };
  return [3, 4, 5, 6].find(addUp) ?? 3;
}

// A whole number, thousands apart; any other to one decimal.
export function counted(number) {
  return number.toLocaleString("en", { maximumFractionDigits: 1 }).replace("-", "−");
}

// A number with as few decimals as it needs, at most three: "577", "882.5", "−0.333".
export function plainly(value) {
  return written(value, 3).replace(/\.?0+$/, "");
}
