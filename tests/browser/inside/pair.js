// A pair, or one photograph: what the page is worked with.
function test() {
  const $ = (selector) => document.querySelector(selector);
  const $$ = (selector) => [...document.querySelectorAll(selector)];
  if (!$("#stage")) return check($(".refusal") || $(".as-they-are"), "a refused pair says why");
  const isPair = !$("#stage").classList.contains("single");
  const panes = () => $$(".pane > svg").map((svg) => svg.getAttribute("viewBox"));
  if (isPair) {
    const clip = () => $('.pane[data-side="after"]').style.clipPath;
    const before = clip();
    $("#slider").value = 20;
    $("#slider").dispatchEvent(new Event("input"));
    check(clip() !== before && clip().includes("20%"), "the slider moves the border");
  }
  const whole = panes();
  $('[data-zoom="in"]').click();
  const near = panes();
  check(near[0] !== whole[0] && new Set(near).size === 1, "both are nearer");
  $('[data-zoom="reset"]').click();
  same(panes()[0].split(" ").map(Number), whole[0].split(" ").map(Number), "all of it again");
  $(".layers").open = true;
  const visible = (selector) => $$(selector).filter((one) => getComputedStyle(one).visibility === "visible").length;
  for (const map of $$('input[name="map"]').filter((one) => one.value)) {
    map.click();
    same(visible(`image[data-map="${map.value}"]`), isPair ? 2 : 1, `${map.value} is laid over`);
    same($$(".legend").filter((one) => !one.hidden).length, 1, "with its legend");
  }
  $('input[name="map"][value=""]').click();
  same(visible("image.map"), 0, "no map");
  const button = $(".lesions button");
  if (button) {
    button.click();
    same($(".card.open").id, `card-${button.dataset.key}`, "a card opens");
    $(".card.open .close").click();
    check(!$(".card.open") && document.activeElement === button, "and closes, with the focus back");
  }
}
