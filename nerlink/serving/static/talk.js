"use strict";
// Requests to the server of the page: one shape of errors, its token, and patience while it is busy.
nerlink.setup = JSON.parse(document.body.dataset.setup);
nerlink.talk = (() => {
  const PATIENCE = 4; // times that a busy server is asked
  const door = document.getElementById("door");
  const token = document.getElementById("token");
  const KEY = "nerlink-token";
  let entered = () => {};

  const wait = (seconds, signal) => new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal?.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); });
  });

  const reason = async (answer) => {
    const type = answer.headers.get("content-type") || "";
    const said = type.startsWith("application/json") ? await answer.json() : {};
    return said.error?.message || `The server answers ${answer.status}.`;
  };

  const ask = async (path, { body, signal } = {}) => {
    const headers = {};
    const known = sessionStorage.getItem(KEY);
    if (known) headers.Authorization = `Bearer ${known}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const request = {
      method: body === undefined ? "GET" : "POST",
      body: body === undefined ? undefined : JSON.stringify(body),
      headers, signal, credentials: "omit",
    };
    for (let n = 1; ; n += 1) {
      const answer = await fetch(path, request).catch((error) => {
        // What a browser says of a network is different in each, and in its own language.
        throw error instanceof TypeError ? new Error("The server cannot be reached.") : error;
      });
      if (answer.ok) return answer.json();
      if (answer.status === 401) {
        door.hidden = false;
        token.focus();
      }
      const seconds = Number(answer.headers.get("retry-after"));
      if (![429, 503].includes(answer.status) || n === PATIENCE) throw new Error(await reason(answer));
      await wait(Math.min(10, seconds || 1), signal);
    }
  };

  door.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = token.value.trim();
    token.value = "";
    if (!/^[!-~]+$/.test(given)) { // no token is like that, and no header could bear it
      token.placeholder = "letters, digits and marks";
      return;
    }
    sessionStorage.setItem(KEY, given);
    door.hidden = true;
    entered();
  });

  return { ask, onEntered: (call) => { entered = call; } };
})();
