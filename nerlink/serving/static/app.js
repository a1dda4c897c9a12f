"use strict";
// The page of a server: a text, its mentions in colour, and what may be asked of them.
(() => {
  const { make, setup, talk, share, details } = nerlink;
  const PAUSE = 300; // milliseconds without a key after which the text is tagged
  const CANDIDATES = 10;
  const at = (id) => document.getElementById(id);
  const text = at("text");
  const marked = at("marked");
  const status = at("status");
  const leastMention = at("least-mention");
  const leastLink = at("least-link");
  const off = new Set();
  const state = { doc: null, marks: [], current: 0, ownLinks: true, version: 0 };
  let timer;
  let asked;

  const say = (message, isBad = false) => {
    status.textContent = message;
    status.classList.toggle("bad", isBad);
  };
  const counted = (n, thing) => `${n.toLocaleString("en")} ${thing}${n === 1 ? "" : "s"}`;

  // What a mention is at the places of the sliders.
  const linkOf = (mention) => {
    if (state.ownLinks || mention.entity === undefined) {
      return { entity: mention.entity ?? null, link_score: mention.link_score ?? null, nil: mention.nil ?? null };
    }
    const best = mention.candidates?.[0];
    if (best && best.score >= Number(leastLink.value)) return { entity: best.entity, link_score: best.score, nil: null };
    return { entity: "NIL", link_score: null, nil: best ? "below threshold" : "no candidate" };
  };
  const isShown = (mention) => !off.has(mention.label ?? "")
    && (mention.score === undefined || mention.score >= Number(leastMention.value));
  const nameOf = (entity) => (entity === null ? "" : state.doc.names?.[entity] ?? entity);
  const about = (mention) => ({
    label: mention.label ?? null, score: mention.score ?? null, ...linkOf(mention),
    name: nameOf(linkOf(mention).entity),
    surface: state.doc.text.slice(...state.doc.units(mention)),
    candidates: (mention.candidates || []).map((one) =>
      [nameOf(one.entity), one.entity, one.score ?? null, one.prior ?? null, one.count ?? 0]),
  });

  // Offsets count characters; strings of JavaScript count halves of some of them.
  const unitsOf = (string) => {
    const starts = [];
    let unit = 0;
    for (const character of string) { starts.push(unit); unit += character.length; }
    starts.push(unit);
    return ({ start, end }) => [starts[start], starts[end]];
  };

  const visible = () => state.marks.filter(({ element }) => !element.classList.contains("off"));
  const refresh = () => {
    let nLinked = 0;
    for (const { element, mention } of state.marks) {
      const one = about(mention);
      const kind = one.entity === null ? "unlinked" : one.entity === "NIL" ? "nil" : "linked";
      const isOn = isShown(mention);
      nLinked += isOn && kind === "linked";
      element.className = `mention ${details.hue(one.label)} ${kind}${isOn ? "" : " off"}`;
      element.dataset.link = one.name;
      if (isOn) element.setAttribute("role", "button"); else element.removeAttribute("role");
      const link = { linked: `, linked to ${one.name}`, nil: ", in no base", unlinked: "" }[kind];
      if (isOn) element.setAttribute("aria-label", `${one.surface}, ${one.label ?? "no label"}${link}`);
      else element.removeAttribute("aria-label");
    }
    rove(state.current, false);
    const n = visible().length;
    const links = setup.links ? `, ${nLinked.toLocaleString("en")} linked` : "";
    const all = state.marks.length;
    say(all ? `${counted(n, "mention")}${n < all ? ` of ${all.toLocaleString("en")}` : ""}${links}` : "No mentions found.");
    const least = Number(leastMention.value);
    at("least-mention-shown").textContent = least ? `surer than ${least.toFixed(2)}` : "all";
    at("least-link-shown").textContent = state.ownLinks ? "as the model decides" : `surer than ${Number(leastLink.value).toFixed(2)}`;
    at("link-slider").classList.toggle("own", state.ownLinks);
    at("reset").disabled = state.ownLinks && !least && !off.size;
  };

  // One mention at a time can be reached by Tab, the others by arrows.
  const rove = (wanted, isFocus = true) => {
    const all = visible();
    for (const { element } of state.marks) element.tabIndex = -1;
    if (!all.length) return;
    const n = isFocus ? (wanted + all.length) % all.length : Math.min(wanted, all.length - 1);
    state.current = n;
    all[n].element.tabIndex = 0;
    if (isFocus) all[n].element.focus();
  };
  const select = (element) => {
    const number = state.marks.findIndex((one) => one.element === element);
    if (number < 0 || element.classList.contains("off")) return;
    for (const one of state.marks) one.element.toggleAttribute("data-open", one.element === element);
    const { mention } = state.marks[number];
    const mentions = state.doc.mentions.map(({ start, end, label }) => ({ start, end, label }));
    const body = { text: state.doc.text, mentions, mention: state.doc.mentions.indexOf(mention) };
    details.mention(about(mention), `${state.version}:${number}`, () => talk.ask("v1/explain", { body }));
    element.scrollIntoView({ block: "nearest" }); // on a phone, the details cover half of the text
  };
  details.onClose(() => {
    for (const { element } of state.marks) element.removeAttribute("data-open");
  });

  const legend = () => {
    const counts = new Map();
    for (const { label = "" } of state.doc.mentions) counts.set(label, (counts.get(label) || 0) + 1);
    const keys = [...counts].sort((one, other) => other[1] - one[1]).map(([label, n]) => {
      const key = make("button", `key ${details.hue(label)}`, label || "no label");
      key.type = "button";
      key.setAttribute("aria-pressed", String(!off.has(label)));
      key.append(make("b", "", n.toLocaleString("en")));
      key.addEventListener("click", () => {
        if (!off.delete(label)) off.add(label);
        key.setAttribute("aria-pressed", String(!off.has(label)));
        refresh();
      });
      return key;
    });
    at("legend").replaceChildren(...keys);
  };

  const show = (answer) => {
    const hadFocus = marked.contains(document.activeElement);
    state.doc = { mentions: [], ...answer, units: unitsOf(answer.text) };
    state.version += 1;
    state.marks = [];
    details.forget();
    details.close();
    const parts = [];
    let last = 0;
    for (const mention of state.doc.mentions) {
      const [start, end] = state.doc.units(mention);
      if (start < last) continue; // the model's mentions do not overlap
      const element = make("mark", "mention", answer.text.slice(start, end));
      element.dataset.label = mention.label ?? "";
      state.marks.push({ element, mention });
      parts.push(answer.text.slice(last, start), element);
      last = end;
    }
    marked.replaceChildren(...parts, answer.text.slice(last));
    at("result").hidden = false;
    legend();
    refresh();
    if (hadFocus) rove(state.current);
  };
  const empty = () => {
    state.doc = null;
    state.marks = [];
    details.close();
    marked.replaceChildren();
    at("result").hidden = true;
    say("");
  };

  const tag = async () => {
    clearTimeout(timer);
    asked?.abort();
    if (!text.value.trim()) { empty(); return; }
    if ([...text.value].length > setup.max_characters) {
      empty();
      say(`The text has more than the ${setup.max_characters.toLocaleString("en")} characters that are read.`, true);
      return;
    }
    const mine = asked = new AbortController();
    document.body.classList.add("busy");
    try {
      const body = { documents: [{ text: text.value }], top_k: Math.min(CANDIDATES, setup.max_top_k), names: true };
      const answer = await talk.ask("v1/tag", { body, signal: mine.signal });
      const [doc] = answer.documents;
      if (doc.error) throw new Error(doc.error.message);
      if (mine === asked) show({ ...doc, names: answer.names });
    } catch (error) {
      if (error.name === "AbortError" || mine !== asked) return;
      empty(); // what is shown and copied is always of the text above it
      say(error.message, true);
    } finally {
      if (mine === asked) document.body.classList.remove("busy");
    }
  };
  const set = (value) => { text.value = value; return tag(); };

  // Files
  const read = async (file) => {
    if (!file) return;
    if (file.size > 4 * setup.max_characters) { say(`${file.name} is too large.`, true); return; }
    try {
      await set(new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer()));
    } catch {
      say(`${file.name} is no text in UTF-8.`, true);
    }
  };
  at("open").addEventListener("click", () => at("file").click());
  at("file").addEventListener("change", () => { read(at("file").files[0]); at("file").value = ""; });
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      document.body.classList.toggle("dropping", name === "dragover");
      if (name === "drop") read(event.dataTransfer.files[0]);
    });
  }

  // Text and sliders
  text.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(tag, PAUSE); });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); tag(); }
  });
  at("clear").addEventListener("click", () => { set(""); text.focus(); });
  leastMention.addEventListener("input", () => state.doc && refresh());
  leastLink.addEventListener("input", () => { state.ownLinks = false; if (state.doc) refresh(); });
  at("reset").addEventListener("click", () => {
    leastMention.value = 0;
    leastLink.value = setup.threshold ?? 0.5;
    state.ownLinks = true;
    off.clear();
    if (!state.doc) return;
    legend();
    refresh();
    text.focus();
  });

  // Mentions by mouse and by key
  marked.addEventListener("click", (event) => {
    const element = event.target.closest(".mention:not(.off)");
    if (!element) return;
    rove(visible().findIndex((one) => one.element === element));
    select(element);
  });
  const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  marked.addEventListener("keydown", (event) => {
    const element = event.target.closest(".mention");
    if (!element) return;
    if (event.key in STEPS) rove(state.current + STEPS[event.key]);
    else if (event.key === "Home") rove(0);
    else if (event.key === "End") rove(-1);
    else if (event.key === "Enter" || event.key === " ") {
      // Once more leads into what is open.
      if (element.hasAttribute("data-open")) at("details").focus(); else select(element);
    } else return;
    event.preventDefault();
    if (document.activeElement !== element && !at("details").hidden) select(document.activeElement);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") details.close();
  });

  // Share and copy
  const told = (message) => {
    at("copied").textContent = message;
    setTimeout(() => { at("copied").textContent = ""; }, 4000);
  };
  at("share").addEventListener("click", async () => {
    const settings = Number(leastMention.value) ? { m: leastMention.value } : {};
    if (!state.ownLinks) settings.l = leastLink.value;
    const fragment = await share.write(state.doc.text, settings);
    if (fragment === null) { told("The text is too long for an address."); return; }
    history.replaceState(null, "", `#${fragment}`);
    await share.copy(location.href);
    told("Link copied.");
  });
  at("copy").addEventListener("click", async () => {
    const mentions = visible().map(({ mention }) => {
      const { link_score, nil, entity, ...rest } = mention;
      const link = Object.entries(linkOf(mention)).filter(([, value]) => value !== null);
      return { ...rest, ...Object.fromEntries(link) };
    });
    await share.copy(JSON.stringify({ text: state.doc.text, mentions }, null, 2));
    told("Copied.");
  });
  const fromAddress = async () => {
    try {
      const found = await share.read(location.hash.slice(1), setup.max_characters);
      if (!found) return;
      const share_ = (name) => Math.max(0, Math.min(1, Number(found.fields.get(name)) || 0));
      leastMention.value = share_("m");
      state.ownLinks = !found.fields.has("l");
      if (!state.ownLinks) leastLink.value = share_("l");
      await set(found.text);
    } catch (error) {
      say(error.message, true);
    }
  };
  window.addEventListener("hashchange", fromAddress);

  const begin = async () => {
    try { // what a server with a token tells of its model only to who bears it
      if (setup.is_guarded) Object.assign(setup, await talk.ask("setup.json"), { is_guarded: false });
    } catch (error) {
      say(error.message, true);
      return;
    }
    at("model").textContent = setup.about;
    leastLink.value = setup.threshold ?? 0.5;
    if (!setup.finds) {
      text.disabled = true;
      say("This model links given mentions only, and finds none in a text.");
    } else if (location.hash) fromAddress();
    else tag(); // what the browser has kept of the text
  };
  talk.onEntered(() => (setup.is_guarded ? begin() : tag()));
  at("link-slider").hidden = !setup.links;
  begin();
})();
