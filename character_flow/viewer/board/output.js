// What did a step give: its whole output, fetched where the row holds only its beginning.

import { el, setText } from "./dom.js";
import { textBlock, valueNodes } from "./value.js";
import { size } from "./words.js";

const PREVIEW_CHARS = 2000;
const READ_WHOLE = 3_000_000;
const READ_BEGINNING = 260_000;

/** The output of one step; its nodes are made anew only when it is another output. */
export class Output {
  #key = null;
  #abort = null;

  constructor(board) {
    this.board = board;
    this.body = el("div", { class: "output-body" });
    this.copy = el("button", { type: "button", class: "button small", text: "Copy", on: { click: () => this.#copy() } });
    this.save = el("a", { class: "button small", text: "Download", download: true });
    this.title = el("h3", { text: "Output" });
    this.node = el("section", { class: "output", testid: "output" },
      el("header", { class: "section-head" }, this.title, el("span", { class: "actions" }, this.copy, this.save)), this.body);
  }

  /** Show a row's output, or nothing. */
  show(row) {
    const { state, api } = this.board;
    const hero = this.board.hero.path;
    const key = [state.runId, row.step_number, row.attempt, row.status, row.output_ref, row.output?.length, hero].join("|");
    if (key === this.#key) return;
    this.#key = key;
    this.#abort?.abort();
    this.row = row;
    this.node.hidden = row.output === null || row.output === undefined;
    if (this.node.hidden) return this.body.replaceChildren();
    this.save.hidden = !state.runId;
    if (state.runId) this.save.href = `${this.#url()}?download=1`;
    const shown = guess(row.output);
    const isPart = Boolean(row.output.length >= PREVIEW_CHARS && state.runId && api);
    this.value = isPart ? undefined : shown; // what is copied before the whole is there is fetched too
    this.#draw(valueNodes(shown, this.#place()));
    if (isPart) this.#fetch(key);
    return undefined;
  }

  #url() {
    return this.board.api.runUrl(this.board.state.runId, `/outputs/${this.row.step_number}`);
  }

  #draw(nodes) {
    this.body.replaceChildren(...nodes);
  }

  #place() {
    const { state, api, hero } = this.board;
    const run = state.runId;
    const known = new Map([...(state.head.artifacts ?? []), ...(this.row.artifacts ?? [])].map((a) => [a.path, a]));
    return {
      fileUrl: (path) => api.fileUrl(run, path),
      known: (path) => known.get(path),
      isHero: (path) => hero.path === path,
      toHero: () => hero.play(),
    };
  }

  async #fetch(key) {
    this.#abort = new AbortController();
    const wait = el("p", { class: "quiet", text: "Fetching the whole output ..." });
    this.body.append(wait);
    try {
      const response = await this.board.api.fetch(this.#url(), { signal: this.#abort.signal });
      const bytes = Number(response.headers.get("content-length"));
      const nodes = bytes > READ_WHOLE ? await this.#beginning(response, bytes) : await this.#whole(response);
      if (key === this.#key) this.#draw(nodes);
    } catch (error) {
      if (error.name === "AbortError" || key !== this.#key) return;
      setText(wait, `Only its beginning is shown: ${error.message}`);
    }
  }

  async #whole(response) {
    this.value = (await response.json()).value;
    return valueNodes(this.value, this.#place());
  }

  /** The first 200 KB of an output that would be too much for the page. */
  async #beginning(response, bytes) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (text.length < READ_BEGINNING) {
      const { done, value } = await reader.read();
      if (done) break;
      text += value;
    }
    await reader.cancel();
    this.value = undefined; // what is copied is fetched
    const words = `The output is ${size(bytes)}. This is its beginning; download it for the rest.`;
    return [el("p", { class: "quiet", text: words }), textBlock(textOf(text).slice(0, 200_000))];
  }

  async #copy() {
    try {
      let { value } = this;
      if (value === undefined) value = (await this.board.api.json(this.#url())).value;
      await copyText(typeof value === "string" ? value : JSON.stringify(value, null, 2));
      this.board.toast("Copied");
    } catch (error) {
      this.board.toast(`Not copied: ${error.message}`);
    }
  }
}

/** A preview as the value it is most likely of: JSON that is whole is a value, anything else is text. */
function guess(preview) {
  if (preview.length >= PREVIEW_CHARS || !/^\s*[[{]/.test(preview)) return preview;
  try {
    return JSON.parse(preview);
  } catch {
    return preview;
  }
}

/** The text that a cut `{"value": ...` begins with. */
function textOf(json) {
  const begun = /^\s*\{\s*"value"\s*:\s*"/.exec(json);
  if (!begun) return json.replace(/^\s*\{\s*"value"\s*:\s*/, "");
  const inside = json.slice(begun[0].length).replace(/\\(?:u[0-9a-fA-F]{0,3})?$/, "");
  try {
    return JSON.parse(`"${inside}"`);
  } catch {
    return inside;
  }
}

/** Put text on the clipboard, also where the page is not a secure context. */
export async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = el("textarea", { class: "off-screen" });
  field.value = text;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (!copied) throw new Error("this browser does not allow it");
  return undefined;
}
