// The table of a batch: 600 pairs of which the names, qualities and changes are known.
function test() {
  const $ = (selector) => document.querySelector(selector);
  const $$ = (selector) => [...document.querySelectorAll(selector)];
  const shown = () => $$("#pairs tbody tr").filter((row) => !row.hidden);
  const set = (control, value) => { $(control).value = value; $(control).dispatchEvent(new Event("input")); };
  const heads = $$("#pairs thead th");
  same(shown().length, 600, "all are shown");
  check(shown()[0].dataset.q === "refused", "the worst first");
  // Every column sorts both ways, and says so.
  heads.forEach((head, column) => {
    const button = head.querySelector("button");
    const began = head.getAttribute("aria-sort");
    const expected = began === "ascending" ? ["descending", "ascending"] : ["ascending", "descending"];
    for (const direction of expected) {
      button.focus();
      check(document.activeElement === button, "a head takes the focus");
      button.click();
      same(head.getAttribute("aria-sort"), direction, `sorted by ${head.textContent}`);
      same(heads.filter((one) => one.hasAttribute("aria-sort")).length, 1, "by one column alone");
      const cells = $$("#pairs tbody tr").map((row) => row.cells[column]);
      const sign = direction === "ascending" ? 1 : -1;
      if (head.dataset.by === "name") {
        const names = cells.map((cell) => cell.textContent);
        const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" }).compare;
        check(names.every((name, k) => k === 0 || sign * order(names[k - 1], name) <= 0), `names in order: ${head.textContent}`);
      } else {
        const known = cells.map((cell) => cell.dataset.s).filter(Boolean).map(Number);
        check(known.every((value, k) => k === 0 || sign * (known[k - 1] - value) <= 0), `numbers in order: ${head.textContent}`);
        const firstMissing = cells.findIndex((cell) => !cell.dataset.s);
        check(firstMissing < 0 || cells.slice(firstMissing).every((cell) => !cell.dataset.s), "what is missing is last");
      }
    }
  });
  same($$("#pairs tbody tr").length, 600, "none is lost");
  // Search
  set("#search", "pair-0007");
  same(shown().map((row) => row.cells[0].textContent.trim()), ["pair-0007"], "found by name");
  check($("#shown").textContent.includes("1") && $("#shown").textContent.includes("600"), $("#shown").textContent);
  check($("#shown").getAttribute("role") === "status", "the count is told");
  set("#search", "no such pair");
  same(shown().length, 0, "nothing is found");
  $("#reset").click();
  same(shown().length, 600, "all again");
  check(document.activeElement === $("#search"), "back at the search");
  // Filters
  set("#quality", "refused");
  same(shown().length, 300, "refused ones");
  $("#reset").click();
  $('.tile[data-q="refused"]').click();
  same([shown().length, $("#quality").value, $('.tile[data-q="refused"]').getAttribute("aria-pressed")], [300, "refused", "true"], "by the count");
  $('.tile[data-q="refused"]').click();
  same(shown().length, 600, "and back");
  set("#measure", "0");
  same(shown().length, 300, "those that were measured");
  $("#reset").click();
  const verdicts = [...$("#verdict").options].map((option) => option.value).filter((value) => value && !value.includes(" "));
  for (const verdict of verdicts) {
    set("#verdict", verdict);
    const expected = $$("#pairs tbody tr").filter((row) => row.querySelector(`td.v.${verdict}`)).length;
    same(shown().length, expected, `verdict ${verdict}`);
  }
  $("#reset").click();
  // Where rows are cards, numbers have names.
  if (innerWidth < 900) {
    const cell = $("#pairs tbody td.v");
    check(getComputedStyle($("#pairs tbody tr")).display === "grid", "rows are cards");
    check(cell.dataset.l.length > 2, "a number has a name");
  }
}
