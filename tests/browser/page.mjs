// Opens pages in a real browser: they work, ask the network for nothing, say nothing on the console, and are
// usable by everybody. See README.md.
import assert from "node:assert/strict";
import { readFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const pages = process.argv.slice(2);
assert.ok(pages.length > 0, "expected pages: node page.mjs PAGE.html…");
const shots = process.env.SHOTS;
if (shots) mkdirSync(shots, { recursive: true });
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";
const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
const browser = await chromium.launch({ executablePath, args });

/** A page of its own, whose every request and complaint is kept. */
async function open(file, options) {
  const context = await browser.newContext({ offline: true, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => wrong.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (request.url() !== pathToFileURL(file).href && !request.url().startsWith("data:")) wrong.push(`request: ${request.url()}`);
  });
  await page.goto(pathToFileURL(file).href);
  return { context, page, wrong };
}

const shoot = (page, name, fullPage = false) => shots && page.screenshot({ path: resolve(shots, `${name}.png`), fullPage });

/** The table of a batch, by keyboard. */
async function batchWorks(page, name) {
  const rows = () => page.$$eval("#pairs tbody tr", (all) => all.filter((row) => !row.hidden).map((row) => row.cells[0].textContent));
  const all = await rows();
  for (const head of await page.locator("#pairs thead th").all()) {
    await head.locator("button").focus();
    const began = await head.getAttribute("aria-sort");
    await page.keyboard.press("Enter");
    assert.equal(await head.getAttribute("aria-sort"), began === "ascending" ? "descending" : "ascending");
    const first = await rows();
    await page.keyboard.press("Space");
    assert.notEqual(await head.getAttribute("aria-sort"), began === "ascending" ? "descending" : "ascending");
    assert.deepEqual([...first].sort(), [...all].sort(), "no pair is lost");
  }
  await page.locator("#search").fill(all[0]);
  assert.ok((await rows()).includes(all[0]), "a pair is found by its name");
  await shoot(page, `${name}-found`);
  await page.keyboard.press("Tab");
  await page.locator("#reset").click();
  assert.equal((await rows()).length, all.length, "all are shown again");
  await page.locator("#quality").selectOption("refused");
  assert.equal(await page.locator('#pairs tbody tr:visible:not([data-q="refused"])').count(), 0, "refused ones alone");
  await page.locator("#reset").click();
  const verdict = page.locator("#verdict");
  if (await verdict.count()) {
    await verdict.selectOption("n");
    assert.ok((await rows()).length <= all.length);
    await page.locator("#reset").click();
  }
}

/** The visits of a series, by keyboard. */
async function seriesWorks(page) {
  const slider = page.locator(".flip input");
  if (!(await slider.isVisible())) return;
  await slider.focus();
  const picture = () => page.locator(".flip img").getAttribute("src");
  const first = await picture();
  await page.keyboard.press("ArrowRight");
  assert.notEqual(await picture(), first, "the next visit");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await picture(), first, "and back");
}

