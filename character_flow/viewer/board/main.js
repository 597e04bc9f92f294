// The live board: what the page mounts. It holds the parts together: news in, the reader's choice, what is drawn.

import { Api } from "./api.js";
import { Artifacts } from "./artifacts.js";
import { Detail } from "./detail.js";
import { Diagnostics } from "./diagnostics.js";
import { el, show } from "./dom.js";
import { Events } from "./events.js";
import { Gantt } from "./gantt.js";
import { Hero } from "./hero.js";
import { Confirm, Keyboard } from "./keys.js";
import { ErrorPin, Problem, Toast, Waiting } from "./notices.js";
import { Player } from "./player.js";
import { Question } from "./question.js";
import { State } from "./state.js";
import { Status } from "./status.js";
import { Surface } from "./surface.js";
import { Timeline } from "./timeline.js";
import { Transport } from "./transport.js";

const TICK_MS = 200;
const END_WORDS = {
  completed: "Completed",
  issues: "Completed with issues",
  error: "The run failed",
  cancelled: "The run was cancelled",
  uncertain: "The run ended with an uncertain step",
  lost: "The run is lost: its process is gone",
};
const boards = new WeakMap();

/** Show the board in `root`, or tell the one that is there about new data. Returns what takes it away. */
export function mount(root, { data }) {
  let board = boards.get(root);
  const place = JSON.stringify([data.run ?? null, data.mode ?? "live", data.base ?? ""]);
  if (board && board.place !== place) {
    board.close();
    board = null;
  }
  if (!board) {
    board = new Board(root, data, place);
    boards.set(root, board);
  }
  board.setData(data);
  return () => {
    board.close();
    if (boards.get(root) === board) boards.delete(root);
  };
}

class Board {
  state = new State();
  chosen = null;
  isFollowing = true;
  closed = false;
  #nonce = null;
  #ticks = 0;
  #word = null;
  #closedStep = null;
  #drawn = null;

  constructor(root, data, place) {
    this.place = place;
    this.data = data;
    this.api = new Api(data.base, data.run);
    this.#build(root);
    this.surface = new Surface(this);
    const step = Number(new URLSearchParams(window.location.search).get("step"));
    if (step >= 1) {
      this.chosen = step - 1;
      this.isFollowing = false;
    }
    this.tabTitle = document.title;
    this.ticker = setInterval(() => this.#tick(), TICK_MS);
    if (data.mode === "replay") this.player.load();
    else {
      this.transport = new Transport(this.api, {
        onframe: (frame, cursor, how) => this.onframe(frame, cursor, how),
        onstate: (name) => this.status.connection(name),
      });
    }
  }

  #build(root) {
    this.hero = new Hero(this);
    this.status = new Status(this);
    this.timeline = new Timeline(this);
    this.detail = new Detail(this);
    this.gantt = new Gantt(this);
    this.artifacts = new Artifacts(this);
    this.events = new Events(this);
    this.diagnostics = new Diagnostics(this);
    this.pin = new ErrorPin(this);
    this.problem = new Problem(this);
    this.waiting = new Waiting(this);
    this.question = new Question(this);
    this.player = new Player(this);
    this.toasts = new Toast();
    this.confirm = new Confirm();
    this.slot = el("div", { class: "slot" }, this.detail.node);
    this.stage = el("div", { class: "stage" }, this.timeline.node, this.slot, this.hero.node);
    this.run = el("div", { class: "run" }, this.status.node, this.pin.node, this.question.node, this.stage,
      this.gantt.node, this.artifacts.node);
    this.node = el("div", { class: "board" }, this.problem.node, this.waiting.node, this.run, this.events.node, this.diagnostics.node,
      this.toasts.node, this.confirm.node);
    this.keyboard = new Keyboard(this);
    this.node.append(this.keyboard.node);
    if (this.data.mode === "replay") this.run.prepend(this.player.node);
    this.outer = el("div", { class: "board-box" }, this.node);
    show(this.run, false);
    root.append(this.outer);
  }

  /** What the page says: live or paused, how often, whether anything may be done. */
  setData(data) {
    this.data = data;
    this.surface.update();
    if (data.mode === "replay") {
      this.status.connection("replay");
      return;
    }
    this.transport.setLive(data.live !== false, data.interval_s);
    if (this.#nonce !== null && data.nonce !== this.#nonce) this.transport.refresh();
    this.#nonce = data.nonce ?? 0;
    this.status.connection(this.transport.state);
    if (this.state.known) this.#draw([]);
  }

  /** Why nothing may be changed from here, or null. */
  get whyNot() {
    return this.data.can_write === false ? this.data.why_read_only || "This page may only look" : null;
  }

  /** News: fold it, draw it, and say so to the page around. */
  onframe(frame, cursor, transport) {
    if (this.closed || this.#isOlder(frame)) return;
    const run = this.state.runId;
    const changed = this.state.apply(frame, cursor);
    const isOther = run !== this.state.runId;
    if (isOther && run) {
      this.chosen = this.#closedStep = null;
      this.isFollowing = true;
      this.#address(null);
    }
    this.#draw(changed);
    const detail = { at: this.state.now(), cursor: this.state.cursor, transport };
    window.dispatchEvent(new CustomEvent("character-flow:news", { detail }));
  }

  /** An answer to a question may come after news that was pushed meanwhile. */
  #isOlder(frame) {
    const { head } = this.state;
    const coming = frame.head;
    if (!coming?.run_id || coming.run_id !== head.run_id || frame.problem) return false;
    return coming.epoch < head.epoch || (coming.epoch === head.epoch && coming.seq < head.seq);
  }

  /** A moment of a replay: what had happened by then, and what time it was. */
  replayed(frame, ms) {
    if (this.closed) return;
    const changed = frame ? this.state.apply(frame) : [];
    this.state.setClock(ms);
    if (frame) this.#draw(changed);
    else this.#tickParts();
  }

  #draw(news) {
    const { state } = this;
    const changed = state.word === this.#drawn ? news : null; // what ran when a run ended looks different now
    this.#drawn = state.word;
    show(this.run, state.known && (!state.isEmpty || this.data.mode === "replay"));
    if (this.isFollowing && state.focus !== null && state.focus !== this.chosen) this.#setChosen(state.focus, { reveal: true });
    if (this.chosen !== null && state.rows.length && this.chosen >= state.rows.length) this.#setChosen(null, { reveal: false });
    this.hero.update();
    this.status.update();
    this.timeline.update(changed);
    if (changed === null || changed.includes(this.chosen) || changed.length === 0) this.detail.update();
    for (const part of [this.pin, this.problem, this.waiting, this.question, this.artifacts, this.events, this.diagnostics]) part.update();
    this.gantt.update(changed);
    this.layOut();
    if (changed === null || document.hidden) this.#title(); // costs more than all else; the tick keeps it right
    this.#tellEnd();
  }

