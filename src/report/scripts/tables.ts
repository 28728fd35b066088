/**
 * Part of the page's script: sorts tables by a clicked column, saves them as CSV or JSON, and
 * searches long ones.
 */

export const tables = String.raw`
const shownText = (cell) => cell.textContent.replace(/\s+/g, " ").trim();
/** The first number of a cell, for sorting. */
const numberOf = (text) => {
  const found = text.replace(/−/g, "-").replace(/,(?=\d{3})/g, "").match(/-?\d+(\.\d+)?(e[-+]?\d+)?/i);
  return found ? Number(found[0]) : null;
};
const LONG = 8;
for (const table of document.querySelectorAll(".table table")) {
  const heads = [...table.querySelectorAll("thead th")];
  const body = table.querySelector("tbody");
  const listed = [...body.rows];
  for (const [column, head] of heads.entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const next = { none: "descending", descending: "ascending", ascending: "none" }[head.ariaSort ?? "none"];
      for (const other of heads) other.ariaSort = null;
      if (next !== "none") head.ariaSort = next;
      const sign = next === "ascending" ? 1 : -1;
      const key = (row) => shownText(row.cells[column]);
      const compare = head.classList.contains("number")
        ? (a, b) => {
            const [x, y] = [numberOf(key(a)), numberOf(key(b))];
            return x === null || y === null ? (x === null) - (y === null) : sign * (x - y);
          }
        : (a, b) => sign * key(a).localeCompare(key(b));
      body.append(...(next === "none" ? listed : listed.toSorted(compare)));
    });
  }
  const rows = () => [...body.rows].filter((row) => !row.hidden).map((row) => [...row.cells].map(shownText));
  const columns = heads.map(shownText);
  const quoted = (text) => (/[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text);
  const csv = () => [columns, ...rows()].map((row) => row.map(quoted).join(",")).join("\n") + "\n";
  const json = () =>
    JSON.stringify(rows().map((row) => Object.fromEntries(row.map((text, i) => [columns[i], text]))), null, 2) + "\n";
  if (listed.length >= LONG) {
    const box = document.createElement("input");
    Object.assign(box, { type: "search", className: "rows", placeholder: "rows with ...", ariaLabel: "Rows of the table with these words" });
    box.addEventListener("input", () => {
      const words = box.value.toLowerCase().split(/\s+/);
      for (const row of listed) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
    });
    table.closest(".scroll").before(box);
  }
  const title = shownText(table.caption.querySelector("span").firstChild);
  table.closest(".table").append(
    downloads([
      ["CSV", title + ".csv", "text/csv", csv],
      ["JSON", title + ".json", "application/json", json],
    ], title),
  );
}
`;
