"use strict";
// What lies over the page: who reviews, all labels, all documents, agreement, keys.
nerlink.lists = (() => {
  const { make, desk, panel } = nerlink;
  const at = (id) => document.getElementById(id);
  const STATES = { open: "open", half: "one of two", done: "done", disputed: "disputed" };
  let rows = [];
  let opened = () => {};

  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => { // beside it
      if (event.target === dialog && dialog.id !== "who-dialog") dialog.close();
    });
    dialog.addEventListener("close", () => nerlink.text.element.focus({ preventScroll: true }));
  }

  // Who reviews; not to be left without a name.
  const askName = () => new Promise((resolve) => {
    const dialog = at("who-dialog");
    at("who-name").value = desk.state.reviewer || desk.remembered();
    dialog.returnValue = "";
    dialog.oncancel = (event) => { if (!desk.state.reviewer) event.preventDefault(); };
    dialog.onclose = () => resolve(dialog.returnValue === "begin" ? at("who-name").value.trim() : "");
    dialog.showModal();
    at("who-name").select();
  });
  at("who-dialog").querySelector("form").addEventListener("submit", (event) => {
    if (!at("who-name").value.trim()) event.preventDefault();
  });

  // Any label, or a new one
  const fits = () => {
    const typed = at("label-name").value.trim().toLowerCase();
    return panel.labels().filter((one) => one.label.toLowerCase().includes(typed));
  };
  const exact = () => panel.labels().find((one) => one.label === at("label-name").value.trim());
  const drawLabels = () => {
    const typed = at("label-name").value.trim();
    at("label-list").replaceChildren(...fits().map(({ label, hue }) => {
      const button = make("button", `key ${hue}`, label);
      button.type = "button";
      button.addEventListener("click", () => takeLabel(label));
      return button;
    }));
    const isNew = typed && !fits().length;
    at("label-hint").textContent = isNew ? `Enter makes the new label “${typed}”.` : "Enter takes the first of these.";
  };
  let range = null;
  const takeLabel = async (label) => {
    at("label-dialog").close();
    await panel.addLabel(label);
    if (range) nerlink.text.select(range);
    panel.setLabel(label);
  };
  const chooseLabel = () => {
    range = nerlink.text.selected();
    at("label-name").value = "";
    drawLabels();
    at("label-dialog").showModal();
  };
  at("label-name").addEventListener("input", drawLabels);
  at("label-dialog").querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const label = exact()?.label ?? fits()[0]?.label ?? at("label-name").value.trim();
    if (label) takeLabel(label);
  });

  // All documents
  const drawRows = () => {
    const wanted = at("list-filter").value.trim().toLowerCase().split(/\s+/);
    const fit = rows.filter((one) => {
      const said = [STATES[one.state], one.id ?? "", one.start, ...one.reviewers].join(" ").toLowerCase();
      return wanted.every((word) => said.includes(word));
    });
    at("list-rows").replaceChildren(...fit.map((one) => {
      const row = make("button", `row-of-list ${one.state}`);
      row.type = "button";
      row.append(make("span", "number", String(one.number)), make("span", `state-of ${one.state}`, STATES[one.state]));
      const who = one.reviewers.length ? one.reviewers.join(", ") : one.holders.join(", ");
      row.append(make("bdi", "start", one.start), make("span", "quiet", one.reviewers.length || !who ? who : `${who} now`));
      row.append(make("span", "quiet", one.time ? one.time.replace("T", " ").replace("Z", "") : ""));
      row.addEventListener("click", () => { at("list-dialog").close(); opened(one.key); });
      return row;
    }));
    if (!fit.length) at("list-rows").append(make("p", "quiet", "None of these."));
  };
  at("list-filter").addEventListener("input", drawRows);
  at("list-dialog").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const all = [...at("list-rows").querySelectorAll("button")];
    const here = all.indexOf(document.activeElement);
    (all[here + step] || at("list-filter")).focus();
    event.preventDefault();
  });
  const showDocuments = async () => {
    rows = (await desk.ask("documents")).documents;
    at("list-filter").value = "";
    drawRows();
    at("list-dialog").showModal();
  };
  const showAgreement = async () => {
    at("agree-text").textContent = (await desk.ask("agreement")).text;
    at("agree-dialog").showModal();
  };
  const showHelp = () => at("help-dialog").showModal();
  const isOpen = () => Boolean(document.querySelector("dialog[open]"));

  return { askName, chooseLabel, showDocuments, showAgreement, showHelp, isOpen, onOpen: (call) => { opened = call; } };
})();
