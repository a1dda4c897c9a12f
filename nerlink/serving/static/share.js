"use strict";
// A text in the fragment of an address: no server ever sees it there. Compressed where that helps
// and the browser can, and of bounded length, coming and going.
nerlink.share = (() => {
  const LONGEST = 16000; // characters of a fragment that all browsers and most programs carry

  const toBase64 = (bytes) => {
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  };
  const fromBase64 = (text) => {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (character) => character.charCodeAt(0));
  };

  const deflate = async (bytes) => {
    const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };
  // Stops at a bound: a short fragment may stand for gigabytes.
  const inflate = async (bytes, most) => {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const reader = stream.getReader();
    const parts = [];
    let n = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      n += part.value.length;
      if (n > most) {
        await reader.cancel();
        throw new Error("The text in the address is too long.");
      }
      parts.push(part.value);
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  };

  // The fragment for a text and what else is set; `null` where it would be too long.
  const write = async (text, settings) => {
    const bytes = new TextEncoder().encode(text);
    const fields = [["t", toBase64(bytes)]];
    if (typeof CompressionStream === "function") fields.push(["z", toBase64(await deflate(bytes))]);
    const [name, value] = fields.sort((one, other) => one[1].length - other[1].length)[0];
    const fragment = new URLSearchParams({ ...settings, [name]: value }).toString();
    return fragment.length > LONGEST ? null : fragment;
  };

  // The text of a fragment and the rest of it; `null` where it has no text.
  const read = async (fragment, mostCharacters) => {
    if (fragment.length > 2 * LONGEST) throw new Error("The address is too long.");
    const fields = new URLSearchParams(fragment);
    const name = ["z", "t"].find((one) => fields.has(one));
    if (!name) return null;
    try {
      let bytes = fromBase64(fields.get(name));
      if (name === "z") bytes = await inflate(bytes, 4 * mostCharacters);
      return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), fields };
    } catch (error) {
      throw new Error("The text in the address cannot be read: it is cut short or damaged.", { cause: error });
    }
  };

  // Also where the page is not served over HTTPS, and the browser hides its clipboard.
  const copy = async (text) => {
    if (navigator.clipboard && window.isSecureContext) {
      await navigator.clipboard.writeText(text);
      return;
    }
    const before = document.activeElement;
    const area = nerlink.make("textarea", "aside");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    before?.focus();
  };

  return { write, read, copy };
})();
