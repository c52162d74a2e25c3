"use strict";
// What every page does. A page works without it. It fetches nothing and keeps nothing.
const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
const one = (selector, within = document) => within.querySelector(selector);
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  // Light or dark
  const theme = one("#theme");
  const setDark = (dark) => {
    root.dataset.theme = dark ? "dark" : "light";
    theme.setAttribute("aria-pressed", String(dark));
  };
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  theme.setAttribute("aria-pressed", String(prefersDark.matches));
  theme.addEventListener("click", () => setDark(theme.getAttribute("aria-pressed") !== "true"));
  one("#print").addEventListener("click", () => window.print());
})();
