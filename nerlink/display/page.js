(() => {
  const tip = document.getElementById("tip");
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const items = [...document.querySelectorAll(".item")];
  const off = new Set();

  const fill = (mark) => {
    const about = JSON.parse(mark.dataset.details);
    const hue = [...mark.classList].find((name) => /^(hue\d+|grey)$/.test(name));
    tip.replaceChildren(...nerlink.summary(about, hue));
    if (about.candidates.length) tip.append(nerlink.candidateTable(about));
  };

  const show = (mark) => {
    mark.removeAttribute("title"); // the tip says the same
    fill(mark);
    tip.hidden = false;
    const box = mark.getClientRects()[0];
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    const isLow = box.bottom + tip.offsetHeight + 12 > window.innerHeight && box.top > tip.offsetHeight;
    tip.style.left = `${window.scrollX + Math.max(8, Math.min(box.left, room))}px`;
    tip.style.top = `${window.scrollY + (isLow ? box.top - tip.offsetHeight - 6 : box.bottom + 6)}px`;
    mark.setAttribute("aria-describedby", "tip");
  };
  const hide = () => { tip.hidden = true; };
  const onMark = (event) => event.target.closest && event.target.closest(".mention:not(.off)");
  for (const name of ["mouseover", "focusin"]) {
    document.addEventListener(name, (event) => {
      const mark = onMark(event);
      if (mark) show(mark); else hide();
    });
  }
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

  const words = new Map();
  const wordsOf = (item) => {
    if (!words.has(item)) {
      const links = [...item.querySelectorAll("[data-link]")].map((mark) => mark.dataset.link);
      words.set(item, `${item.textContent} ${links.join(" ")}`.toLowerCase());
    }
    return words.get(item);
  };
  const filter = () => {
    const query = search.value.trim().toLowerCase();
    let n = 0;
    for (const item of items) {
      const isHit = !off.has(item.dataset.kind) && (!query || wordsOf(item).includes(query));
      item.hidden = !isHit;
      n += isHit;
    }
    shown.textContent = n === items.length ? "" : `, ${n.toLocaleString("en")} shown`;
    hide();
  };
  let timer;
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, 120); });

  const press = (button, isOn) => {
    button.setAttribute("aria-pressed", String(isOn));
    if (button.dataset.kind !== undefined) {
      if (isOn) off.delete(button.dataset.kind); else off.add(button.dataset.kind);
      return;
    }
    for (const mark of document.querySelectorAll(".mention")) {
      if (mark.dataset.label === button.dataset.toggle) mark.classList.toggle("off", !isOn);
    }
  };
  const links = document.getElementById("links");
  if (links) links.addEventListener("click", () => {
    links.setAttribute("aria-pressed", String(!document.body.classList.toggle("without-links")));
  });
  const keys = [...document.querySelectorAll(".key")];
  for (const key of keys) {
    // A click turns one on or off; a double click shows it alone, or all again.
    key.addEventListener("click", () => { press(key, key.getAttribute("aria-pressed") !== "true"); filter(); });
    key.addEventListener("dblclick", () => {
      const isAlone = keys.every((other) => (other.getAttribute("aria-pressed") === "true") === (other === key));
      for (const other of keys) press(other, isAlone || other === key);
      filter();
    });
  }
})();
