"use strict";
// Documents from the server and back: one at a time, the next one ahead; unfinished work is kept here.
nerlink.desk = (() => {
  const { talk, text } = nerlink;
  const NAME = "nerlink-reviewer";
  const desk = { reviewer: "", session: null, doc: null, skipped: [], progress: null };
  let ahead = null; // the promise of the next document
  let told = () => {};

  const ask = async (path, body = {}) => {
    const answer = await talk.ask(`review/${path}`, { body: { reviewer: desk.reviewer, ...body } });
    if (answer.progress) { desk.progress = answer.progress; told(); }
    return answer;
  };
  const lookUp = (path, body, signal) => talk.ask(`review/${path}`, { body, signal });
  const plain = ({ start, end, label, entity }) => ({ start, end, label, entity });
  const written = (mentions) => mentions.map((one) => plain(text.charactersOf(one)));

  // Unfinished work, by session, reviewer and document.
  const slot = (key) => `nerlink-review:${desk.session.session}:${desk.reviewer}:${key}`;
  const keepDraft = (mentions) => {
    if (!desk.doc) return;
    try {
      const { key, text: { length } } = desk.doc;
      localStorage.setItem(slot(key), JSON.stringify({ length, mentions: mentions.map(plain) }));
    } catch { /* the browser keeps nothing: the page itself still does */ }
  };
  const draftOf = (doc) => {
    try {
      const draft = JSON.parse(localStorage.getItem(slot(doc.key)));
      return draft && draft.length === doc.text.length ? draft.mentions : null;
    } catch { return null; }
  };
  const dropDraft = (key) => { try { localStorage.removeItem(slot(key)); } catch { /* none is kept */ } };

  const held = async () => {
    const next = await ahead?.catch(() => null);
    return [desk.doc?.key, next?.key].filter(Boolean);
  };
  const fetchNext = async () => {
    const beside = [desk.doc?.key, ...desk.skipped].filter(Boolean);
    return (await ask("next", { beside })).document;
  };
  // Once more where the base was changed: an entity that is new is then among the candidates.
  const lookAhead = () => { ahead = fetchNext(); ahead.catch(() => {}); };

  const next = async () => {
    const waiting = ahead;
    ahead = null;
    desk.doc = null;
    let found = await waiting?.catch(() => null);
    if (!found) found = await fetchNext();
    if (!found && desk.skipped.length) {
      desk.skipped = [];
      found = await fetchNext();
    }
    desk.doc = found;
    if (found) lookAhead();
    return found;
  };
  const open = async (key) => {
    if (desk.doc?.key === key) return desk.doc;
    const { document: found } = await ask("open", { key });
    if (desk.doc) ask("release", { keys: [desk.doc.key] }).catch(() => {});
    desk.doc = found;
    if ((await ahead?.catch(() => null))?.key === key) ahead = null;
    if (!ahead) lookAhead();
    return found;
  };
  const save = async (mentions) => {
    const { key, informed } = desk.doc;
    const answer = await ask("save", { key, informed, mentions: written(mentions) });
    dropDraft(key);
    return answer;
  };
  const skip = () => {
    const { key } = desk.doc;
    desk.skipped.push(key);
    ask("release", { keys: [key] }).catch(() => {});
    return next();
  };
  const enter = async (reviewer) => {
    desk.reviewer = reviewer;
    ahead = null;
    desk.doc = null;
    desk.skipped = [];
    try { localStorage.setItem(NAME, reviewer); } catch { /* it is asked again next time */ }
    desk.session = await ask("session");
    clearInterval(desk.timer);
    const keep = async () => { ask("keep", { keys: await held() }).catch(() => {}); };
    desk.timer = setInterval(keep, 1000 * Math.max(1, desk.session.lease / 4));
  };
  const remembered = () => {
    const asked = new URLSearchParams(location.search).get("reviewer")?.trim();
    try { return asked || localStorage.getItem(NAME) || ""; } catch { return asked || ""; }
  };

  return {
    state: desk, ask, lookUp, lookAhead, next, open, save, skip, enter, remembered, keepDraft, draftOf, dropDraft, written,
    onProgress: (call) => { told = call; },
  };
})();
