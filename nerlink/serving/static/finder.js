"use strict";
// The search of the base: a box with a list under it, to be used by keys alone.
(() => {
  const { make } = nerlink;
  const PAUSE = 120;
  const search = document.getElementById("search");
  const hits = document.getElementById("hits");
  let timer;
  let asked;
  let at = -1;

  const options = () => [...hits.querySelectorAll("[role=option]")];
  const hide = () => {
    clearTimeout(timer);
    asked?.abort();
    hits.hidden = true;
    at = -1;
    search.setAttribute("aria-expanded", "false");
    search.removeAttribute("aria-activedescendant");
  };
  const mark = (n) => {
    const all = options();
    at = (n + all.length) % all.length;
    all.forEach((one, number) => one.setAttribute("aria-selected", String(number === at)));
    search.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  };
  const choose = (option) => {
    const entity = option.dataset.entity;
    hide();
    nerlink.details.entity(entity);
  };
  const show = (found) => {
    hits.replaceChildren(...found.map((one, n) => {
      const line = make("li");
      line.id = `hit-${n}`;
      line.setAttribute("role", "option");
      line.dataset.entity = one.id;
      line.append(make("strong", "", one.name), make("span", "id", one.id));
      if (one.description) line.append(make("span", "quiet", one.description));
      return line;
    }));
    if (!found.length) hits.append(make("li", "quiet none", "Nothing of that name."));
    hits.hidden = false;
    at = -1;
    search.setAttribute("aria-expanded", "true");
  };
  const find = async () => {
    const prefix = search.value.trim();
    if (!prefix) { hide(); return; }
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await nerlink.talk.ask(
        `reconcile/suggest/entity?${new URLSearchParams({ prefix })}`, { signal: asked.signal });
      show(answer.result);
    } catch (error) {
      if (error.name === "AbortError") return;
      hits.replaceChildren(make("li", "quiet none", error.message));
      hits.hidden = false;
    }
  };

  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(find, PAUSE); });
  search.addEventListener("keydown", (event) => {
    const all = options();
    if (event.key === "Escape") {
      event.stopPropagation();
      if (hits.hidden) search.value = "";
      hide();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (hits.hidden) find();
      else if (all.length) mark(event.key === "ArrowDown" ? at + 1 : at < 0 ? -1 : at - 1);
    } else if (event.key === "Enter" && all.length && !hits.hidden) {
      event.preventDefault();
      choose(all[Math.max(0, at)]);
    }
  });
  search.addEventListener("blur", hide);
  hits.addEventListener("mousedown", (event) => event.preventDefault());
  hits.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName);
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  });
  if (!nerlink.setup.links) search.closest(".finder").hidden = true;
})();
