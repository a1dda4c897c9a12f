"use strict";
// The text of a document with its mentions in colour, and what is selected in it.
nerlink.text = (() => {
  const { make } = nerlink;
  const place = document.getElementById("text");
  let text = "";
  let words = [];
  let sentences = [];
  let points = null; // how many characters stand before each unit of a string
  let nodes = []; // text nodes in order, each with its first unit

  const segments = (granularity) => {
    if (!Intl.Segmenter) return [];
    return [...new Intl.Segmenter(undefined, { granularity }).segment(text)]
      .filter((one) => granularity === "sentence" || one.isWordLike)
      .map((one) => ({ start: one.index, end: one.index + one.segment.length }));
  };
  const plainWords = () => [...text.matchAll(/[\p{L}\p{N}\p{M}]+/gu)]
    .map((found) => ({ start: found.index, end: found.index + found[0].length }));

  const load = (given) => {
    text = given;
    points = new Uint32Array(text.length + 1);
    let n = 0;
    for (let unit = 0; unit < text.length; unit += 1) {
      points[unit] = n;
      const isHalf = /[\uD800-\uDBFF]/.test(text[unit]) && /[\uDC00-\uDFFF]/.test(text[unit + 1] || "");
      if (!isHalf) n += 1;
    }
    points[text.length] = n;
    words = segments("word");
    if (!words.length) words = plainWords();
    sentences = segments("sentence");
  };
  // Offsets of files count characters; strings of JavaScript count halves of some of them.
  const unitsOf = (mentions) => {
    const units = new Uint32Array(points[text.length] + 1);
    for (let unit = text.length; unit >= 0; unit -= 1) units[points[unit]] = unit;
    return mentions.map((one) => ({ ...one, start: units[one.start], end: units[one.end] }));
  };
  const charactersOf = (one) => ({ ...one, start: points[one.start], end: points[one.end] });

  // Mentions may cross, elements may not: where one reaches beyond that in which it begins, it is
  // cut, and goes on as a part of its own.
  const edges = (mentions) => {
    const order = (one, other) => one.start - other.start || other.end - one.end;
    const waiting = mentions.map(({ start, end }, n) => ({ start, end, n, first: true })).sort(order);
    const opened = [];
    const found = [];
    while (waiting.length || opened.length) {
      const top = opened.at(-1);
      if (top && (!waiting.length || top.end <= waiting[0].start)) {
        found.push({ at: top.end });
        opened.pop();
        continue;
      }
      const one = waiting.shift();
      const end = top ? Math.min(one.end, top.end) : one.end;
      const last = end === one.end;
      if (!last) {
        waiting.push({ ...one, start: end, first: false });
        waiting.sort(order);
      }
      found.push({ at: one.start, n: one.n, first: one.first, last });
      opened.push({ end });
    }
    return found;
  };

  // `look` gives class, label, link and description of a mention.
  const draw = (mentions, look) => {
    const fragment = document.createDocumentFragment();
    const stack = [fragment];
    let at = 0;
    nodes = [];
    const write = (end) => {
      if (end <= at) return;
      const node = document.createTextNode(text.slice(at, end));
      nodes.push({ node, start: at });
      stack.at(-1).append(node);
      at = end;
    };
    for (const edge of edges(mentions)) {
      write(edge.at);
      if (edge.n === undefined) { stack.pop(); continue; }
      const shown = look(mentions[edge.n]);
      const cut = `${edge.first ? "" : " continued"}${edge.last ? "" : " continues"}`;
      const mark = make("mark", `mention ${shown.className}${cut}`);
      mark.dataset.n = edge.n;
      mark.dataset.label = shown.label;
      mark.dataset.link = shown.link;
      mark.setAttribute("aria-label", shown.description);
      stack.at(-1).append(mark);
      stack.push(mark);
    }
    write(text.length);
    place.replaceChildren(fragment);
  };
  // The mention at hand, in a text that is drawn.
  const point = (n) => {
    for (const mark of place.querySelectorAll("mark[data-open]")) mark.removeAttribute("data-open");
    const parts = place.querySelectorAll(`mark[data-n="${n}"]`);
    for (const mark of parts) mark.setAttribute("data-open", "");
    parts[0]?.scrollIntoView({ block: "nearest" });
  };

  const offsetOf = (node, offset) => {
    const known = nodes.find((one) => one.node === node);
    if (known) return known.start + offset;
    const range = document.createRange();
    range.setStart(place, 0);
    range.setEnd(node, offset);
    return range.toString().length;
  };
  const pointOf = (offset) => {
    const found = nodes.findLast((one) => one.start <= offset) || nodes[0];
    return [found.node, Math.min(offset - found.start, found.node.length)];
  };
  const select = ({ start, end }) => {
    const selection = getSelection();
    selection.setBaseAndExtent(...pointOf(start), ...pointOf(end));
    const box = selection.getRangeAt(0).getBoundingClientRect();
    if (box.bottom > innerHeight - 40 || box.top < 90) scrollBy({ top: box.top - innerHeight / 2 });
  };
  const unselect = () => getSelection().removeAllRanges();

  // What is selected, without blanks at its ends; `null` where nothing is.
  const selected = () => {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    if (!place.contains(range.startContainer) || !place.contains(range.endContainer)) return null;
    let start = offsetOf(range.startContainer, range.startOffset);
    let end = offsetOf(range.endContainer, range.endOffset);
    while (start < end && /\s/.test(text[start])) start += 1;
    while (start < end && /\s/.test(text[end - 1])) end -= 1;
    return start < end ? { start, end } : null;
  };
  const snapped = ({ start, end }) => {
    const first = words.find((word) => word.start < start && start < word.end);
    const last = words.find((word) => word.start < end && end < word.end);
    return { start: first ? first.start : start, end: last ? last.end : end };
  };

  const wordAfter = (at) => words.find((word) => word.start >= at) || words.at(-1);
  const wordBefore = (at) => words.findLast((word) => word.end <= at) || words[0];
  const sentenceFrom = (at, step) => {
    const here = sentences.findIndex((one) => at < one.end);
    const there = sentences[Math.max(0, Math.min(sentences.length - 1, here + step))];
    return there && wordAfter(there.start);
  };
  // Another place for the borders of a mention or a selection, by a key; `null` where it is none.
  const adjusted = (range, event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return null;
    let { start, end } = range;
    if (event.ctrlKey || event.altKey) {
      // Not into the middle of a character.
      const moved = (at) => {
        const to = at + step;
        return points[to] === points[at] || /[\uDC00-\uDFFF]/.test(text[to] || "") ? to + step : to;
      };
      if (event.shiftKey) end = moved(end); else start = moved(start);
    } else if (event.shiftKey) {
      if (step > 0) end = words.find((word) => word.end > end)?.end ?? end;
      else end = words.findLast((word) => word.end < end)?.end ?? end;
    } else return null;
    return start >= 0 && end <= text.length && start < end ? { start, end } : null;
  };

  // Where the text has the same words, and not as a part of other words.
  const places = (surface) => {
    const found = [];
    const isInside = (one, other) => /[\p{L}\p{N}]/u.test(one) && /[\p{L}\p{N}]/u.test(other)
      && !/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(one + other);
    const before = (at) => (at < 1 ? "" : /[\uDC00-\uDFFF]/.test(text[at - 1]) ? text.slice(at - 2, at) : text[at - 1]);
    const after = (at) => (at < text.length ? String.fromCodePoint(text.codePointAt(at)) : "");
    for (let start = text.indexOf(surface); start >= 0; start = text.indexOf(surface, start + 1)) {
      const end = start + surface.length;
      if (isInside(before(start), after(start)) || isInside(before(end), after(end))) continue;
      if (found.length && start < found.at(-1).end) continue;
      found.push({ start, end });
    }
    return found;
  };

  return {
    load, draw, point, select, unselect, selected, snapped, adjusted, places, unitsOf, charactersOf,
    wordAfter, wordBefore, sentenceFrom, element: place, slice: (one) => text.slice(one.start, one.end),
  };
})();
