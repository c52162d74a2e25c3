// Without this, the table stands as it is, the worst first.
(() => {
  const table = one("#pairs table");
  const body = table.tBodies[0];
  const heads = all("thead th", table);
  const titles = heads.map((head) => head.textContent);
  const metrics = heads.filter((head) => head.classList.contains("n")).length;
  const rows = Array.from(body.rows, (row) => {
    const cells = Array.from(row.cells);
    // On a narrow screen a row is a card, and each of its numbers needs a name.
    cells.slice(1).forEach((cell, k) => { cell.dataset.l = titles[k + 1]; });
    return { row, cells, quality: row.dataset.q, text: row.textContent.toLowerCase(), measured: metrics ? cells.slice(-metrics) : [] };
  });

  // Sort: by a button in the head of each column
  const names = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });
  const sort = (column, down) => {
    const sign = down ? -1 : 1;
    const byName = heads[column].dataset.by === "name";
    const key = ({ cells }) => {
      if (byName) return cells[column].textContent;
      const value = cells[column].dataset.s;
      return value ? Number(value) : NaN;
    };
    const keyed = rows.map((one) => [key(one), one]);
    // What is missing is last, whichever way it is sorted.
    keyed.sort(byName ? ([a], [b]) => sign * names.compare(a, b) : ([a], [b]) => Number.isNaN(a) - Number.isNaN(b) || sign * (a - b) || 0);
    body.append(...keyed.map(([, one]) => one.row));
    heads.forEach((head, k) => {
      if (k === column) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
  };
  heads.forEach((head, column) => {
    one("button", head).addEventListener("click", () => sort(column, head.getAttribute("aria-sort") === "ascending"));
  });

  // Search and filters: what fits all of them is shown
  const search = one("#search");
  const [quality, measure, verdict] = ["#quality", "#measure", "#verdict"].map((name) => one(name));
  const shown = one("#shown");
  const tiles = all(".tile");
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = verdict && verdict.value ? verdict.value.split(" ") : [];
    const column = measure && measure.value ? [Number(measure.value)] : null;
    const fits = (one) => {
      if (quality.value && one.quality !== quality.value) return false;
      if (!words.every((word) => one.text.includes(word))) return false;
      const cells = column ? column.map((k) => one.measured[k]) : one.measured;
      if (wanted.length) return cells.some((cell) => wanted.some((name) => cell.classList.contains(name)));
      // Of one measure alone, those that it was measured on.
      return !column || cells.some((cell) => cell.dataset.s);
    };
    let count = 0;
    for (const one of rows) {
      one.row.hidden = !fits(one);
      count += one.row.hidden ? 0 : 1;
    }
    const told = shown.dataset.told.split("{}");
    shown.textContent = `${told[0]}${count}${told[1]}${rows.length}${told[2]}`;
    for (const tile of tiles) tile.setAttribute("aria-pressed", String(tile.dataset.q === quality.value));
  };
  for (const control of [search, quality, measure, verdict]) if (control) control.addEventListener("input", filter);
  one("#reset").addEventListener("click", () => {
    for (const control of [search, quality, measure, verdict]) if (control) control.value = "";
    filter();
    search.focus();
  });
  for (const tile of tiles) {
    tile.addEventListener("click", () => {
      quality.value = quality.value === tile.dataset.q ? "" : tile.dataset.q;
      filter();
    });
  }
  // A browser that goes back to the page fills in what was asked for last.
  window.addEventListener("pageshow", filter);
  filter();
})();
