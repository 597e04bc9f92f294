// When did each step run: one bar a step over the time of the run; the running one grows.

import { el, setAttr, setText, show } from "./dom.js";
import { VirtualList } from "./virtual.js";
import { clock, seconds, STEP_WORDS } from "./words.js";

const ROW_PX = 24;
const IDLE_S = 30;
const FOLDED_S = 2;
const NICE = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

/** The chart. Bars are placed by numbers in CSS, so that time moves them all by changing one. */
export class Gantt {
  #span = 1;
  #folds = [];

  constructor(board) {
    this.board = board;
    this.list = new VirtualList({
      rowHeight: ROW_PX,
      make: (index) => this.#make(index),
      fill: (node, index) => this.#fill(node, index),
      keep: () => [board.chosen ?? 0],
      list: { "aria-label": "Steps over time" },
    }, el);
    this.list.scroller.addEventListener("wheel", () => this.#isLong && board.readerTookOver(), { passive: true });
    this.told = el("p", { class: "quiet user gantt-told" });
    this.axis = el("div", { class: "gantt-axis", "aria-hidden": "true" });
    this.node = el("section", { class: "gantt", testid: "gantt", "aria-label": "Steps over time" },
      el("header", { class: "section-head" }, el("h2", { text: "Time" }), this.told), this.axis, this.list.scroller);
  }

  get #isLong() {
    return this.list.scroller.scrollHeight > this.list.scroller.clientHeight + 1;
  }

  #make(index) {
    const bar = el("span", { class: "gantt-bar" });
    const name = el("span", { class: "gantt-name user" });
    const node = el("div", {
      class: "gantt-row", role: "option", "data-step": index + 1,
      on: {
        click: () => this.board.choose(index, { reveal: true }),
        pointerenter: () => this.#tell(index), pointerleave: () => this.#tell(null),
        focus: () => this.#tell(index), blur: () => this.#tell(null), keydown: (event) => this.#key(event, index),
      },
    }, name, el("span", { class: "gantt-lane" }, bar));
    node.parts = { bar, name };
    return node;
  }

  #key(event, index) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter" || event.key === " ") this.board.choose(index, { reveal: true });
    else if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    if (!by) return;
    const next = Math.min(this.board.state.rows.length - 1, Math.max(0, index + by));
    this.list.reveal(next);
    this.list.node(next)?.focus({ preventScroll: true });
  }

  #fill(node, index) {
    const { state, chosen } = this.board;
    const row = state.rows[index];
    if (!row) return;
    const { bar, name } = node.parts;
    const status = state.shownStatus(row);
    bar.dataset.status = status;
    setText(name, row.task || row.name);
    setAttr(node, "aria-selected", String(index === chosen));
    setAttr(node, "tabindex", index === (chosen ?? 0) ? "0" : "-1");
    const from = this.#at(row.started_at);
    show(bar, from !== null && status !== "pending");
    if (from === null) return;
    bar.style.setProperty("--from", from);
    const grows = row.status === "running" && !state.isOver;
    const ended = row.completed_at ?? (row.status === "running" ? state.head.last_updated : null);
    bar.style.setProperty("--to", grows ? "var(--now)" : String(Math.max(from, this.#at(ended) ?? from)));
    setAttr(node, "aria-label", `${row.task || row.name}: ${STEP_WORDS[status] ?? status}, ${seconds(state.stepSeconds(row))}`);
  }

  /** Seconds on the chart's axis; long times in which nothing ran are folded. */
  #at(iso) {
    const began = Date.parse(this.board.state.head.started_at ?? "");
    const at = Date.parse(iso ?? "");
    if (!Number.isFinite(began) || !Number.isFinite(at)) return null;
    let place = (at - began) / 1000;
    for (const { from, to } of this.#folds) {
      if (place <= from) break;
      place -= Math.min(at / 1000 - began / 1000, to) - from - FOLDED_S;
    }
    return Math.max(0, place);
  }

  /** Idle times of more than half a minute, as between a kill and its resume. */
  #findFolds() {
    const { state } = this.board;
    const began = Date.parse(state.head.started_at ?? "");
    this.#folds = [];
    if (!Number.isFinite(began) || (state.head.epoch ?? 1) < 2) return;
    const busy = state.rows.filter((row) => row?.started_at)
      .map((row) => [Date.parse(row.started_at), Date.parse(row.completed_at ?? "") || state.now()])
      .sort((a, b) => a[0] - b[0]);
    let until = 0;
    for (const [from, to] of busy) {
      const start = (from - began) / 1000;
      if (start - until > IDLE_S) this.#folds.push({ from: until, to: start });
      until = Math.max(until, (to - began) / 1000);
    }
  }

  update(changed) {
    const { state } = this.board;
    const before = this.#folds.length;
    this.#findFolds();
    show(this.node, state.rows.some((row) => row?.started_at) || state.isRunning);
    this.list.setCount(state.rows.length);
    this.list.refresh(before === this.#folds.length ? changed : null);
    this.tick();
  }

  choose(before, index, { reveal }) {
    if (reveal && index !== null && !this.node.hidden) this.list.reveal(index);
    this.list.draw();
    this.list.refresh([before, index, 0].filter((i) => i !== null));
  }

  tick() {
    const { state } = this.board;
    const began = state.head.started_at;
    if (!began) return;
    const ends = state.isOver ? state.head.completed_at ?? state.head.last_updated : new Date(state.now()).toISOString();
    const now = this.#at(ends) ?? 0;
    this.node.style.setProperty("--now", now.toFixed(3));
    const usual = state.isRunning ? state.expected?.wall_s ?? 0 : 0;
    const span = state.isOver ? Math.max(now, 0.01) : nice(Math.max(now * 1.05, usual, 1));
    if (span === this.#span) return;
    this.#span = span;
    this.node.style.setProperty("--span", span);
    this.axis.replaceChildren(...[0, 0.25, 0.5, 0.75, 1].map((part) => el("span", { text: part ? seconds(span * part) : "0" })));
  }

  #tell(index) {
    const { state } = this.board;
    const row = index === null ? null : state.rows[index];
    if (!row?.started_at) return void setText(this.told, row ? `${row.task || row.name}: ${STEP_WORDS[row.status] ?? row.status}` : "");
    const waited = Math.max(0, (Date.parse(row.started_at) - Date.parse(state.head.started_at)) / 1000);
    const times = `${clock(row.started_at)} \u2013 ${row.completed_at ? clock(row.completed_at) : "now"}`;
    setText(this.told, `${row.task || row.name}: ran ${seconds(state.stepSeconds(row))}, began after ${seconds(waited)} (${times})`);
    return undefined;
  }

  close() {
    this.list.close();
  }
}

/** The next round number. */
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return (NICE.find((n) => n * power >= value) ?? 10) * power;
}
