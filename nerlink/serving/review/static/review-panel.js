"use strict";
// What is known of the mention at hand: its label and link, what else it may mean, new entities.
nerlink.panel = (() => {
  const { make, marks, text, desk } = nerlink;
  const PAUSE = 120; // milliseconds without a key after which the base is searched
  const at = (id) => document.getElementById(id);
  const panel = at("panel");
  const link = at("link");
  const options = at("options");
  const known = new Map(); // entities by id, as far as the page has seen them
  let labels = [];
  let timer;
  let asked;
  let found = []; // what the search of the base gave
  let active = 0;
  let shownFor = null;
  let say = () => {};

  const learn = (entities) => { for (const one of Object.values(entities)) known.set(one.id, one); };
  const nameOf = (entity) => (entity && entity !== "NIL" ? known.get(entity)?.name ?? entity : "");
  const isLost = (entity) => Boolean(entity) && entity !== "NIL" && !known.has(entity);
  const hue = (label) => labels.find((one) => one.label === label)?.hue || "grey";
  const leave = () => text.element.focus({ preventScroll: true });

  // Labels
  const setLabel = (label) => {
    const range = text.selected();
    if (range) { nerlink.review.mark(range, label); return; }
    const one = marks.current();
    if (one) marks.set(one.id, { label });
    nerlink.review.lastLabel = label;
  };
  const drawLabels = () => {
    const one = text.selected() ? null : marks.current();
    const keys = labels.map(({ label, hue: colour, known: isKnown }, n) => {
      const button = make("button", `key ${colour}`, label);
      button.type = "button";
      if (n < 9) button.prepend(make("kbd", "", String(n + 1)));
      if (!isKnown) { button.append(make("i", "", "new to the model")); button.title = "The model does not know this label."; }
      button.setAttribute("aria-pressed", String(one?.label === label));
      button.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the selection
      button.addEventListener("click", () => setLabel(label));
      return button;
    });
    at("labels").replaceChildren(...keys);
  };
  const setLabels = (given) => { labels = given; drawLabels(); };
  const addLabel = async (label) => {
    if (!labels.some((one) => one.label === label)) {
      setLabels((await desk.lookUp("labels", { label })).labels);
      if (!labels.find((one) => one.label === label)?.known) {
        say(`“${label}” is a new label: the model does not know it, and learns it from what you review.`);
      }
    }
  };

  // Links
  const shownOptions = () => {
    const one = marks.current();
    if (!one) return [];
    const query = link.value.trim().toLowerCase();
    const scores = new Map(one.candidates.map((candidate) => [candidate.entity, candidate]));
    let candidates = one.candidates.map((candidate) => candidate.entity).filter((entity) => entity !== "NIL");
    if (one.entity && one.entity !== "NIL" && !candidates.includes(one.entity)) candidates.unshift(one.entity);
    if (query) candidates = candidates.filter((entity) => nameOf(entity).toLowerCase().includes(query));
    const more = query ? found.map((entity) => entity.id).filter((entity) => !candidates.includes(entity)) : [];
    return [...candidates, ...more].map((entity) => ({ entity, candidate: scores.get(entity) }));
  };
  const activate = (n) => {
    const all = [...options.querySelectorAll("[role=option]")];
    active = all.length ? (n + all.length) % all.length : 0;
    const isTyping = document.activeElement === link;
    all.forEach((one, number) => one.classList.toggle("active", isTyping && number === active));
    if (isTyping && all.length) {
      link.setAttribute("aria-activedescendant", all[active].id);
      all[active].scrollIntoView({ block: "nearest" });
    } else link.removeAttribute("aria-activedescendant");
  };
  const drawOptions = () => {
    const one = marks.current();
    options.replaceChildren(...shownOptions().map(({ entity, candidate }, n) => {
      const line = make("li");
      line.id = `option-${n}`;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", String(one.entity === entity));
      line.dataset.entity = entity;
      const about = known.get(entity);
      const head = make("span", "head");
      if (n < 9) head.append(make("kbd", "", `⇧${n + 1}`));
      head.append(make("strong", "", nameOf(entity)));
      if (about?.type) head.append(make("span", `tag ${hue(about.type)}`, about.type));
      const score = candidate?.score ?? candidate?.prior;
      if (score !== undefined) head.append(make("span", "number", score.toFixed(2)));
      line.append(head);
      line.append(make("span", "quiet", about ? about.description || entity : "not in this base"));
      if (about?.description) line.append(make("span", "id", entity));
      return line;
    }));
    const isSearched = link.value.trim() && !options.children.length;
    if (isSearched) options.append(make("li", "quiet none", "Nothing of that name. e makes a new entity."));
    activate(active);
  };
  const setLink = (entity) => {
    const one = marks.current();
    if (!one) return;
    link.value = "";
    found = [];
    marks.set(one.id, { entity });
    leave();
  };
  const chooseOption = (n) => {
    const option = shownOptions()[n];
    if (option) setLink(option.entity);
  };
  const search = async () => {
    const query = link.value.trim();
    asked?.abort();
    if (!query) { found = []; drawOptions(); return; }
    const mine = asked = new AbortController();
    try {
      const answer = await desk.lookUp("search", { query }, mine.signal);
      if (mine !== asked) return;
      found = answer.entities;
      learn(found);
      active = 0;
      drawOptions();
    } catch (error) {
      if (error.name !== "AbortError") say(error.message, true);
    }
  };

  const draw = () => {
    const range = text.selected();
    const one = range ? null : marks.current();
    panel.hidden = !one && !range;
    if (shownFor !== (one?.id ?? null)) {
      shownFor = one?.id ?? null;
      link.value = "";
      found = [];
      active = 0;
    }
    drawLabels();
    at("linking").hidden = !one || !desk.state.session.links;
    for (const id of ["same", "reject"]) at(id).disabled = !one;
    at("surface").textContent = range ? text.slice(range) : one ? text.slice(one) : "";
    at("place").textContent = range ? "selected: choose a label" : one ? `${marks.place() + 1} of ${marks.all().length}` : "";
    at("lost").hidden = !one || !isLost(one.entity);
    at("lost").textContent = one ? `“${one.entity}” is not in this base: it was lost there, or is of another base. It stays until you choose another.` : "";
    at("nil").setAttribute("aria-pressed", String(one?.entity === "NIL"));
    at("unlink").setAttribute("aria-pressed", String(Boolean(one) && one.entity === null));
    drawOptions();
  };

  // A new entity
  const dialog = at("entity-dialog");
  const slug = (name) => name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  let isOwnId = false;
  const create = () => {
    const one = marks.current();
    if (!one || !desk.state.session.links) return;
    at("entity-name").value = link.value.trim() || text.slice(one);
    at("entity-description").value = "";
    at("entity-type").value = one.label ?? "";
    at("entity-id").value = slug(at("entity-name").value);
    at("entity-fault").textContent = "";
    isOwnId = false;
    dialog.showModal();
    at("entity-description").focus();
  };
  at("entity-name").addEventListener("input", () => {
    if (!isOwnId) at("entity-id").value = slug(at("entity-name").value);
  });
  at("entity-id").addEventListener("input", () => { isOwnId = true; });
  at("entity-cancel").addEventListener("click", () => dialog.close());
  dialog.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const one = marks.current();
    const field = (name) => at(`entity-${name}`).value.trim();
    const given = { id: field("id"), name: field("name"), description: field("description") };
    if (field("type")) given.type = field("type");
    const surface = text.slice(one);
    if (surface !== given.name && !/[\t\n\r]/.test(surface)) given.aliases = [surface];
    try {
      const { entity } = await desk.lookUp("entities", given);
      known.set(entity.id, entity);
      dialog.close();
      const candidates = [{ entity: entity.id }, ...one.candidates];
      marks.set(one.id, { entity: entity.id, candidates });
      desk.lookAhead();
      say(`“${entity.name}” is in the base now.`);
      leave();
    } catch (error) {
      at("entity-fault").textContent = error.message;
    }
  });

  link.addEventListener("input", () => { drawOptions(); clearTimeout(timer); timer = setTimeout(search, PAUSE); });
  link.addEventListener("focus", () => activate(0));
  link.addEventListener("blur", () => activate(active));
  link.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") activate(active + 1);
    else if (event.key === "ArrowUp") activate(active - 1);
    else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) chooseOption(active);
    else if (event.key === "Escape") {
      link.value = "";
      found = [];
      drawOptions();
      leave();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  options.addEventListener("mousedown", (event) => event.preventDefault());
  options.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) setLink(option.dataset.entity);
  });
  at("nil").addEventListener("click", () => setLink("NIL"));
  at("unlink").addEventListener("click", () => setLink(null));
  at("new").addEventListener("click", create);

  return {
    draw, learn, nameOf, isLost, hue, setLabels, addLabel, setLabel, setLink, chooseOption, create,
    labels: () => labels, focusLink: () => { if (marks.current() && desk.state.session.links) { link.focus(); link.select(); } },
    onSay: (call) => { say = call; },
  };
})();
