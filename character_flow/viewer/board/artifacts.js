// What did the run make: its files as a strip of cards, newest first.

import { el, setText, show } from "./dom.js";
import { kindOf, nameOf, thumbnail } from "./media.js";
import { size } from "./words.js";

/** The strip. A card stays the same node while its file is there. */
export class Artifacts {
  #cards = new Map();

  constructor(board) {
    this.board = board;
    this.title = el("h2", { text: "Files" });
    this.more = el("span", { class: "quiet" });
    this.export = el("a", { class: "link", text: "Export the run (zip)", download: true });
    this.strip = el("div", { class: "strip" });
    this.node = el("section", { class: "artifacts", testid: "artifacts", "aria-label": "Files of the run", hidden: true },
      el("header", { class: "section-head" }, this.title, this.more, this.export), this.strip);
  }

  update() {
    const { state, api } = this.board;
    const all = state.runId ? state.head.artifacts ?? [] : [];
    const files = worthSeeing(all).reverse();
    show(this.node, files.length > 0);
    if (!files.length && !this.#cards.size) return;
    if (state.runId) this.export.href = api.runUrl(state.runId, "/export");
    const total = state.head.artifact_count || all.length;
    setText(this.more, total > all.length ? `the newest ${files.length} of ${total}` : "");
    const wanted = new Map(files.map((file) => [`${state.runId}|${file.path}|${file.sha256}`, file]));
    for (const [key, card] of this.#cards) {
      if (wanted.has(key)) continue;
      card.remove();
      this.#cards.delete(key);
    }
    let before = this.strip.firstElementChild;
    for (const [key, file] of wanted) {
      const card = this.#cards.get(key) ?? this.#add(key, file);
      if (card === before) before = before.nextElementSibling;
      else this.strip.insertBefore(card, before);
    }
  }

  #add(key, file) {
    const { state, api } = this.board;
    const url = api.fileUrl(state.runId, file.path);
    const isHero = kindOf(file.path, file.kind) === "video";
    const card = el("a", {
      class: "card", href: url, target: "_blank", rel: "noopener", title: file.path,
      on: { click: (event) => {
        if (!isHero || this.board.hero.path !== file.path) return;
        event.preventDefault();
        this.board.hero.play();
      } },
    }, thumbnail(url, file.path, { ...file, still: true }), el("span", { class: "card-name user", text: nameOf(file.path) }),
    el("span", { class: "quiet", text: size(file.bytes) }));
    this.#cards.set(key, card);
    return card;
  }
}

/** All but previews of what is made by now: the thing itself lies beside them. */
function worthSeeing(files) {
  const folder = (file) => file.path.slice(0, file.path.lastIndexOf("/") + 1);
  const made = new Set(files.filter((file) => file.kind !== "preview").map(folder));
  return files.filter((file) => file.kind !== "preview" || !made.has(folder(file)));
}
