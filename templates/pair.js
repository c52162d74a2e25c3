// Without this, pictures stand side by side.
(() => {
  const stage = one("#stage");
  if (!stage) return;
  const panes = all(".pane", stage);
  const pictures = panes.map((pane) => one("svg", pane));
  const after = one('.pane[data-side="after"]', stage);
  const box = pictures[0].viewBox.baseVal;
  const whole = { width: box.width, height: box.height };
  const view = { x: 0, y: 0, width: whole.width };
  const aspect = whole.width / whole.height;
  const mmPerPx = Number(stage.dataset.mmPerPx);
  const MOST_ZOOM = 16;

  // What both photographs carry: differences, the measured skin, marks.
  if (after) {
    const svg = one("svg", after);
    const firstRims = one(".rims", svg);
    for (const map of all('.map[data-of="change"]', pictures[0])) svg.insertBefore(map.cloneNode(true), firstRims);
    svg.append(one('.rims[data-rims="region"]', pictures[0]).cloneNode(true));
    // The small lie on the large, so that each can be chosen.
    const group = one(".marks", pictures[0]);
    group.append(...all(".mark", group).sort((a, b) => Number(b.dataset.r) - Number(a.dataset.r)));
    const marks = group.cloneNode(true);
    marks.setAttribute("aria-hidden", "true");
    for (const mark of all(".mark", marks)) mark.removeAttribute("tabindex");
    svg.append(marks);
  }
  const marks = all(".mark", stage);

  // Pixels of the photograph per pixel of the screen.
  const photoPerScreen = () => view.width / (pictures[0].clientWidth || pictures[0].getBoundingClientRect().width || 1);

  const drawRuler = () => {
    const ruler = one(".ruler", stage);
    if (!(mmPerPx > 0)) return;
    const limit = 140 * photoPerScreen() * mmPerPx;
    const decade = 10 ** Math.floor(Math.log10(limit));
    const length = [5, 2, 1].map((k) => k * decade).find((mm) => mm <= limit) || decade;
    ruler.style.display = "block";
    ruler.style.width = `${length / mmPerPx / photoPerScreen()}px`;
    one("span", ruler).textContent = `${Number(length.toPrecision(1))} mm`;
  };

  const drawMarks = () => {
    const scale = photoPerScreen();
    for (const mark of marks) {
      const { x, y, r } = mark.dataset;
      const radius = Math.max(1.15 * Number(r), 9 * scale);
      one("circle", mark).setAttribute("r", radius);
      const text = one("text", mark);
      text.setAttribute("font-size", 12 * scale);
      text.setAttribute("stroke-width", 3 * scale);
      text.setAttribute("x", Number(x) + 0.72 * radius + scale);
      text.setAttribute("y", Number(y) - 0.72 * radius);
    }
  };

  const show = () => {
    view.width = Math.min(whole.width, Math.max(whole.width / MOST_ZOOM, view.width));
    const height = view.width / aspect;
    view.x = Math.min(whole.width - view.width, Math.max(0, view.x));
    view.y = Math.min(whole.height - height, Math.max(0, view.y));
    for (const svg of pictures) svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${height}`);
    stage.classList.toggle("zoomed", view.width < 0.999 * whole.width);
    drawMarks();
    drawRuler();
  };
  // Zooms by a factor; the place at shares u, v of the picture stays where it is.
  const zoom = (factor, u = 0.5, v = 0.5) => {
    const x = view.x + u * view.width;
    const y = (view.y + (v * view.width) / aspect);
    view.width = Math.min(whole.width, Math.max(whole.width / MOST_ZOOM, view.width / factor));
    view.x = x - u * view.width;
    view.y = y - (v * view.width) / aspect;
    show();
  };
  const reset = () => { view.width = whole.width; show(); };

  // Ways to compare
  const slider = one("#slider");
  const border = one(".border", stage);
  let mode = "slide";
  let blinking = 0;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const placeBorder = () => {
    border.style.left = `${slider.value}%`;
    if (after) after.style.clipPath = mode === "slide" ? `inset(0 0 0 ${slider.value}%)` : "";
  };
  const flip = () => after && after.classList.toggle("away");
  const setMode = (next) => {
    mode = next;
    for (const name of ["slide", "blink", "side"]) stage.classList.toggle(name, name === mode);
    slider.disabled = mode !== "slide";
    window.clearInterval(blinking);
    if (after) after.classList.remove("away");
    if (mode === "blink" && !calm) blinking = window.setInterval(flip, 800);
    const share = mode === "side" ? 2 : 1;
    stage.style.maxWidth = slider.style.maxWidth = `calc(${(share * aspect).toFixed(4)} * max(20rem, 68vh))`;
    placeBorder();
    show();
  };
  slider.addEventListener("input", placeBorder);
  for (const input of all('input[name="mode"]')) input.addEventListener("change", () => setMode(input.value));
  const choose = (value) => {
    one(`input[name="mode"][value="${value}"]`).checked = true;
    setMode(value);
  };
  const moveBorder = (to) => { slider.value = to; placeBorder(); };

  // Zoom and pan, on both at once
  for (const button of all("[data-zoom]")) {
    button.addEventListener("click", () => {
      if (button.dataset.zoom === "reset") reset();
      else zoom(button.dataset.zoom === "in" ? 1.6 : 1 / 1.6);
    });
  }
  const shares = (event) => {
    const pane = panes.find((p) => mode === "side" && p.contains(event.target)) || panes[0];
    const area = pane.getBoundingClientRect();
    return [(event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height];
  };
  stage.addEventListener("wheel", (event) => {
    // A page is scrolled by the wheel, until someone works with the picture.
    if (!event.ctrlKey && document.activeElement !== stage) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 300), ...shares(event));
  }, { passive: false });
  const fingers = new Map();
  let drags = "";
  let pressed = null;
  stage.addEventListener("pointerdown", (event) => {
    stage.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, event);
    pressed = event;
    const [u] = shares(event);
    const nearBorder = Math.abs(100 * u - Number(slider.value)) < 4;
    drags = mode === "slide" && (nearBorder || !stage.classList.contains("zoomed")) ? "border" : "picture";
  });
  const isClick = (event) => pressed && Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY) < 5;
  stage.addEventListener("pointermove", (event) => {
    const last = fingers.get(event.pointerId);
    if (!last || isClick(event)) return;
    pressed = null;
    const [u, v] = shares(event);
    const [lastU, lastV] = shares(last);
    if (fingers.size === 2) {
      const other = Array.from(fingers.values()).find((finger) => finger.pointerId !== event.pointerId);
      const far = (a, b) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) || 1;
      const [otherU, otherV] = shares(other);
      zoom(far(event, other) / far(last, other), (u + otherU) / 2, (v + otherV) / 2);
    } else if (drags === "border") {
      moveBorder(Math.min(100, Math.max(0, 100 * u)));
    } else {
      view.x -= (u - lastU) * view.width;
      view.y -= ((v - lastV) * view.width) / aspect;
      show();
    }
    fingers.set(event.pointerId, event);
  });
  stage.addEventListener("pointercancel", (event) => fingers.delete(event.pointerId));
  stage.addEventListener("pointerup", (event) => {
    fingers.delete(event.pointerId);
    if (!isClick(event)) return;
    const at = document.elementFromPoint(event.clientX, event.clientY);
    const mark = at && at.closest(".mark");
    if (mark) select(mark.dataset.key, marks.find((same) => same.dataset.key === mark.dataset.key));
    else if (drags === "border") moveBorder(100 * shares(event)[0]);
  });
  stage.addEventListener("keydown", (event) => {
    if (event.target.closest(".mark") || event.ctrlKey || event.metaKey || event.altKey) return;
    const zoomed = stage.classList.contains("zoomed");
    const pan = (dx, dy) => { view.x += 0.1 * dx * view.width; view.y += (0.1 * dy * view.width) / aspect; show(); };
    const sideways = (by) => (zoomed || mode !== "slide" ? pan(by, 0) : moveBorder(Number(slider.value) + 5 * by));
    const keys = {
      ArrowLeft: () => sideways(-1), ArrowRight: () => sideways(1), ArrowUp: () => pan(0, -1), ArrowDown: () => pan(0, 1),
      "+": () => zoom(1.6), "=": () => zoom(1.6), "-": () => zoom(1 / 1.6), 0: reset,
      b: () => (mode === "blink" && calm ? flip() : choose(mode === "blink" ? "slide" : "blink")),
    };
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  // Layers
  const asChange = one("#as-change");
  const layers = () => {
    const chosen = one('input[name="map"]:checked');
    const name = chosen ? chosen.value : "";
    const of = asChange.checked ? "change" : "visit";
    for (const map of all(".map", stage)) {
      map.classList.toggle("on", map.dataset.map === name && map.dataset.of === of);
    }
    for (const legend of all(".legend")) legend.hidden = !(legend.dataset.map === name && legend.dataset.of === of);
    const shown = new Set(all('input[name="rims"]:checked').map((input) => input.value));
    for (const rims of all(".rims", stage)) rims.classList.toggle("on", shown.has(rims.dataset.rims));
    const which = one('input[name="marks"]:checked').value;
    for (const mark of marks) {
      mark.classList.toggle("shown", which === "all" || (which === "changed" && !mark.classList.contains("none")));
    }
    rove();
  };
  const opacity = one("#opacity");
  opacity.addEventListener("input", () => {
    for (const map of all(".map", stage)) map.style.opacity = opacity.value / 100;
  });
  for (const input of all('input[name="map"], input[name="rims"], input[name="marks"], #as-change')) {
    input.addEventListener("change", layers);
  }

  // Lesions: one stop for the tab key, arrows go on from mark to mark.
  const stops = () => all(".mark.shown", pictures[0]);
  function rove(to) {
    const list = stops();
    const current = to || list[0];
    for (const mark of all(".mark", pictures[0])) mark.setAttribute("tabindex", mark === current ? "0" : "-1");
  }
  const sources = new Map(panes.map((pane) => {
    const image = new Image();
    image.src = one(".photo", pane).getAttribute("href");
    return [pane.dataset.side, image];
  }));
  const crops = async (card, mark) => {
    const place = one(".crops", card);
    if (place.childElementCount) return;
    const { x, y, r } = mark.dataset;
    const side = Math.max(5 * Number(r), whole.width / 40);
    for (const pane of panes) {
      const image = sources.get(pane.dataset.side);
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 352;
      const perPhoto = image.naturalWidth / whole.width;
      const context = canvas.getContext("2d");
      context.fillStyle = "#26282b";
      context.fillRect(0, 0, 352, 352);
      context.imageSmoothingQuality = "high";
      const left = (Number(x) - side / 2) * perPhoto;
      const top = (Number(y) - side / 2) * perPhoto;
      context.drawImage(image, left, top, side * perPhoto, side * perPhoto, 0, 0, 352, 352);
      const rims = one(`.rims[data-rims="${mark.dataset.rims}"]`, pane);
      if (rims) {
        const lines = new Image();
        lines.src = rims.getAttribute("href");
        await lines.decode();
        const perPhotoHere = lines.naturalWidth / Number(rims.getAttribute("width"));
        const [x0, y0, size] = [Number(x) - side / 2, Number(y) - side / 2, side].map((v) => v * perPhotoHere);
        context.drawImage(lines, x0, y0, size, size, 0, 0, 352, 352);
      }
      const figure = document.createElement("figure");
      const caption = document.createElement("figcaption");
      caption.textContent = one(".label", pane).textContent;
      figure.append(canvas, caption);
      place.append(figure);
    }
  };
  const buttons = all(".lesions button");
  let opener = null;
  const select = (key, from) => {
    for (const card of all(".card")) card.classList.toggle("open", card.id === `card-${key}`);
    for (const button of buttons) button.setAttribute("aria-expanded", String(button.dataset.key === key));
    for (const mark of marks) mark.classList.toggle("chosen", mark.dataset.key === key);
    opener = from;
    const card = key && one(`#card-${key}`);
    if (!card) return;
    const mark = marks.find((one) => one.dataset.key === key);
    if (mark) crops(card, mark);
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  };
  for (const button of buttons) button.addEventListener("click", () => select(button.dataset.key, button));
  stage.addEventListener("keydown", (event) => {
    const mark = event.target.closest(".mark");
    if (!mark) return;
    const list = stops();
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      select(mark.dataset.key, mark);
    } else if (step) {
      event.preventDefault();
      const next = list[(list.indexOf(mark) + step + list.length) % list.length];
      rove(next);
      next.focus();
    }
  });
  const close = () => {
    const back = opener;
    select("", null);
    if (back) back.focus();
  };
  for (const button of all(".card .close")) button.addEventListener("click", close);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && one(".card.open")) close();
  });
  const onlyChanged = one("#only-changed");
  if (onlyChanged) {
    onlyChanged.addEventListener("change", () => {
      one("#one-by-one").classList.toggle("only-changed", onlyChanged.checked);
    });
  }

  window.addEventListener("resize", show);
  window.addEventListener("beforeprint", () => { drawMarks(); drawRuler(); });
  setMode("slide");
  layers();
})();
