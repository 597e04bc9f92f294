// What exactly happened: the journal's lines as they are, newest at the end, read only while this is open.

import { el, setText, show } from "./dom.js";
import { clock, fullTime } from "./words.js";

const PAGE = 200;
const KEPT = 500;
const LINE_CHARS = 240;

/** The raw events of the run. */
export class Events {
  #run = null;
  #first = 0;
  #last = 0;
  #busy = false;

  constructor(board) {
    this.board = board;
    this.older = el("button", { type: "button", class: "button small", text: "Older events", on: { click: () => this.#older() } });
    this.lines = el("ol", { class: "lines" });
    this.words = el("p", { class: "quiet user" });
    this.box = el("div", { class: "lines-box" }, this.older, this.lines, this.words);
    this.count = el("span", { class: "quiet" });
    this.node = el("details", { class: "fold", testid: "events" },
      el("summary", {}, el("span", { class: "fold-title", text: "Raw events" }), this.count), this.box);
    this.node.addEventListener("toggle", () => this.update());
  }

  update() {
    const { state, data } = this.board;
    show(this.node, Boolean(state.runId) && data.mode !== "replay");
    setText(this.count, state.head.seq ? `${state.head.seq.toLocaleString("en")}` : "");
    if (!this.node.open || this.node.hidden) return;
    if (this.#run !== state.runId) {
      this.#run = state.runId;
      this.lines.replaceChildren();
      this.#last = Math.max(0, (state.head.seq ?? 0) - PAGE);
      this.#first = this.#last;
    }
    if ((state.head.seq ?? 0) > this.#last) this.#newer();
  }

  async #page(after, limit) {
    const url = this.board.api.runUrl(this.#run, `/journal?after=${after}&limit=${limit}`);
    return (await this.board.api.json(url)).events;
  }

  async #newer() {
    if (this.#busy) return;
    this.#busy = true;
    const run = this.#run;
    try {
      const atEnd = this.box.scrollTop + this.box.clientHeight > this.box.scrollHeight - 40;
      const found = await this.#page(this.#last, PAGE);
      if (run !== this.#run) return;
      setText(this.words, "");
      this.lines.append(...found.map(line));
      if (found.length) this.#last = found.at(-1).seq;
      while (this.lines.childElementCount > KEPT) this.#drop(this.lines.firstElementChild);
      if (atEnd) this.box.scrollTop = this.box.scrollHeight;
    } catch (error) {
      setText(this.words, error.message);
      await new Promise((resume) => setTimeout(resume, 2000));
    } finally {
      this.#busy = false;
      show(this.older, this.#first > 0);
    }
    if (this.node.open && (this.board.state.head.seq ?? 0) > this.#last && !this.board.closed) setTimeout(() => this.update(), 200);
  }

  #drop(node) {
    this.#first = Number(node.dataset.seq);
    node.remove();
  }

  async #older() {
    const after = Math.max(0, this.#first - PAGE);
    try {
      const found = (await this.#page(after, this.#first - after)).filter((event) => event.seq <= this.#first);
      const height = this.box.scrollHeight;
      this.lines.prepend(...found.map(line));
      this.box.scrollTop += this.box.scrollHeight - height;
      this.#first = after;
      show(this.older, after > 0);
      while (this.lines.childElementCount > KEPT) {
        this.#last = Number(this.lines.lastElementChild.dataset.seq) - 1;
        this.lines.lastElementChild.remove();
      }
    } catch (error) {
      setText(this.words, error.message);
    }
  }
}

/** One event: a line that opens to the whole of it. */
function line(event) {
  const said = JSON.stringify(event.data ?? {});
  const node = el("li", { "data-seq": event.seq },
    el("details", {},
      el("summary", {},
        el("span", { class: "line-seq", text: String(event.seq) }),
        el("time", { text: clock(event.ts), title: fullTime(event.ts) }),
        el("span", { class: "line-type user", text: event.type }),
        el("span", { class: "line-step", text: event.step ? `step ${event.step}` : "" }),
        el("span", { class: "line-data user", text: said === "{}" ? "" : said.slice(0, LINE_CHARS) }))));
  const box = node.firstElementChild;
  box.addEventListener("toggle", () => {
    if (box.childElementCount === 1) box.append(el("pre", { class: "text user", text: JSON.stringify(event, null, 2).slice(0, 100_000) }));
  });
  return node;
}
