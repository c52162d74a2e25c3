// Runs within a page, before its own script: keeps what goes wrong, and tells the page around it.
const wrong = [];
const check = (holds, what) => { if (!holds) wrong.push(what); };
const same = (found, expected, what) => check(JSON.stringify(found) === JSON.stringify(expected), `${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
addEventListener("error", (event) => wrong.push(`error: ${event.message}`));
addEventListener("unhandledrejection", (event) => wrong.push(`rejected: ${event.reason}`));
addEventListener("securitypolicyviolation", (event) => wrong.push(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));

// Contrast of letters against what lies behind them (WCAG 2, 1.4.3)
const color = (text) => { const n = (text.match(/[\d.]+/g) || []).map(Number); return { rgb: n.slice(0, 3), alpha: n.length > 3 ? n[3] : 1 }; };
const luminance = (rgb) => rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, k) => sum + [0.2126, 0.7152, 0.0722][k] * v, 0);
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const back = color(getComputedStyle(at).backgroundColor);
    if (back.alpha === 1) return back.rgb;
  }
  return [255, 255, 255];
};
function legible(theme) {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || seen.has(element) || !element.checkVisibility() || element.closest("script, style, .stage, svg, option")) continue;
    seen.add(element);
    const style = getComputedStyle(element);
    const [front, back] = [luminance(color(style.color).rgb), luminance(behind(element))];
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) check(false, `${theme}: contrast ${ratio.toFixed(2)} of ${element.tagName}.${element.className} "${walker.currentNode.data.trim().slice(0, 30)}"`);
    if (seen.size > 400) break;
  }
}

// What holds of every page
function sound() {
  const out = document.documentElement.scrollWidth - innerWidth;
  check(out <= 0, `${out} px stick out at the right`);
  const fetched = performance.getEntriesByType("resource").map((entry) => entry.name).filter((name) => !name.startsWith("data:"));
  same(fetched, [], "requests");
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  check(new Set(ids).size === ids.length, "an id is there twice");
  for (const image of document.images) check(image.hasAttribute("alt") && image.naturalWidth > 0, "a picture has no words, or is none");
  for (const control of document.querySelectorAll("button, input, select, a[href], [role=img], [role=button], [role=region]")) {
    const words = control.getAttribute("aria-label") || control.textContent || (control.labels && control.labels.length && control.labels[0].textContent) || (control.querySelector("img") || {}).alt;
    check(words && words.trim(), `without a name: ${control.outerHTML.slice(0, 120)}`);
  }
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map((head) => Number(head.tagName[1]));
  check(levels[0] === 1 && levels.every((level, k) => k === 0 || level <= levels[k - 1] + 1), `headings jump: ${levels}`);
  legible("as it opens");
  const theme = document.querySelector("#theme");
  theme.click();
  legible(theme.getAttribute("aria-pressed") === "true" ? "dark" : "light");
  theme.click();
}

addEventListener("load", () => {
  try {
    test();
    sound();
  } catch (error) {
    wrong.push(`stopped: ${error.stack}`);
  }
  parent.postMessage({ width: innerWidth, wrong }, "*");
});
