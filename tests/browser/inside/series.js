// A series: its pictures, its curves.
function test() {
  const $ = (selector) => document.querySelector(selector);
  const $$ = (selector) => [...document.querySelectorAll(selector)];
  const pictures = $$(".visits img[data-aligned]");
  check(pictures.length >= 3, `pictures of visits: ${pictures.length}`);
  const slider = $(".flip input");
  check(!$(".flip").hidden && Number(slider.max) === pictures.length - 1, "the visits can be gone through");
  for (const [k, picture] of pictures.entries()) {
    slider.value = k;
    slider.dispatchEvent(new Event("input"));
    check($(".flip img").src === picture.src && slider.getAttribute("aria-valuetext") === picture.alt, `visit ${k}`);
  }
  check($$(".visits a[href]").every((link) => !link.getAttribute("href").includes(":")), "links stay in the folder");
  same($$(".panels li").length, 6, "every main measure");
  check($$(".panels li:not(.unmeasured)").every((panel) => panel.querySelector(".curve")), "a curve for each that was measured");
  for (const curve of $$(".curve")) {
    check(curve.getAttribute("aria-label").includes("day"), "a curve has words");
    const size = parseFloat(getComputedStyle(curve.querySelector("text")).fontSize) * (curve.getBoundingClientRect().width / 440);
    check(size >= 9, `letters of ${size.toFixed(1)} px`);
  }
  check($(".downtime p").textContent.length > 20, "the way back is told");
  $$(".details details").forEach((one) => { one.open = true; });
  check($$(".details tbody tr").length > 20, "every number");
}
