// Sorts a table by the column whose head is clicked. The page can be read without it.
const numberIn = (cell) => {
  const text = cell.textContent.replaceAll(",", "").replace("−", "-").trim();
  return text === "" || Number.isNaN(parseFloat(text)) ? null : parseFloat(text);
};
for (const table of document.querySelectorAll("table.sortable")) {
  table.classList.add("sorts");
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    head.tabIndex = 0;
    const sort = () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = table.tBodies[0];
      const rows = [...body.rows].sort((one, other) => {
        const [a, b] = [one.cells[column], other.cells[column]];
        const [x, y] = [numberIn(a), numberIn(b)];
        const order = x !== null && y !== null ? x - y : a.textContent.localeCompare(b.textContent);
        return down ? -order : order;
      });
      body.append(...rows);
    };
    head.addEventListener("click", sort);
    head.addEventListener("keydown", (event) => { if (event.key === "Enter") sort(); });
  });
}
