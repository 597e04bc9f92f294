// What needs the reader: an error with its remedy, a lost run, an unreadable file, or nothing there yet.

import { allow, button, el, icon, setText, show } from "./dom.js";
import { Settle } from "./settle.js";
import { shortRun } from "./words.js";

/** The first thing that went wrong, on top, with what to do about it. */
export class ErrorPin {
  constructor(board) {
    this.board = board;
    this.title = el("strong", { class: "user" });
    this.what = el("pre", { class: "user" });
    this.remedy = el("p", { class: "remedy" });
    this.command = el("code", { class: "user" });
    this.look = button("Show the step", () => this.row && board.choose(this.row.step_number - 1), { testid: "show-failed" });
    this.resume = button("Resume", () => this.#resume(null), { testid: "resume", class: "button primary" });
    this.sign = el("span", { class: "sign" });
    this.settle = new Settle(board);
    this.ask = button("Ask the provider again", () => this.#resume(null), { testid: "ask-again" });
    this.from = button("Resume from here", () => this.#resume(this.row?.name), { testid: "resume-from" });
    this.node = el("section", { class: "notice notice-error", testid: "error-pin", role: "alert", hidden: true },
      this.sign,
      el("div", { class: "notice-body" }, this.title, this.what, this.remedy, this.command,
        el("div", { class: "actions" }, this.settle.node, this.resume, this.ask, this.from, this.look)));
  }

  update() {
    const { state } = this.board;
    const row = state.firstFailed;
    const ended = state.head.status === "error";
    show(this.node, Boolean(row) || ended);
    if (this.node.hidden) return;
    this.row = row;
    const word = state.word;
    this.node.dataset.word = ended ? word : "issues";
    this.#sign(state.isSettled ? "completed" : row?.status === "uncertain" ? "uncertain" : "error");
    this.node.dataset.settled = state.isSettled;
    setText(this.title, this.#headline(row, word, ended));
    const reason = row?.error ?? (state.isLost ? null : state.head.error);
    setText(this.what, reason ?? "");
    show(this.what, Boolean(reason));
    this.#offer(row, word, ended);
    show(this.look, Boolean(row));
  }

  #sign(name) {
    if (this.sign.dataset.name === name) return;
    this.sign.dataset.name = name;
    this.sign.replaceChildren(icon(name));
  }

  #headline(row, word, ended) {
    if (word === "lost") {
      const at = this.board.state.head.current_step_name;
      return `Lost: the process that ran this is gone${at ? `, in the middle of \u201c${at}\u201d` : ""}. What it had done is kept.`;
    }
    if (word === "cancelled" && !row) return "This run was cancelled.";
    if (this.board.state.isSettled) return "Settled. Resume goes on with the run.";
    if (!row) return "This run failed.";
    const step = `Step ${row.step_number}, \u201c${row.task || row.name}\u201d, `;
    if (row.status === "uncertain") return `${step}is uncertain: a paid call went out and nobody knows how it ended.`;
    return `${step}failed${ended ? "" : this.board.state.isRunning ? "; the run goes on" : "; the run went on without it"}.`;
  }

  #offer(row, word, ended) {
    const run = this.board.state.runId;
    const can = ended && Boolean(run) && this.board.data.mode !== "replay";
    const isUncertain = row?.status === "uncertain";
    this.settle.update(ended ? row : null);
    show(this.resume, can && !isUncertain);
    show(this.ask, can && isUncertain);
    show(this.from, can && Boolean(row?.name) && !isUncertain); // it would pay again
    show(this.remedy, can);
    show(this.command, can);
    allow(this.resume, this.board.whyNot);
    allow(this.from, this.board.whyNot);
    allow(this.ask, this.board.whyNot);
    if (!can) return;
    const short = shortRun(run);
    if (isUncertain) {
      setText(this.remedy, "It is never paid again by itself. Say what became of it here, or in a terminal:");
      setText(this.command, `python main.py settle ${short} ${row?.name ?? "STEP"} --adopt ID | --charge-again | --skip`);
      return;
    }
    setText(this.remedy, "Resume goes on where it stopped; what is done or paid is not done again. Resume from here makes this step, and"
      + " what depends on it, anew. In a terminal:");
    const from = row?.name ? `\npython main.py resume ${short} --from ${row.name}` : "";
    setText(this.command, `python main.py resume ${short}${from}`);
  }

  async #resume(step) {
    const { board } = this;
    const run = board.state.runId;
    const answer = await board.act(() => board.api.post(board.api.runUrl(run, "/resume"), { from_step: step ?? null }), "Resumed");
    if (answer?.run_id && answer.run_id !== run) window.location.assign(board.api.pageUrl(answer.run_id));
  }
}

/** The file cannot be read: what is wrong, while the last good state stays below. */
export class Problem {
  constructor(board) {
    this.board = board;
    this.words = el("p", { class: "user" });
    this.node = el("section", { class: "notice notice-problem", testid: "problem", role: "alert", hidden: true },
      icon("uncertain"),
      el("div", { class: "notice-body" }, el("strong", { text: "The run cannot be read" }), this.words));
  }

  update() {
    const { problem } = this.board.state;
    show(this.node, Boolean(problem));
    setText(this.words, problem ?? "");
    if (problem && !this.board.state.rows.length && !this.told) this.board.diagnostics.node.open = true; // why, at once
    this.told = Boolean(problem);
  }
}

/** Nothing there yet: what to do, in three lines and one button. */
export class Waiting {
  constructor(board) {
    this.board = board;
    this.folder = el("code", { class: "user" });
    this.start = button("Start the demo", () => this.#demo(), { class: "button primary", testid: "start-demo" });
    this.node = el("section", { class: "waiting", testid: "waiting", hidden: true },
      el("h1", {}, el("span", { class: "dot", "aria-hidden": "true" }), "Waiting for a run"),
      el("ol", {},
        el("li", {}, "Start one in another terminal: ", el("code", { text: "python main.py" })),
        el("li", { text: "This page fills by itself; there is nothing to reload." }),
        el("li", {}, "Nothing comes? Then the run is in another folder. This page looks at ", this.folder)),
      el("div", { class: "actions" }, this.start, el("span", { class: "quiet", text: "It makes a short video ad here, offline and free." })));
  }

  update() {
    const { state } = this.board;
    const visible = state.known && state.isEmpty && this.board.data.mode !== "replay" && !state.problem;
    const begins = visible && this.node.hidden;
    show(this.node, visible);
    allow(this.start, this.board.whyNot);
    if (begins) this.#where();
  }

  async #where() {
    setText(this.folder, "its folder");
    try {
      const found = await this.board.api.json(`${this.board.api.page}/diagnostics`);
      setText(this.folder, found.folder || found.path || "its folder");
    } catch {
      // the diagnostics box says why
    }
  }

  async #demo() {
    this.start.disabled = true;
    const { board } = this;
    await board.act(() => board.api.post(`${board.api.plan}/demo`), "The demo starts");
    allow(this.start, board.whyNot);
  }
}

/** A few words that go away by themselves. */
export class Toast {
  constructor() {
    this.node = el("div", { class: "toast", testid: "toast", role: "status", hidden: true });
  }

  say(words, { bad = false } = {}) {
    setText(this.node, words);
    this.node.dataset.bad = bad;
    show(this.node, true);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => show(this.node, false), bad ? 8000 : 4000);
  }

  close() {
    clearTimeout(this.timer);
  }
}
