"use strict";
// What is known of a mention or an entity: candidates, the parts of their scores, the entity's card.
nerlink.details = (() => {
  const { make, number, named, candidateTable, summary } = nerlink;
  const PAUSE = 150; // milliseconds on a mention after which its explanation is asked for
  const MOST_PARTS = 8;
  const { setup } = nerlink;
  const panel = document.getElementById("details");
  const explained = new Map();
  const cards = new Map();
  let timer;
  let turn = 0; // what is asked for an earlier mention comes too late
  let closed = () => {};
  let opener = null; // where the focus was, and goes back to

  const hue = (label) => setup.hues[label] || "grey";
  const section = (title, ...children) => {
    const block = make("section");
    block.append(make("h3", "", title), ...children);
    return block;
  };

  const closer = () => {
    const button = make("button", "close", "×");
    button.type = "button";
    button.setAttribute("aria-label", "Close");
    button.addEventListener("click", close);
    return button;
  };
  const open = (title, ...children) => {
    const head = make("h2");
    head.append(make("bdi", "", title), closer());
    if (!panel.contains(document.activeElement)) opener = document.activeElement;
    panel.replaceChildren(head, ...children);
    panel.scrollTop = 0;
    panel.hidden = false;
  };
  const close = () => {
    if (panel.hidden) return;
    turn += 1;
    clearTimeout(timer);
    const hadFocus = panel.contains(document.activeElement);
    panel.hidden = true;
    panel.replaceChildren();
    closed();
    if (hadFocus && opener?.isConnected) opener.focus();
  };

  // The parts of a score as bars to both sides of nothing, the largest first.
  const partBars = (option) => {
    const parts = Object.entries(option.parts).sort((one, other) => Math.abs(other[1]) - Math.abs(one[1]));
    const shown = parts.slice(0, MOST_PARTS);
    const rest = parts.slice(MOST_PARTS);
    const sum = (list) => list.reduce((total, [, value]) => total + value, 0);
    if (rest.length) shown.push([`${rest.length} smaller ones`, sum(rest)]);
    const most = Math.max(...shown.map(([, value]) => Math.abs(value)), 1e-9);
    const table = make("table", "parts-of-score");
    const body = table.createTBody();
    for (const [name, value] of shown) {
      const line = body.insertRow();
      line.append(make("th", "", name));
      line.lastChild.scope = "row";
      const track = line.insertCell();
      track.className = "track";
      track.setAttribute("aria-hidden", "true");
      const fill = make("span", value < 0 ? "less" : "more");
      fill.style.width = `${(50 * Math.abs(value)) / most}%`;
      track.append(fill);
      line.insertCell().textContent = (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);
    }
    const total = sum(parts);
    const foot = make("p", "total", `score ${total < 0 ? "−" : "+"}${Math.abs(total).toFixed(2)}, probability ${number(option.probability)}`);
    return [table, foot];
  };

  const address = (entity) => {
    if (!/^https?:\/\//.test(setup.uri_template || "")) return null;
    return setup.uri_template.replace("{id}", () => encodeURIComponent(entity));
  };
  const card = (entity) => {
    const block = make("div", "card");
    const head = make("p", "name");
    head.append(make("strong", "", entity.name));
    if (entity.type) head.append(make("span", `tag ${hue(entity.type)}`, entity.type));
    block.append(head);
    const id = make("p", "id");
    const href = address(entity.id);
    if (href) {
      const link = make("a", "", entity.id);
      Object.assign(link, { href, target: "_blank", rel: "noopener noreferrer" });
      id.append(link);
    } else id.textContent = entity.id;
    block.append(id);
    if (entity.description) block.append(make("p", "", entity.description));
    const aliases = Object.keys(entity.aliases || {}).filter((alias) => alias !== entity.name);
    if (aliases.length) block.append(make("p", "quiet", `also ${aliases.slice(0, 12).join(" · ")}`));
    return block;
  };

  const once = (known, key, make_) => {
    if (!known.has(key)) {
      const made = make_();
      known.set(key, made);
      made.catch(() => known.delete(key));
    }
    return known.get(key);
  };
  const cardOf = (entity) => once(cards, entity, () => nerlink.talk.ask(`v1/entities/${encodeURIComponent(entity)}`));
  const put = async (place, promise, write) => {
    const mine = turn;
    try {
      const found = await promise;
      if (mine === turn) place.replaceChildren(...[write(found)].flat());
    } catch (error) {
      if (mine === turn) place.replaceChildren(make("p", "quiet", error.message));
    }
  };

  const entity = (id) => {
    turn += 1;
    const place = make("div");
    open("Entity", place);
    panel.focus();
    return put(place, cardOf(id), card);
  };

  // `about` is a mention as parts.js has it, with its surface; `explain` asks for its explanation.
  const mention = (about, key, explain) => {
    turn += 1;
    clearTimeout(timer);
    const why = make("div");
    const who = make("div");
    const whySection = section("Why", why);
    const whoSection = section("Entity", who);
    let chosen = about.entity === "NIL" || about.entity === null ? about.candidates[0]?.[1] : about.entity;
    const buttons = new Map();
    const choose = (candidate) => {
      chosen = candidate;
      for (const [one, button] of buttons) button.setAttribute("aria-pressed", String(one === chosen));
      put(why, once(explained, key, explain), (found) => {
        const none = found.options.find((one) => one.entity === "NIL");
        if (none) nil.textContent = `NIL: none of these · ${number(none.probability)}`;
        const option = found.options.find((one) => one.entity === chosen);
        return option ? partBars(option) : make("p", "quiet", "The model did not weigh it.");
      });
      whoSection.hidden = chosen === "NIL";
      if (chosen !== "NIL") put(who, cardOf(chosen), card);
    };
    const asButton = (id, name) => {
      const button = make("button", "candidate");
      button.type = "button";
      button.append(named(id, name));
      button.addEventListener("click", () => choose(id));
      buttons.set(id, button);
      return button;
    };
    const nil = asButton("NIL", "NIL");
    nil.textContent = "NIL: none of these";
    const blocks = [...summary(about, hue(about.label))];
    if (about.candidates.length) {
      const last = make("p", "nil-choice");
      last.append(nil);
      blocks.push(section("Candidates", candidateTable(about, asButton), last), whySection, whoSection);
    } else if (setup.links) blocks.push(make("p", "quiet", "The base knows no such name."));
    open(about.surface, ...blocks);
    if (!about.candidates.length) return;
    for (const [one, button] of buttons) button.setAttribute("aria-pressed", String(one === chosen));
    timer = setTimeout(() => choose(chosen), PAUSE);
  };

  return { mention, entity, close, hue, forget: () => explained.clear(), onClose: (call) => { closed = call; } };
})();