async function works(page, name, width) {
  const isPair = (await page.locator('.pane[data-side="after"]').count()) > 0;
  if (!isPair) return;
  const clip = () => page.$eval('.pane[data-side="after"]', (pane) => pane.style.clipPath);
  const viewBoxes = () => page.$$eval(".pane > svg", (all) => all.map((svg) => svg.getAttribute("viewBox")));
  // The slider, by keyboard and by pointer.
  const before = await clip();
  await page.focus("#slider");
  await page.keyboard.press("ArrowLeft");
  assert.notEqual(await clip(), before, "the slider moves the border");
  await page.locator("#stage").scrollIntoViewIfNeeded();
  const area = await page.locator("#stage").boundingBox();
  await page.mouse.move(area.x + area.width / 2, area.y + area.height / 2);
  await page.mouse.down();
  await page.mouse.move(area.x + area.width / 4, area.y + area.height / 2);
  await page.mouse.up();
  assert.match(await clip(), /2[4-6](\.\d+)?%/, "the border follows the pointer");
  // Zoom and pan, on both alike.
  const whole = await viewBoxes();
  await page.focus("#stage");
  await page.mouse.wheel(0, -400);
  await page.keyboard.press("+");
  await page.keyboard.press("ArrowDown");
  const near = await viewBoxes();
  assert.equal(new Set(near).size, 1, "both photographs show the same skin");
  assert.notEqual(near[0], whole[0], "the picture is nearer");
  await page.keyboard.press("0");
  assert.deepEqual((await viewBoxes()).map((box) => box.split(" ").map(Number)), whole.map((box) => box.split(" ").map(Number)));
  // Blink and side by side.
  await page.keyboard.press("b");
  await page.waitForSelector('.pane[data-side="after"].away', { state: "attached", timeout: 3000 });
  await page.getByText("Side by side").click();
  assert.equal(await clip(), "", "side by side nothing is cut");
  if (width > 700) await shoot(page, `${name}-side`);
  await page.getByText("Slider", { exact: true }).click();
  // Layers.
  await page.locator(".layers > summary").click();
  const shown = (selector) => page.$$eval(selector, (all) => all.filter((one) => getComputedStyle(one).visibility === "visible").length);
  for (const map of await page.$$eval('input[name="map"]', (all) => all.map((one) => one.value).filter(Boolean))) {
    await page.locator(`input[name="map"][value="${map}"] + span`).click();
    assert.equal(await shown(`image[data-map="${map}"]`), 2, `${map} lies on both`);
    assert.equal(await page.locator(".legend:visible").count(), 1, `${map} has a legend`);
    if (map === "melanin") await shoot(page, `${name}-map`, width < 700);
  }
  await page.locator("#as-change").check();
  assert.equal(await shown('image[data-of="change"]'), 2, "the change lies on both");
  await shoot(page, `${name}-change`);
  await page.locator("#as-change").uncheck();
  await page.locator('input[name="map"][value=""] + span').click();
  assert.equal(await shown("image.map"), 0, "no map");
  for (const rims of await page.locator('input[name="rims"]').all()) await rims.check();
  assert.ok((await shown("image.rims")) > 1, "outlines");
  for (const rims of await page.locator('input[name="rims"]').all()) await rims.uncheck();
  assert.equal(await shown("image.rims"), 0, "no outlines");
  // A lesion's card: from the list by keyboard, from the picture by pointer, closed again.
  const button = page.locator(".lesions button").first();
  if (await button.count()) {
    await button.focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector(".card.open canvas");
    const key = await button.getAttribute("data-key");
    assert.equal(await page.locator(".card.open").getAttribute("id"), `card-${key}`);
    await page.locator(".card.open").scrollIntoViewIfNeeded();
    await shoot(page, `${name}-card`);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".card.open").count(), 0, "the card is closed");
    assert.equal(await page.evaluate(() => document.activeElement.dataset.key), key, "the focus is back");
    await page.locator("#stage").scrollIntoViewIfNeeded();
    const mark = page.locator(`.pane[data-side="before"] .mark[data-key="${key}"] circle`);
    const at = await mark.boundingBox();
    await page.mouse.click(at.x + at.width / 2, at.y + at.height / 2);
    await page.waitForSelector(".card.open");
    await page.keyboard.press("Escape");
  }
}

async function accessible(page, what) {
  // The content policy lets nothing in; a test may pass it by.
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run());
  const serious = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
  assert.deepEqual(serious.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`), [], what);
}

for (const file of pages.map((page) => resolve(page))) {
  const label = `${basename(dirname(file))}-${basename(file, ".html")}`;
  for (const width of [1440, 768, 390]) {
    const name = `${label}-${width}`;
    const { context, page, wrong } = await open(file, { viewport: { width, height: width > 700 ? 900 : 844 } });
    await shoot(page, name);
    await shoot(page, `${name}-whole`, true);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${name}: nothing sticks out, found ${wide} px`);
    const refused = (await page.locator(".refusal").count()) > 0;
    if (await page.locator("#pairs").count()) await batchWorks(page, name);
    else if (await page.locator(".visits").count()) await seriesWorks(page);
    else if (!refused) await works(page, name, width);
    await accessible(page, name);
    await page.locator("#theme").click();
    await accessible(page, `${name} dark`);
    if (width === 1440) await shoot(page, `${name}-dark`);
    assert.deepEqual(wrong, [], name);
    await context.close();
  }
  const { context, page } = await open(file, { viewport: { width: 1440, height: 900 } });
  const pdf = await page.pdf({ preferCSSPageSize: true, ...(shots ? { path: resolve(shots, `${label}.pdf`) } : {}) });
  const sheets = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length;
  if (!(await page.locator("#pairs, .visits").count())) assert.equal(sheets, 1, `${label} prints on one page`);
  await context.close();
  const plain = await open(file, { viewport: { width: 1440, height: 900 }, javaScriptEnabled: false });
  await shoot(plain.page, `${label}-no-script`);
  await plain.context.close();
  console.log(`${label}: good`);
}
await browser.close();
