// Which key does what, and what may be asked before it is done: the keyboard, its help, and the one question box.

import { button, el, setText } from "./dom.js";

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
    this.actions = el("div", { class: "actions" }, button(close, () => this.node.close()));
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
    this.dialog = new Dialog("", [this.words], { close: "Keep it running" });
    this.node = this.dialog.node;
    this.node.dataset.testid = "confirm";
    this.yes = button("", () => this.#sure(), { class: "button danger", testid: "confirm-yes" });
    this.dialog.actions.append(this.yes);
  }

  ask({ title, words, yes, then }) {
    setText(this.dialog.title, title);
    setText(this.words, words);
    setText(this.yes, yes);
    this.then = then;
    this.dialog.open();
  }

  #sure() {
    this.node.close();
    this.then?.();
  }
}
