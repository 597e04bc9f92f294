// What are the steps, and how is each: the list on the left, in which one is chosen.

import { el, growText, setAttr, setStatus, setText, show, statusIcon } from "./dom.js";
import { kindOf, thumbnail } from "./media.js";
import { VirtualList } from "./virtual.js";
import { seconds, STEP_WORDS } from "./words.js";

const ROW_PX = 56;
const LONG = 40;

/** The steps in plan order. `board.choose(index)` is called with the reader's choice. */
export class Timeline {
  constructor(board) {
    this.board = board;
    this.list = new VirtualList(
      {
        rowHeight: ROW_PX,
        make: (index) => this.#make(index),
        fill: (node, index) => this.#fill(node, index),
        keep: () => [board.chosen ?? 0],
        list: { "aria-label": "Steps" },
      },
      el,
    );
    this.follow = el("button", {
      type: "button", class: "button follow", testid: "follow", text: "Follow",
      title: "Open the running step by itself again", on: { click: () => board.followAgain() },
    });
    this.title = el("h2", { text: "Steps" });
    this.node = el("section", { class: "timeline", "aria-label": "Timeline" },
      el("header", { class: "section-head" }, this.title, this.follow), this.list.scroller);
    for (const name of ["wheel", "touchmove", "pointerdown"]) {
      this.list.scroller.addEventListener(name, (event) => this.#moved(event), { passive: true });
    }
    this.list.sizer.addEventListener("keydown", (event) => this.#key(event));
  }

  #moved(event) {
    const { scroller } = this.list;
    const isOnBar = event.type !== "pointerdown" || event.target === scroller;
    if (isOnBar && scroller.scrollHeight > scroller.clientHeight + 1) this.board.readerTookOver();
  }

  #key(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || event.target.closest("[role=option]") === null) return;
    event.preventDefault();
    this.board.step(by);
  }

  #make(index) {
    const node = el("div", {
      class: "row", role: "option", testid: "step-row", "data-step": index + 1,
      on: { click: () => this.board.choose(index) },
    });
    const parts = {
      icon: statusIcon(),
      task: el("span", { class: "row-task user" }),
      tool: el("span", { class: "row-tool user" }),
      attempt: el("span", { class: "tag" }),
      note: el("span", { class: "row-note user" }),
      thumbs: el("span", { class: "row-thumbs" }),
      time: el("span", { class: "row-time" }),
      bar: el("span", { class: "row-bar" }),
    };
    node.append(
      parts.icon,
      el("span", { class: "row-main" },
        el("span", { class: "row-line" }, parts.task, parts.attempt),
        el("span", { class: "row-line row-second" }, parts.tool, parts.note)),
      parts.thumbs, parts.time, parts.bar,
    );
    node.parts = parts;
    return node;
  }

  #fill(node, index) {
    const { state, chosen } = this.board;
    const row = state.rows[index];
    if (!row) return;
    const { parts } = node;
    const status = state.shownStatus(row);
    node.dataset.status = status;
    setStatus(parts.icon, status, STEP_WORDS[status] ?? status);
    setText(parts.task, row.task || row.name || `Step ${index + 1}`);
    setText(parts.tool, row.tool_id);
    setText(parts.attempt, row.attempt > 1 ? (row.reattached ? "re-attached" : `attempt ${row.attempt}`) : "");
    show(parts.attempt, row.attempt > 1);
    growText(parts.note, note(row, status, state.errorOf(row)));
    this.#thumbs(parts.thumbs, row);
    setText(parts.time, seconds(state.stepSeconds(row)));
    show(parts.bar, status === "running");
    parts.bar.style.setProperty("--done", `${row.progress ?? 0}%`);
    setAttr(parts.bar, "data-open", row.progress === null || row.progress === undefined);
    setAttr(node, "aria-selected", String(index === chosen));
    setAttr(node, "tabindex", index === (chosen ?? 0) ? "0" : "-1");
    setAttr(node, "aria-posinset", index + 1);
    setAttr(node, "aria-setsize", state.total);
  }

  #thumbs(holder, row) {
    const { state, api } = this.board;
    const pictures = (row.artifacts ?? []).filter((a) => kindOf(a.path, a.kind) === "image" && a.kind !== "contact_sheet");
    const found = pictures.slice(-1); // a row is narrow, and its title comes first
    const key = found.map((a) => a.sha256 ?? a.path).join();
    if (holder.dataset.key === key) return;
    holder.dataset.key = key;
    const run = state.runId;
    holder.replaceChildren(...(run ? found.map((a) => thumbnail(api.fileUrl(run, a.path), a.path, a)) : []));
  }

  update(changed) {
    const { state } = this.board;
    this.list.setCount(state.rows.length);
    setAttr(this.list.scroller, "data-long", String(state.rows.length > LONG));
    this.list.refresh(changed);
    show(this.follow, !this.board.isFollowing && state.isRunning);
  }

  /** Only the running rows have a time that moves. */
  tick() {
    const { state } = this.board;
    for (const index of state.running) {
      const node = this.list.node(index);
      if (node) setText(node.parts.time, seconds(state.stepSeconds(state.rows[index])));
    }
  }

  /** Show another row as the chosen one. */
  choose(before, index, { reveal }) {
    if (reveal && index !== null) this.list.reveal(index);
    this.list.draw();
    this.list.refresh([before, index, 0].filter((i) => i !== null));
    show(this.follow, !this.board.isFollowing && this.board.state.isRunning);
  }

  focus(index) {
    this.list.node(index)?.focus({ preventScroll: true });
  }

  close() {
    this.list.close();
  }
}

/** The second line of a row: what it says of itself, newest first. */
function note(row, status, error) {
  if (error && status !== "completed") return firstLine(error);
  if (status === "running") return row.text ? tail(row.text) : row.message ?? "";
  if (status === "reused") return `from ${row.reused_from}`;
  if (status === "skipped" || status === "pending") return row.message ?? "";
  return /^\s*[{[]/.test(row.output ?? "") ? "" : firstLine(row.output ?? "");
}

const firstLine = (text) => text.slice(0, 300).trimStart().split("\n", 1)[0];
const tail = (text) => text.slice(-120).replace(/\s+/g, " ");
