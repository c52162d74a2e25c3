// Without this, the visits stand beside each other only.
(() => {
  const flip = one(".flip");
  const shown = all(".visits img[data-aligned]");
  if (shown.length < 2) return;
  flip.hidden = false;
  const [picture, caption, slider] = [one("img", flip), one("figcaption", flip), one("input", flip)];
  slider.max = shown.length - 1;
  const show = () => {
    const visit = shown[Number(slider.value)];
    picture.src = visit.src;
    picture.alt = caption.textContent = visit.alt;
    slider.setAttribute("aria-valuetext", visit.alt);
  };
  slider.addEventListener("input", show);
  // A browser that goes back to the page puts the slider where it was last.
  window.addEventListener("pageshow", show);
  show();
})();
