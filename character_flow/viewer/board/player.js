// How did it go, again: the recorded frames of a run, played at any speed and from any moment.

import { button, el, icon, setAttr, setText } from "./dom.js";
import { seconds } from "./words.js";

const SPEEDS = [1, 2, 5, 10, 20, 50];

/** The bar of a replay. It hands frames to the board as the stream would. */
export class Player {
  #at = 0;
  #next = 0;
  #playing = false;
  #last = 0;
  #request = null;

  constructor(board) {
    this.board = board;
    this.frames = [];
    this.length = 0;
    this.toggle = button("", () => this.play(!this.#playing), { class: "button icon-button", testid: "play" });
    this.scrub = el("input", {
      type: "range", min: 0, max: 1, step: "any", value: 0, "aria-label": "Moment of the run", testid: "scrubber",
    });
    this.scrub.addEventListener("input", () => this.seek(Number(this.scrub.value)));
    this.scrub.addEventListener("keydown", (event) => this.#key(event));
    this.time = el("output", { class: "player-time" });
    this.speed = el("select", { "aria-label": "Speed", testid: "speed" },
      ...SPEEDS.map((n) => el("option", { value: n, text: `${n}\u00d7` })));
    this.node = el("section", { class: "player", testid: "player", "aria-label": "Replay" },
      this.toggle, this.scrub, this.time, this.speed);
    this.#mark();
  }

  /** Fetch the run's frames and stand at the beginning, or at a moment that is asked for. */
  async load() {
    const { board } = this;
    setText(this.time, "Fetching ...");
    try {
      const { frames, length_s: length } = await board.api.json(`${board.api.page}/replay`);
      if (board.closed) return;
      if (!frames.length) throw new Error("nothing is recorded of this run yet");
      this.frames = frames;
      this.length = length;
      this.fulls = frames.flatMap((frame, i) => (frame.full ? [i] : []));
      this.scrub.max = String(Math.max(length, 0.001));
      this.seek(0);
      this.play(true);
    } catch (error) {
      setText(this.time, "");
      board.onframe({ problem: error.message }, null, "replay");
    }
  }

  /** Stand at a moment, in seconds from the run's start. */
  seek(at) {
    if (!this.frames.length) return;
    const wanted = Math.min(this.length, Math.max(0, at));
    const goesBack = wanted < this.#at;
    this.#at = wanted;
    let end = goesBack ? 0 : this.#next;
    while (end < this.frames.length && this.frames[end].t <= wanted + 1e-6) end += 1;
    end = Math.max(end, 1);
    const from = this.fulls.findLast((i) => i < end && (goesBack || i >= this.#next)) ?? (goesBack ? 0 : this.#next);
    const todo = this.frames.slice(from, end);
    this.#next = end;
    this.board.replayed(todo.length ? merged(todo) : null, this.#clock());
    this.#draw();
  }

  /** The run's own time now, from the frame that was last: a run may have slept between two of them. */
  #clock() {
    const last = this.frames[this.#next - 1];
    return Date.parse(last.now ?? last.head.last_updated ?? last.head.started_at) + (this.#at - last.t) * 1000;
  }

  play(on) {
    if (on && this.#at >= this.length) this.seek(0);
    this.#playing = on;
    this.#last = performance.now();
    cancelAnimationFrame(this.#request);
    if (on) this.#request = requestAnimationFrame(() => this.#frame());
    this.#mark();
  }

  get isPlaying() {
    return this.#playing;
  }

  #frame() {
    const now = performance.now();
    this.seek(this.#at + ((now - this.#last) / 1000) * Number(this.speed.value));
    this.#last = now;
    if (this.#at >= this.length) return this.play(false);
    if (this.#playing) this.#request = requestAnimationFrame(() => this.#frame());
    return undefined;
  }

  #key(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (event.key === "Home") this.seek(0);
    else if (event.key === "End") this.seek(this.length);
    else if (by) this.seek(this.#at + by * Math.max(0.1, this.length / 100));
    else return;
    event.preventDefault();
  }

  #mark() {
    const name = this.#playing ? "pause" : "play";
    if (this.toggle.dataset.icon === name) return;
    this.toggle.dataset.icon = name;
    this.toggle.replaceChildren(icon(name));
    setAttr(this.toggle, "aria-label", this.#playing ? "Pause" : "Play");
    setAttr(this.toggle, "title", this.#playing ? "Pause (space)" : "Play (space)");
  }

  #draw() {
    this.scrub.value = String(this.#at);
    this.scrub.style.setProperty("--done", `${(100 * this.#at) / Math.max(this.length, 0.001)}%`);
    const words = `${seconds(this.#at)} of ${seconds(this.length)}`;
    setText(this.time, words);
    setAttr(this.scrub, "aria-valuetext", words);
  }

  close() {
    cancelAnimationFrame(this.#request);
  }
}

/** Several frames as one: the last head, and each row as it last was. */
function merged(frames) {
  if (frames.length === 1) return frames[0];
  const rows = new Map();
  for (const frame of frames) {
    if (frame.full) rows.clear();
    for (const row of frame.rows ?? []) rows.set(row.step_number, row);
  }
  return { ...frames.at(-1), full: frames.some((frame) => frame.full), rows: [...rows.values()] };
}
