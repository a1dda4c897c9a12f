"use strict";
// What pages show of a mention, made of elements: texts are never read as HTML.
// Static pages carry this inside, the page of a server loads it.
const nerlink = (() => {
  const make = (name, className, text) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const number = (value) => (value === null || value === undefined ? "" : value.toFixed(2));
  const named = (entity, name) => {
    const cell = make("span", "", name);
    if (name !== entity) cell.append(make("span", "id", entity));
    return cell;
  };
  const row = (left, value) => {
    const line = make("div", "row");
    line.append(left, make("span", "number", value));
    return line;
  };
  const bar = (share) => {
    const fill = make("span", "fill");
    fill.style.width = `${100 * Math.max(0, Math.min(1, share || 0))}%`;
    return fill;
  };

  // `about` has the fields of a mention, `name`, and candidates as lists, name first. What `show`
  // makes of an entity and its name stands in the first column.
  const candidateTable = (about, show = named) => {
    const table = make("table", "candidates");
    const head = table.createTHead().insertRow();
    for (const title of ["candidate", "", "score", "prior", "seen"]) head.append(make("th", "", title));
    const body = table.createTBody();
    for (const [name, entity, score, prior, count] of about.candidates) {
      const line = body.insertRow();
      if (entity === about.entity) line.className = "chosen";
      line.insertCell().append(show(entity, name));
      const cell = line.insertCell();
      cell.className = "bar-cell";
      cell.append(bar(score === null ? prior : score));
      for (const value of [number(score), number(prior), count || ""]) line.insertCell().textContent = value;
    }
    return table;
  };

  // Label and link, a line each.
  const summary = (about, hue) => {
    const lines = [row(make("span", `tag ${hue}`, about.label || "no label"), number(about.score))];
    if (about.entity !== null) {
      const link = make("span");
      link.append("→ ", named(about.entity, about.name));
      if (about.nil) link.append(make("span", "id", about.nil));
      lines.push(row(link, number(about.link_score)));
    }
    return lines;
  };

  return { make, number, named, row, bar, candidateTable, summary };
})();
