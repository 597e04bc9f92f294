// Which key does what, and what may be asked before it is done: the keyboard, its help, and the one question box.

import { button, el, setText, show } from "./dom.js";

const KEYS = [
  ["j / k", "next / previous step"],
  ["Enter", "open or close the chosen step"],
  ["Space", "play or pause the video (in a replay: the replay)"],
  ["f", "follow the running step again"],
  ["Esc", "close"],
  ["?", "this help"],
];
const FIELDS = "input, textarea, select, [contenteditable]";
const PRESSABLE = `${FIELDS}, button, a, summary, video, audio`;

/** The board's keys; they are silent while the reader types somewhere. */
export class Keyboard {
  constructor(board) {
    this.board = board;
    this.help = new Dialog("Keyboard", [el("dl", { class: "keys" },
      ...KEYS.flatMap(([key, words]) => [el("dt", {}, el("kbd", { text: key })), el("dd", { text: words })]))], { close: "Close" });
    this.help.node.dataset.testid = "help";
    this.node = this.help.node;
    this.listener = (event) => this.#key(event);
    document.addEventListener("keydown", this.listener);
  }

  #key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.composedPath()[0];
    const isIn = (what) => target instanceof Element && target.closest(what) !== null;
    if (isIn(FIELDS) || this.board.node.querySelector("dialog[open]")) return;
    const action = this.#action(event.key, isIn(PRESSABLE));
    if (!action || action() === false) return;
    event.preventDefault();
  }

  #action(key, onPressable) {
    const { board } = this;
    if (onPressable && (key === " " || key === "Enter")) return null;
    return {
      j: () => board.step(1),
      k: () => board.step(-1),
      f: () => board.followAgain(),
      Enter: () => board.toggleStep(),
      " ": () => board.space(),
      Escape: () => board.closeStep(),
      "?": () => this.help.open(),
    }[key] ?? null;
  }

  close() {
    document.removeEventListener("keydown", this.listener);
  }
}

/** A modal box with a title and what is in it. */
class Dialog {
  constructor(title, content, { close }) {
    this.title = el("h2", { text: title });
    this.closer = button(close, () => this.node.close());
    this.actions = el("div", { class: "actions" }, this.closer);
    this.node = el("dialog", { class: "dialog" }, this.title, ...content, this.actions);
    this.node.addEventListener("click", (event) => event.target === this.node && this.node.close());
  }

  open() {
    if (!this.node.open) this.node.showModal();
  }
}

/** Asks before something that cannot be taken back. */
export class Confirm {
  constructor() {
    this.words = el("p", { class: "user" });
    this.label = el("span");
    this.field = el("input", { type: "text", class: "user", maxlength: 128, autocomplete: "off", spellcheck: "false", testid: "confirm-field" });
    this.box = el("label", { class: "field", hidden: true }, this.label, this.field);
    this.dialog = new Dialog("", [this.words, this.box], { close: "" });
    this.node = this.dialog.node;
    this.node.dataset.testid = "confirm";
    this.yes = button("", () => this.#sure(), { class: "button danger", testid: "confirm-yes" });
    this.dialog.actions.append(this.yes);
    this.field.addEventListener("input", () => this.#allow());
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || this.yes.disabled) return;
      event.preventDefault();
      this.#sure();
    });
  }

  /** Ask; `then` is told what was typed where `field` names something to type. */
  ask({ title, words, yes, no = "Keep it running", field = null, kind = "danger", then }) {
    setText(this.dialog.title, title);
    setText(this.words, words);
    setText(this.yes, yes);
    this.yes.className = `button ${kind}`;
    setText(this.dialog.closer, no);
    setText(this.label, field ?? "");
    this.field.value = "";
    show(this.box, field !== null);
    this.#allow();
    this.then = then;
    this.dialog.open();
    if (field !== null) this.field.focus();
  }

  #allow() {
    this.yes.disabled = !this.box.hidden && this.field.value.trim() === "";
  }

  #sure() {
    this.node.close();
    this.then?.(this.field.value.trim());
  }
}
