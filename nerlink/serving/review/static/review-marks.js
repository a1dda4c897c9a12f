"use strict";
// The mentions of the document at hand: every change is one step that can be undone.
nerlink.marks = (() => {
  const { text } = nerlink;
  let mentions = [];
  let past = [];
  let future = [];
  let current = null; // the id of a mention
  let number = 0;
  let changed = () => {}; // called with "edit", "load" or "choose"

  const order = (one, other) => one.start - other.start || one.end - other.end;
  const named = (one) => ({ label: null, entity: null, candidates: [], ...one, id: (number += 1) });
  const overlaps = (one, other) => one.start < other.end && other.start < one.end;
  const at = (id) => mentions.find((one) => one.id === id) || null;

  const put = (next, id = current) => {
    past.push({ mentions, current });
    future = [];
    mentions = [...next].sort(order);
    current = id;
    changed("edit");
  };
  const load = (given) => {
    mentions = given.map(named).sort(order);
    past = [];
    future = [];
    current = mentions[0]?.id ?? null;
    changed("load");
  };
  const step = (from, to) => {
    if (!from.length) return false;
    to.push({ mentions, current });
    ({ mentions, current } = from.pop());
    changed("edit");
    return true;
  };

  // What is marked takes the place of what it overlaps; of one alone, it takes over what is known.
  const mark = (range, label) => {
    const old = mentions.filter((one) => overlaps(one, range));
    const same = old.find((one) => one.start === range.start && one.end === range.end);
    if (same && old.length === 1) { set(same.id, { label }); return same.id; }
    const before = old.length === 1 ? old[0] : null;
    const one = named({ ...range, label, entity: before?.entity ?? null, was: before?.entity ?? null });
    put([...mentions.filter((other) => !old.includes(other)), one], one.id);
    return one.id;
  };
  const set = (id, values) => {
    const one = at(id);
    if (!one || Object.entries(values).every(([name, value]) => one[name] === value)) return;
    put(mentions.map((other) => (other === one ? { ...one, ...values } : other)), id);
  };
  // What the server says of a mention is no step of its own.
  const learn = (byId) => {
    mentions = mentions.map((one) => (byId.has(one.id) ? { ...one, ...byId.get(one.id) } : one));
    changed("edit");
  };
  const reject = (ids) => {
    const gone = new Set(ids);
    const place = mentions.findIndex((one) => gone.has(one.id));
    const left = mentions.filter((one) => !gone.has(one.id));
    put(left, (left[place] || left[place - 1] || left.at(-1))?.id ?? null);
  };
  const rejectThroughout = (id) => {
    const surface = text.slice(at(id));
    const same = mentions.filter((one) => text.slice(one) === surface);
    reject(same.map((one) => one.id));
    return same.length;
  };
  const throughout = (id) => {
    const one = at(id);
    const { label, entity, candidates } = one;
    let next = mentions;
    const counts = { changed: 0, added: 0, left: 0 };
    for (const place of text.places(text.slice(one))) {
      const there = next.find((other) => other.start === place.start && other.end === place.end);
      if (there) {
        if (there.label === label && there.entity === entity) continue;
        next = next.map((other) => (other === there ? { ...there, label, entity, candidates } : other));
        counts.changed += 1;
      } else if (next.some((other) => overlaps(other, place))) counts.left += 1;
      else {
        next = [...next, named({ ...place, label, entity, candidates })];
        counts.added += 1;
      }
    }
    if (next !== mentions) put(next, id);
    return counts;
  };
  const take = (given) => {
    const next = given.map((one) => {
      const known = mentions.find((other) => other.start === one.start && other.end === one.end);
      return { ...named(one), candidates: known?.candidates ?? one.candidates ?? [] };
    });
    put(next, next[0]?.id ?? null);
  };

  const choose = (id) => { current = id; changed("choose"); };
  const go = (steps) => {
    if (!mentions.length) return;
    const here = mentions.findIndex((one) => one.id === current);
    choose(mentions[(here + steps + mentions.length) % mentions.length].id);
  };

  return {
    load, put, mark, set, learn, reject, rejectThroughout, throughout, take, choose, go, at,
    undo: () => step(past, future),
    redo: () => step(future, past),
    all: () => mentions,
    current: () => at(current),
    place: () => mentions.findIndex((one) => one.id === current),
    canUndo: () => past.length > 0,
    canRedo: () => future.length > 0,
    onChange: (call) => { changed = call; },
  };
})();
