"use strict";
// The page of a review: a document, what is done to its mentions by keys and mouse, and the next one.
nerlink.review = (() => {
  const { make, talk, text, marks, desk, panel, lists } = nerlink;
  const RETRY = 2000; // milliseconds after which a server that is gone is asked again
  const at = (id) => document.getElementById(id);
  const review = { lastLabel: null, mark: () => {} };
  let isWarned = false; // open ends of this document have been told
  let isBusy = false;
  let retry;

  const say = (message, isBad = false) => {
    const place = at(at("paper").hidden ? "progress" : "status");
    place.textContent = message;
    place.classList.toggle("bad", isBad);
  };
  const counted = (n, things) => `${n} ${things}${n === 1 ? "" : "s"}`;
  const attempt = (work) => Promise.resolve().then(work).catch((error) => say(error.message, true));

  // Drawing
  const look = (one) => {
    const kind = one.entity === null ? "unlinked" : one.entity === "NIL" ? "nil" : "linked";
    const lost = panel.isLost(one.entity) ? " lost" : "";
    const name = panel.nameOf(one.entity);
    const links = { linked: lost ? `, linked to ${name}, which is not in the base` : `, linked to ${name}`, nil: ", in no base", unlinked: "" };
    return {
      className: `${panel.hue(one.label)} ${kind}${lost}`, label: one.label ?? "", link: name,
      description: `${text.slice(one)}, ${one.label ?? "no label"}${links[kind]}`,
    };
  };
  const draw = () => {
    const all = marks.all();
    text.draw(all, look);
    const open = all.filter((one) => desk.state.session.links && one.entity === null).length;
    at("counts").textContent = counted(all.length, "mention") + (open ? `, ${open} without a link` : "");
    at("undo").disabled = !marks.canUndo();
    at("redo").disabled = !marks.canRedo();
  };
  marks.onChange((kind) => {
    if (kind === "edit") {
      clearTimeout(retry);
      isWarned = false;
      desk.keepDraft(marks.all());
    }
    if (kind !== "choose") draw();
    text.point(marks.place());
    panel.draw();
  });
  desk.onProgress(() => {
    const { documents, done, mine, disputed } = desk.state.progress;
    const said = [`${done} of ${documents} done`, `${mine} by you`];
    at("progress").classList.remove("bad");
    if (disputed) said.push(`${disputed} disputed`);
    at("progress").textContent = said.join(" · ");
    at("bar").max = documents || 1;
    at("bar").value = done;
  });

  // A document comes
  const sameMarks = (one, other) => JSON.stringify(desk.written(one)) === JSON.stringify(desk.written(other));
  const show = (doc) => {
    at("paper").hidden = !doc;
    at("over").hidden = Boolean(doc);
    text.unselect();
    if (!doc) { showEnd(); return; }
    text.load(doc.text);
    panel.learn(doc.entities);
    isWarned = false;
    at("name").textContent = `${doc.number} of ${desk.state.progress.documents}${doc.id === null ? "" : ` · ${doc.id}`}`;
    marks.load(text.unitsOf(doc.mentions));
    const draft = desk.draftOf(doc);
    const lines = notes(doc);
    at("notes").replaceChildren(...lines);
    scrollTo(0, 0);
    say("");
    if (draft && !sameMarks(draft, marks.all())) {
      marks.take(draft);
      say("Your unfinished work is here again; undo brings back what was proposed.");
      attempt(askAll);
    }
    text.element.focus({ preventScroll: true });
  };
  const showEnd = () => {
    const { documents, done } = desk.state.progress;
    const left = documents - done;
    marks.load([]);
    at("panel").hidden = true;
    at("over-text").textContent = left
      ? `Nothing is left for you. Others have the last ${counted(left, "document")}, or are still to do them: some are done by two.`
      : `All ${counted(documents, "document")} are done: they are in ${desk.state.session.output}.`;
    at("again").focus();
  };
  const notes = (doc) => {
    const lines = [];
    if (doc.note) lines.push(make("p", "warning", doc.note));
    const versions = Object.entries(doc.versions);
    if (versions.length) lines.push(...disputed(versions));
    else if (doc.informed) {
      lines.push(make("p", "warning", `Reviewed by ${doc.reviewers.join(", ")}. If you save, your version is the one that counts.`));
    } else if (doc.saved) lines.push(make("p", "quiet", "You have done this document; saved again, the last version counts."));
    return lines;
  };
  // Where reviewers differ: what each alone says, and a button that takes it.
  const disputed = (versions) => {
    const named = versions.map(([name, list]) => [name, text.unitsOf(list.map(([start, end, label, entity]) => ({ start, end, label, entity })))]);
    const key = (one) => [one.start, one.end, one.label, one.entity].join("\t");
    const lines = [make("p", "warning", "Reviewers differ here. What you save decides.")];
    for (const [name, list] of named) {
      const others = named.filter(([other]) => other !== name).map(([, more]) => new Set(more.map(key)));
      const own = list.filter((one) => others.some((more) => !more.has(key(one))));
      const line = make("p", "version");
      line.append(make("bdi", "name", name || "(unknown)"));
      const said = own.map((one) => `${text.slice(one)} ${one.label ?? ""} → ${one.entity === "NIL" ? "NIL" : panel.nameOf(one.entity) || "?"}`);
      line.append(make("span", "quiet", said.join(" · ") || "nothing more than the others"));
      const take = make("button", "plain", `Take this version`);
      take.type = "button";
      take.addEventListener("click", () => { marks.take(list); text.element.focus(); });
      line.append(take);
      lines.push(line);
    }
    return lines;
  };

  // Work
  review.mark = (range, label) => {
    const id = marks.mark(range, label);
    text.unselect();
    review.lastLabel = label;
    say("");
    attempt(() => ask(id));
  };
  // The linker's candidates for a mention that the reviewer has marked; its link, if it has none.
  const ask = async (id) => {
    if (!desk.state.session.links) return;
    const { key } = desk.state.doc;
    const all = marks.all();
    const n = all.findIndex((one) => one.id === id);
    const asked = desk.written(all).map((one, number) => (number === n ? { ...one, entity: null } : one));
    const answer = await desk.lookUp("candidates", { key, mentions: asked });
    const one = marks.at(id);
    if (desk.state.doc?.key !== key || !one) return;
    const found = text.unitsOf(answer.mentions).find((other) => other.start === one.start && other.end === one.end);
    panel.learn(answer.entities);
    if (answer.note) say(answer.note, true);
    if (!found) return;
    const candidates = found.candidates || [];
    const isUntouched = one.entity === null || one.entity === one.was;
    const entity = isUntouched ? found.entity ?? one.entity : one.entity;
    marks.learn(new Map([[id, { candidates, entity }]]));
  };
  // Of work that this browser has kept, the page knows neither candidates nor names.
  const askAll = async () => {
    if (!desk.state.session.links) return;
    const { key } = desk.state.doc;
    const all = marks.all();
    const answer = await desk.lookUp("candidates", { key, mentions: desk.written(all) });
    if (desk.state.doc?.key !== key) return;
    panel.learn(answer.entities);
    marks.learn(new Map(all.map((one, n) => [one.id, { candidates: answer.mentions[n].candidates || [] }])));
  };
  const openEnds = () => marks.all().filter((one) => (desk.state.session.links && one.entity === null)
    || (panel.labels().length && one.label === null));
  const done = () => attempt(async () => {
    if (isBusy || !desk.state.doc) return;
    const open = openEnds();
    if (open.length && !isWarned) {
      isWarned = true;
      marks.choose(open[0].id);
      say(`${counted(open.length, "mention")} without a label or a link. Done once more saves them so.`);
      return;
    }
    isBusy = true;
    try {
      const answer = await desk.save(marks.all());
      if (answer.fault) say(answer.fault, true);
      show(await desk.next());
      if (answer.state === "disputed") say("Saved. You and another reviewer differ on the last document: o leads to it.");
      if (answer.fault) say(answer.fault, true);
    } catch (error) {
      const isGone = /cannot be reached|about to end|not ready/.test(error.message);
      say(`${error.message}${isGone ? " Nothing is lost: your work is kept in this browser, and saved when the server answers." : ""}`, true);
      clearTimeout(retry);
      if (isGone) retry = setTimeout(done, RETRY);
    } finally { isBusy = false; }
  });
  const skip = () => attempt(async () => { if (!isBusy && desk.state.doc) show(await desk.skip()); });
  const undo = () => { if (!marks.undo()) say("There is nothing to undo."); };
  const redo = () => { if (!marks.redo()) say("There is nothing to redo."); };
  const same = () => {
    const one = marks.current();
    if (!one) return;
    const { changed, added, left } = marks.throughout(one.id);
    const said = [`${changed} changed`, `${added} new`];
    if (left) said.push(`${left} inside other mentions left`);
    say(`“${text.slice(one)}” throughout: ${said.join(", ")}.`);
  };
  const reject = () => { const one = marks.current(); if (one) marks.reject([one.id]); };
  const rejectThroughout = () => {
    const one = marks.current();
    if (one) say(`“${text.slice(one)}”: ${counted(marks.rejectThroughout(one.id), "mention")} taken away.`);
  };

  // Keys
  const selectWord = () => {
    const one = marks.current();
    const word = text.selected() || (one ? { start: one.start, end: one.end } : text.wordAfter(0));
    if (word) text.select(word);
    panel.draw();
  };
  const moveSelection = (range, event) => {
    const moved = text.adjusted(range, event) || (event.shiftKey || event.ctrlKey || event.altKey ? null : {
      ArrowRight: () => text.wordAfter(range.end), ArrowLeft: () => text.wordBefore(range.start),
      ArrowDown: () => text.sentenceFrom(range.start, 1), ArrowUp: () => text.sentenceFrom(range.start, -1),
    }[event.key]?.());
    if (moved) text.select(moved);
    panel.draw();
  };
  const moveMention = (event) => {
    const one = marks.current();
    const moved = one && text.adjusted(one, event);
    if (moved) {
      const was = one.entity;
      marks.set(one.id, { ...moved, was });
      attempt(() => ask(one.id));
    } else if (!event.shiftKey && !event.ctrlKey && !event.altKey) marks.go({ ArrowRight: 1, ArrowLeft: -1 }[event.key] || 0);
  };
  const KEYS = {
    m: selectWord, l: () => lists.chooseLabel(), "/": () => panel.focusLink(),
    n: () => panel.setLink("NIL"), u: () => panel.setLink(null), e: () => panel.create(),
    x: reject, Delete: reject, Backspace: reject, X: rejectThroughout, s: same, z: undo, y: redo, d: done, k: skip,
    o: () => attempt(lists.showDocuments), "?": () => lists.showHelp(),
    Escape: () => { text.unselect(); panel.draw(); },
  };
  const onDigit = (event) => {
    const n = Number(event.code.slice(-1)) - 1;
    if (event.shiftKey) panel.chooseOption(n);
    else if (panel.labels()[n]) panel.setLabel(panel.labels()[n].label);
    else say(`There is no label on the key ${n + 1}.`);
  };
  const onEnter = (range) => {
    if (range) review.mark(range, review.lastLabel ?? panel.labels()[0]?.label ?? null);
    else panel.focusLink();
  };
  const OF_MENTIONS = new Set(["n", "u", "e", "x", "X", "s", "Delete", "Backspace"]);
  // The key of a letter by its place, where the keyboard has other letters.
  const keyOf = (event) => {
    if (/^[ -~]/.test(event.key) || !/^Key[A-Z]$/.test(event.code)) return event.key;
    return event.shiftKey ? event.code[3] : event.code[3].toLowerCase();
  };
  document.addEventListener("keydown", (event) => {
    if (lists.isOpen() || !desk.state.session) return;
    const isTyping = /^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName);
    const withControl = event.ctrlKey || event.metaKey;
    const key = keyOf(event);
    const isHeld = event.repeat; // a key that is held down saves no document after another
    if (withControl && event.key === "Enter") {
      event.preventDefault();
      if (!isHeld) done();
      return;
    }
    if (isTyping || !desk.state.doc) {
      if (!isTyping && (key === "o" || key === "?") && !withControl) KEYS[key]();
      return;
    }
    const range = text.selected();
    if (event.key.startsWith("Arrow")) {
      if (range) moveSelection(range, event);
      else if (event.key === "ArrowLeft" || event.key === "ArrowRight") moveMention(event);
      else return;
    } else if (withControl || event.altKey) {
      if (!withControl) return;
      if (key === "z") undo();
      else if (key === "y" || key === "Z") redo();
      else return;
    } else if (/^Digit[1-9]$/.test(event.code) || /^[1-9]$/.test(event.key)) onDigit(event);
    else if (event.key === "Enter") {
      if (document.activeElement?.tagName === "BUTTON") return;
      onEnter(range);
    } else if (range && OF_MENTIONS.has(key)) say("A label marks what is selected; Esc leaves it.");
    else if (KEYS[key]) {
      if (!isHeld || !"dkoes".includes(key)) KEYS[key]();
    } else return;
    event.preventDefault();
  });

  // Mouse
  text.element.addEventListener("mouseup", () => setTimeout(() => { // the selection settles after this
    const range = text.selected();
    if (range) { text.select(text.snapped(range)); panel.draw(); return; }
    panel.draw();
  }));
  text.element.addEventListener("click", (event) => {
    const mark = event.target.closest(".mention");
    if (mark && !text.selected()) marks.choose(marks.all()[Number(mark.dataset.n)].id);
  });
  const buttons = {
    done, skip, undo, redo, same, reject, list: KEYS.o, help: KEYS["?"],
    agree: () => attempt(lists.showAgreement), who: () => begin(true), again: () => attempt(async () => show(await desk.next())),
  };
  for (const [id, work] of Object.entries(buttons)) {
    at(id).addEventListener("click", () => {
      work();
      if (!lists.isOpen() && desk.state.doc) text.element.focus({ preventScroll: true });
    });
  }
  lists.onOpen((key) => attempt(async () => show(await desk.open(key))));
  panel.onSay(say);

  // Begin: with who reviews
  const begin = (isAsked = false) => attempt(async () => {
    const name = !isAsked && desk.remembered() ? desk.remembered() : await lists.askName();
    if (!name) return;
    await desk.enter(name);
    at("who").textContent = name;
    at("who").hidden = false;
    panel.setLabels(desk.state.session.labels);
    show(await desk.next());
  });
  talk.onEntered(() => begin());
  begin();
  return review;
})();
