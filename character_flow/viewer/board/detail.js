// What about the chosen step: how it stands, what it says while it works, what it gave.

import { el, growText, setAttr, setStatus, setText, show, statusIcon } from "./dom.js";
import { media } from "./media.js";
import { Output } from "./output.js";
import { Settle } from "./settle.js";
import { isUnpriced } from "./state.js";
import { clock, exactSeconds, fullTime, money, STEP_WORDS } from "./words.js";

const TEXT_CHARS = 2000;

const TRAIL = 12;

/** What a step said while it worked, as far as it was seen; `Frame 7 of 213` takes the place of `Frame 6 of 213`. */
class Trail {
  #place = null;
  #last = null;

  constructor() {
    this.node = el("ol", { class: "trail", testid: "trail" });
  }

  show(place, row, { works, ms }) {
    if (place !== this.#place) {
      this.#place = place;
      this.#last = null;
      this.node.replaceChildren();
    }
    show(this.node, works && this.node.childElementCount > 1);
    const kind = row.message?.replace(/\d+/g, "#");
    if (!works || !row.message || this.#last?.message === row.message) return;
    if (this.#last?.kind !== kind) {
      this.#last = { kind, words: el("span", { class: "user" }) };
      this.node.append(el("li", {}, el("time", { text: clock(new Date(ms).toISOString()) }), this.#last.words));
      if (this.node.childElementCount > TRAIL) this.node.firstElementChild.remove();
    }
    this.#last.message = row.message;
    setText(this.#last.words, row.message);
    show(this.node, this.node.childElementCount > 1);
  }
}

/** The panel of the chosen step. */
export class Detail {
  #sticks = true;
  #shown = null;

  constructor(board) {
    this.board = board;
    this.output = new Output(board);
    this.icon = statusIcon();
    this.task = el("h2", { class: "user" });
    this.name = el("span", { class: "quiet user" });
    this.tool = el("code", { class: "user" });
    this.close = el("button", {
      type: "button", class: "button icon-button detail-close", title: "Close (Esc)", "aria-label": "Close the step",
      text: "\u2715", on: { click: () => board.closeStep() },
    });
    this.facts = {};
    this.list = el("dl", { class: "facts" });
    for (const word of ["Status", "Started", "Completed", "Duration", "Attempts", "Cost", "Prediction", "Taken over from"]) {
      const value = el("dd", { class: "user" });
      this.facts[word] = { value, node: el("div", {}, el("dt", { text: word }), value) };
      this.list.append(this.facts[word].node);
    }
    this.error = el("pre", { class: "error-box user", role: "note" });
    this.settle = new Settle(board);
    this.reattached = el("p", { class: "reattached user", testid: "reattached", title: "An earlier attempt made this call; nothing was called again." });
    this.message = el("p", { class: "message user" });
    this.bar = el("progress", { max: 100, "aria-label": "Progress of this step" });
    this.trail = new Trail();
    this.text = el("pre", { class: "text growing user", testid: "growing-text" });
    this.text.addEventListener("scroll", () => {
      this.#sticks = this.text.scrollTop + this.text.clientHeight > this.text.scrollHeight - 24;
    }, { passive: true });
    this.files = el("div", { class: "files" });
    this.empty = el("p", { class: "quiet" });
    this.node = el("section", { class: "detail", testid: "detail", "aria-label": "The chosen step", tabindex: "-1" },
      el("header", { class: "detail-head" }, this.icon, el("div", { class: "detail-title" }, this.task,
        el("p", { class: "detail-sub" }, this.tool, this.name)), this.close),
      this.list, this.reattached, this.error, this.settle.node, this.bar, this.message, this.text, this.trail.node, this.output.node, this.files, this.empty);
  }

  update() {
    const { state, chosen } = this.board;
    const row = chosen === null ? null : state.rows[chosen];
    show(this.node, Boolean(row));
    if (!row) return;
    const place = `${state.runId}|${chosen}|${row.attempt}`;
    if (place !== this.#shown) {
      this.#shown = place;
      this.#sticks = true;
    }
    const status = state.shownStatus(row);
    this.node.dataset.status = status;
    this.node.dataset.step = row.step_number;
    setStatus(this.icon, status, STEP_WORDS[status] ?? status);
    setText(this.task, row.task || row.name || `Step ${row.step_number}`);
    setText(this.tool, row.tool_id);
    setText(this.name, `step ${row.step_number}${row.name ? ` · ${row.name}` : ""}`);
    this.#facts(row, status);
    const error = state.errorOf(row);
    show(this.error, Boolean(error));
    setText(this.error, error ?? "");
    this.settle.update(row === state.firstFailed ? null : row); // the first one's are on top of the page
    show(this.reattached, Boolean(row.reattached && row.prediction_id));
    setText(this.reattached, `Re-attached to prediction ${row.prediction_id ?? ""}`);
    this.#working(row, status);
    this.trail.show(place, row, { works: status === "running", ms: state.now() });
    if (!this.trail.node.hidden) show(this.message, false); // it is the trail's last line
    this.output.show(row);
    this.#files(row);
    this.#nothing(row, status);
  }

  #facts(row, status) {
    this.#fact("Status", STEP_WORDS[status] ?? status);
    this.#time("Started", row.started_at);
    this.#time("Completed", row.completed_at);
    this.tick();
    this.#fact("Attempts", row.attempt > 1 ? String(row.attempt) : "");
    this.#fact("Cost", Number.isFinite(row.cost_usd) ? money(row.cost_usd) : isUnpriced(row) ? "unknown" : "");
    this.#fact("Prediction", row.prediction_id ?? "");
    this.#fact("Taken over from", row.reused_from ?? "");
  }

  #fact(word, text) {
    show(this.facts[word].node, text !== "");
    setText(this.facts[word].value, text);
  }

  #time(word, iso) {
    this.#fact(word, iso ? clock(iso) : "");
    setAttr(this.facts[word].value, "title", iso ? fullTime(iso) : null);
  }

  tick() {
    const { state, chosen } = this.board;
    const row = chosen === null ? null : state.rows[chosen];
    if (row) this.#fact("Duration", exactSeconds(state.stepSeconds(row)));
  }

  /** Message, bar and text of a step that works; the text of one that ended without an output. */
  #working(row, status) {
    const works = status === "running";
    show(this.bar, works && Number.isFinite(row.progress));
    if (works && Number.isFinite(row.progress)) this.bar.value = row.progress;
    show(this.message, Boolean(row.message) && (works || status === "skipped" || status === "pending"));
    setText(this.message, row.message ?? "");
    const hasText = Boolean(row.text) && (works || row.output === null || row.output === undefined);
    show(this.text, hasText);
    if (!hasText) return;
    const text = row.text.length >= TEXT_CHARS ? `\u2026${row.text}` : row.text;
    if (growText(this.text, text) && this.#sticks) this.text.scrollTop = this.text.scrollHeight;
  }

  /** Files the step made that its output does not name. */
  #files(row) {
    const { state, api, hero } = this.board;
    const output = row.output ?? "";
    const found = (row.artifacts ?? []).filter((a) => !output.includes(a.path) && a.path !== hero.path);
    const key = `${state.runId}|${row.step_number}|${found.map((a) => a.sha256 ?? a.path).join()}`;
    if (this.files.dataset.key === key) return;
    this.files.dataset.key = key;
    this.files.replaceChildren(...(state.runId ? found.map((a) => media(api.fileUrl(state.runId, a.path), a.path, a)) : []));
  }

  #nothing(row, status) {
    const waits = { pending: "This step has not started yet.", running: row.text || row.message ? "" : "At work ..." };
    const hasOutput = row.output !== null && row.output !== undefined;
    const words = hasOutput || row.error ? "" : waits[status] ?? (status === "completed" ? "It gave no output." : "");
    show(this.empty, words !== "" && !(status === "running" && this.files.childElementCount));
    setText(this.empty, words);
  }
}