  /** Give the parts their places, with or without something to look at beside them. */
  layOut() {
    this.stage.dataset.hero = this.hero.node.hidden ? "" : this.hero.node.dataset.shape || "tall";
    this.surface.layOut();
  }

  #title() {
    const title = this.state.known ? this.status.title() : this.tabTitle;
    if (document.title !== title) document.title = title;
  }

  /** A toast at the end of a run that was seen running. */
  #tellEnd() {
    const { word } = this.state;
    if (this.#word === "running" && word !== "running" && this.state.isOver && this.data.mode !== "replay") {
      const bad = word !== "completed";
      this.toast(END_WORDS[word] ?? "The run has ended", { bad });
    }
    this.#word = word;
  }

  #tick() {
    if (document.hidden || !this.state.known) return;
    this.#ticks += 1;
    if (this.#ticks % 5 === 0) this.surface.update();
    if (this.data.mode === "replay") return;
    if (this.state.isRunning || this.#ticks % 5 === 0) this.#tickParts();
  }

  #tickParts() {
    this.status.tick();
    this.question.tick();
    this.#title();
    if (!this.state.isRunning) return;
    this.timeline.tick();
    this.detail.tick();
    this.gantt.tick();
  }

  toast(words, options) {
    this.toasts.say(words, options);
  }

  /** Send something and say how it went; null where it was refused. */
  async act(send, done) {
    try {
      const answer = await send();
      this.toast(done);
      return answer;
    } catch (error) {
      this.toast(error.message, { bad: true });
      return null;
    }
  }

  askCancel() {
    const { runId } = this.state;
    this.confirm.ask({
      title: "Cancel this run?",
      words: "What is running is stopped, also at the provider. What is done stays, and the run can be resumed.",
      yes: "Cancel the run",
      then: async () => {
        const answer = await this.act(() => this.api.post(this.api.runUrl(runId, "/cancel")), "Cancelling");
        if (answer?.left?.length) this.toast(`At the provider ${answer.left.join(", ")} may go on`, { bad: true });
      },
    });
  }

  #setChosen(index, { reveal }) {
    const before = this.chosen;
    this.chosen = index;
    this.timeline.choose(before, index, { reveal });
    this.gantt.choose(before, index, { reveal });
    this.detail.update();
    this.surface.layOut();
  }

  /** The reader's own choice: it holds until the reader asks to follow again. */
  choose(index, { reveal = false } = {}) {
    this.isFollowing = false;
    this.#setChosen(index, { reveal });
    this.#address(index);
  }

  /** The next or previous step. */
  step(by) {
    const last = this.state.rows.length - 1;
    if (last < 0) return false;
    const from = this.chosen ?? (by > 0 ? -1 : last + 1);
    this.choose(Math.min(last, Math.max(0, from + by)), { reveal: true });
    this.timeline.focus(this.chosen);
    return true;
  }

  toggleStep() {
    if (this.chosen !== null) return this.closeStep();
    if (this.state.rows.length) this.choose(this.#closedStep ?? this.state.focus ?? 0, { reveal: true });
    return true;
  }

  closeStep() {
    if (this.chosen === null) return false;
    const index = this.chosen;
    this.#closedStep = index;
    this.choose(null);
    this.timeline.focus(index);
    return true;
  }

  readerTookOver() {
    if (!this.isFollowing) return;
    this.isFollowing = false;
    this.timeline.update([]);
  }

  followAgain() {
    this.isFollowing = true;
    this.#address(null);
    if (this.state.focus !== null) this.#setChosen(this.state.focus, { reveal: true });
    this.timeline.update([]);
    return true;
  }

  /** Space: the chosen step's video or sound, else the hero's; in a replay, the replay. */
  space() {
    if (this.data.mode === "replay") return this.player.play(!this.player.isPlaying);
    const own = this.detail.node.hidden ? null : this.detail.node.querySelector("video, audio");
    if (!own) return this.hero.toggle();
    if (own.paused) own.play().catch(() => {}); // refused before a gesture; the controls are there
    else own.pause();
    return true;
  }

  /** The chosen step in the address, so that it can be sent to somebody. */
  #address(index) {
    const url = new URL(window.location.href);
    if (index === null) url.searchParams.delete("step");
    else url.searchParams.set("step", index + 1);
    if (url.href !== window.location.href) window.history.replaceState(window.history.state, "", url);
  }

  close() {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.ticker);
    this.transport?.close();
    for (const part of [this.player, this.timeline, this.gantt, this.keyboard, this.diagnostics, this.toasts, this.surface]) part.close();
    this.outer.remove();
    if (document.title === this.status.title()) document.title = this.tabTitle;
  }
}
