// What does the run ask, and what is it told: the box for texts, choices, approvals, and pictures or texts to pick from.

import { allow, button, el, setText, show } from "./dom.js";
import { kindOf, nameOf } from "./media.js";
import { roughly } from "./words.js";

/** The open question. What the reader has typed stays until it is another question. */
export class Question {
  #id = null;

  constructor(board) {
    this.board = board;
    this.where = el("span", { class: "quiet user" });
    this.prompt = el("p", { class: "prompt user" });
    this.form = el("form", { on: { submit: (event) => this.#submit(event) } });
    this.limit = el("span", { class: "quiet" });
    this.node = el("section", { class: "notice notice-question", testid: "question", "aria-label": "The run asks", hidden: true },
      el("div", { class: "notice-body" },
        el("div", { class: "question-head" }, el("strong", { text: "The run asks you" }), this.where, this.limit), this.prompt, this.form));
  }

  update() {
    const { state, data } = this.board;
    const asked = state.isRunning ? state.head.input_request : null;
    show(this.node, Boolean(asked));
    if (!asked) {
      this.#id = null;
      return;
    }
    const id = `${state.runId}|${asked.request_id}|${asked.prompt}`;
    this.#allow(data.mode === "replay" ? "A replay cannot be answered" : this.board.whyNot);
    if (id === this.#id) return;
    this.#id = id;
    this.asked = asked;
    const row = state.rows[asked.step - 1];
    setText(this.where, row ? `step ${asked.step}, ${row.task || row.name}` : "");
    setText(this.prompt, asked.prompt);
    this.form.replaceChildren(...this.#fields(asked));
    this.form.classList.toggle("options", asked.kind === "pick");
    this.#allow(data.mode === "replay" ? "A replay cannot be answered" : this.board.whyNot);
    this.tick();
  }

  #fields(asked) {
    this.field = null;
    if (asked.kind === "choice") {
      return asked.choices.map((choice) => button(choice, () => this.#send(choice), {
        class: choice === asked.default ? "button primary user" : "button user", title: choice === asked.default ? "The default" : null,
      }));
    }
    if (asked.kind === "pick" && asked.options?.length) return asked.options.map((option, i) => this.#option(option, i));
    const isApproval = asked.kind === "approve";
    const hint = isApproval ? "Or say what should be different" : "Your answer";
    this.field = el("textarea", { rows: 2, maxlength: 5000, placeholder: hint, "aria-label": hint, testid: "answer-field", class: "user" });
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) this.form.requestSubmit();
    });
    if (isApproval) {
      return [button("Approve", () => this.#send("approve"), { class: "button primary", testid: "approve" }), this.field,
        button("Send feedback", null, { type: "submit", testid: "feedback" })];
    }
    if (asked.default) this.field.value = asked.default;
    return [this.field, button("Answer", null, { type: "submit", class: "button primary", testid: "send-answer" })];
  }

  /** One thing to pick: its picture or video, its text, and what it is called. The whole card is the button. */
  #option(option, position) {
    const { asked, board } = this;
    const name = asked.choices[position];
    const isDefault = name === asked.default;
    const media = option.file ? picture(board.api.fileUrl(board.state.runId, option.file), option.file) : null;
    const text = option.text && option.text.trim() !== name ? option.text : null;
    return el("button", {
      type: "button", class: `option${isDefault ? " is-default" : ""}`, testid: "option", "aria-label": `Pick ${position + 1}: ${name}`,
      title: isDefault ? "The default" : null, on: { click: () => this.#send(name) },
    }, media, el("span", { class: "option-words" },
      el("span", { class: "option-number", text: String(position + 1) }), el("span", { class: "option-name user", text: name })),
    text ? el("span", { class: "option-text user", text }) : null);
  }

  #allow(reason) {
    for (const node of this.form.querySelectorAll("button")) {
      if (reason || node.disabled) allow(node, reason);
    }
  }

  #submit(event) {
    event.preventDefault();
    const value = this.field?.value.trim();
    if (value) this.#send(value);
    else this.field?.focus();
  }

  async #send(value) {
    const { board, asked } = this;
    const url = board.api.runUrl(board.state.runId, "/answer");
    await board.act(() => board.api.post(url, { request_id: asked.request_id, value }), "Answered");
  }

  /** How long the question waits, and what happens then. */
  tick() {
    if (this.node.hidden || !this.asked) return;
    const { expires_at: until, default: preset } = this.asked;
    const left = until ? (Date.parse(until) - this.board.state.now()) / 1000 : null;
    const then = preset ? `, then \u201c${preset}\u201d is taken` : "";
    setText(this.limit, left === null ? "" : left > 0 ? `waits ${roughly(left)} more${then}` : "its time is over");
  }
}

/** What an option looks like; a file that cannot be shown is told by its name. */
function picture(url, path) {
  const kind = kindOf(path);
  const told = () => el("span", { class: "option-file quiet user", text: nameOf(path) });
  if (kind !== "image" && kind !== "video") return told();
  const node = kind === "image" ? el("img", { class: "option-picture", src: url, alt: "", decoding: "async" })
    : el("video", { class: "option-picture", src: url, preload: "metadata", tabindex: "-1", "aria-hidden": "true" });
  node.muted = true;
  node.addEventListener("error", () => node.replaceWith(told()), { once: true });
  return node;
}
