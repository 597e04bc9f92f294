// Why do I see nothing: what the gateway knows of the file, its writer and itself, asked while this is open.

import { button, el, setText, show } from "./dom.js";
import { ago, size } from "./words.js";

const EVERY_MS = 5000;

/** The troubleshooting section, answered by the page itself. */
export class Diagnostics {
  constructor(board) {
    this.board = board;
    this.answers = el("ul", { class: "answers" });
    this.facts = el("dl", { class: "facts" });
    this.words = el("p", { class: "quiet user" });
    this.node = el("details", { class: "fold", testid: "diagnostics" },
      el("summary", {}, el("span", { class: "fold-title", text: "Diagnostics" })),
      el("div", { class: "diagnostics-body" }, this.answers, this.facts, this.words,
        button("Look again", () => this.#look(), { class: "button small" })));
    this.node.addEventListener("toggle", () => this.#again());
  }

  update() {
    show(this.node, this.board.data.mode !== "replay");
  }

  #again() {
    clearTimeout(this.timer);
    if (!this.node.open || this.board.closed) return;
    this.#look().finally(() => {
      clearTimeout(this.timer);
      if (this.node.open && !this.board.closed) this.timer = setTimeout(() => this.#again(), EVERY_MS);
    });
  }

  async #look() {
    try {
      const found = await this.board.api.json(`${this.board.api.page}/diagnostics`);
      setText(this.words, found.problem ?? "");
      this.#draw(found);
    } catch (error) {
      setText(this.words, `The server did not answer: ${error.message}`);
    }
  }

  #draw(found) {
    this.answers.replaceChildren(...(found.answers ?? []).map(({ question, answer, ok }) => el("li", { class: ok ? "is-ok" : "is-bad" },
      el("span", { class: "answer-mark", role: "img", "aria-label": ok ? "fine" : "look here", text: ok ? "\u2713" : "!" }),
      el("span", {}, el("strong", { class: "user", text: question }), " ", el("span", { class: "user", text: answer })))));
    this.facts.replaceChildren(...factsOf(found).filter(([, value]) => value !== "" && value !== null && value !== undefined)
      .map(([word, value]) => el("div", {}, el("dt", { text: word }), el("dd", { class: "user", text: value }))));
  }

  close() {
    clearTimeout(this.timer);
  }
}

function factsOf(found) {
  const yes = (value) => (value === undefined || value === null ? "" : value ? "yes" : "no");
  return [
    ["File", found.path], ["Folder", found.folder], ["It is", found.kind], ["Size", Number.isFinite(found.bytes) ? size(found.bytes) : ""],
    ["Written", Number.isFinite(found.age_s) ? ago(found.age_s) : ""], ["Readable", yes(found.readable)], ["Writable", yes(found.writable)],
    ["Writer", [found.writer?.kind, found.writer?.who].filter((word) => word && word !== "none").join(", ")], ["Run", found.run_id],
    ["Last event", found.last_seq ? String(found.last_seq) : ""], ["Cursor", found.cursor],
    ["Pages open", Number.isFinite(found.clients) ? String(found.clients) : ""],
    ["Watching", { notify: "told by the system at once", looking: "looks several times a second" }[found.watching] ?? found.watching],
  ];
}
