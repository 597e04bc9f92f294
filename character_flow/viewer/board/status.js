// Is it alive, what is it doing, how far, how long left: the line on top, the metrics and the bar.

import { allow, button, el, plain, setAttr, setText, show } from "./dom.js";
import { ago, fullTime, money, roughly, RUN_WORDS, seconds } from "./words.js";

const LINKS = {
  connecting: "connecting ...",
  live: "live",
  polling: "polling",
  paused: "paused",
  offline: "server not reachable, trying again",
  replay: "replay",
};

/** The head of the board. */
export class Status {
  constructor(board) {
    this.board = board;
    this.pill = el("span", { class: "pill", testid: "status" }, el("span", { class: "dot", "aria-hidden": "true" }));
    this.word = el("span");
    this.pill.append(this.word);
    this.link = el("span", { class: "link-state", testid: "connection" });
    this.plan = el("h1", { class: "user", testid: "plan" });
    this.run = el("span", { class: "quiet user run-id", testid: "run-id" });
    this.cancel = button("Cancel run", () => board.askCancel(), { testid: "cancel" });
    this.metrics = el("dl", { class: "metrics", testid: "metrics" });
    this.values = {};
    for (const [key, word] of [
      ["steps", "Steps"], ["duration", "Duration"], ["left", "Left"], ["cost", "Cost"], ["news", "Last news"], ["writer", "Writer"],
    ]) {
      const value = el("dd", { testid: `metric-${key}` });
      this.values[key] = { value, node: el("div", { class: `metric metric-${key}` }, el("dt", { text: word }), value) };
      this.metrics.append(this.values[key].node);
    }
    this.fill = el("span", { class: "bar-fill" });
    this.bar = el("div", {
      class: "bar", role: "progressbar", testid: "progress", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": "Progress of the run",
    }, this.fill);
    this.step = el("span", { class: "step-of", testid: "step-of" });
    this.doing = el("span", { class: "doing user", testid: "doing" });
    this.live = el("p", { class: "off-screen", role: "status", "aria-live": "polite" });
    this.node = el("header", { class: "status" },
      el("div", { class: "status-line" }, this.pill, el("div", { class: "plan" }, this.plan, this.run), this.link, this.cancel),
      this.metrics, this.bar, el("p", { class: "caption" }, this.step, this.doing), this.live);
  }

  update() {
    const { state, board } = this;
    const { head } = state;
    this.pill.dataset.word = state.word;
    setText(this.word, RUN_WORDS[state.word] ?? state.word);
    setText(this.plan, head.plan_name || head.plan_id || "A run");
    setText(this.run, state.runId);
    const number = head.current_step || 0;
    this.#metric("steps", `${number}/${state.total} \u00b7 ${state.percent} %`);
    this.#metric("cost", this.#cost(head));
    this.fill.style.setProperty("--done", `${state.percent}%`);
    this.bar.dataset.word = state.word;
    setAttr(this.bar, "aria-valuenow", state.percent);
    setText(this.step, state.total ? `Step ${number} of ${state.total}` : "");
    setText(this.doing, this.#doing());
    show(this.cancel, (state.isRunning || (head.status === "waiting" && Boolean(state.runId))) && board.data.mode !== "replay");
    allow(this.cancel, board.whyNot);
    this.#writer();
    this.tick();
    this.#announce();
  }

  get state() {
    return this.board.state;
  }

  /** The running step and its tool; afterwards, how it ended. */
  #doing() {
    const { head } = this.state;
    if (this.state.isRunning) {
      const row = this.state.rows[head.current_step - 1];
      const more = this.state.running.size > 1 ? ` and ${this.state.running.size - 1} more` : "";
      const words = [head.current_step_name, head.current_step_tool].filter(Boolean).join(" \u00b7 ");
      return [words + more, row?.status === "running" ? row.message : ""].filter(Boolean).join(" \u2014 ");
    }
    return head.status === "completed" ? head.message ?? "" : "";
  }

  /** What it cost as far as that is known, and of how many steps it is not. */
  #cost({ cost_usd: usd }) {
    const { size } = this.state.unpriced;
    return [Number.isFinite(usd) ? money(usd) : "", size ? `${size} unknown` : ""].filter(Boolean).join(" + ");
  }

  #metric(key, text) {
    const { value, node } = this.values[key];
    show(node, text !== "");
    setText(value, text);
  }

  #writer() {
    const { writer } = this.state;
    const isStill = this.state.isRunning && (writer.stale || writer.kind === "dead");
    const words = { alive: "alive", dead: "gone", unknown: "on another machine", none: "" }[writer.kind] ?? "";
    const silent = this.state.pulseAge();
    const isLost = this.state.isLost;
    this.node.dataset.stale = isStill && !isLost;
    this.#metric("writer", isLost ? "gone" : isStill && silent !== null ? `no sign of life for ${Math.floor(silent)} s`
      : this.state.isRunning ? words : "");
    setAttr(this.values.writer.node, "title", writer.who);
  }

  /** What moves without news: elapsed, time left, ages. */
  tick() {
    const elapsed = this.state.elapsed();
    this.#metric("duration", elapsed === null ? "" : seconds(elapsed));
    const left = this.state.left();
    this.#metric("left", left === null ? "" : left > 0.05 ? `about ${roughly(left)}` : "longer than usual");
    const age = this.state.newsAge();
    const isReplay = this.board.data.mode === "replay";
    this.#metric("news", age === null || isReplay ? "" : ago(age));
    setAttr(this.values.news.node, "title", this.state.head.last_updated ? fullTime(this.state.head.last_updated) : null);
    if (this.state.writer.stale) this.#writer();
  }

  /** How the news arrives. */
  connection(name) {
    this.link.dataset.state = name;
    setText(this.link, name === "polling" ? `every ${this.board.data.interval_s ?? 1} s` : LINKS[name] ?? name);
  }

  /** For those who listen: what changed, not each tick. */
  #announce() {
    const { head, word } = this.state;
    const question = head.input_request ? `, asks: ${head.input_request.prompt}` : "";
    setText(this.live, `${head.plan_name || "Run"}: ${RUN_WORDS[word] ?? word}${question}`);
  }

  /** What the tab says. */
  title() {
    const { head, word, total } = this.state;
    const isReplay = this.board.data.mode === "replay";
    const state = head.input_request ? "asks you" : (RUN_WORDS[word] ?? word).toLowerCase();
    const place = total ? `${head.current_step || 0}/${total} ${state}` : state;
    const plan = head.plan_name ? ` \u00b7 ${head.plan_name}` : "";
    return plain((isReplay ? `replay ${place}` : place) + plan).slice(0, 200);
  }
}
