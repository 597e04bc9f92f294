// How do things stand: the frames received so far, folded; what follows from them; what time it is at the server.

const OVER = new Set(["completed", "error", "skipped", "cancelled", "uncertain"]);
const FAILED = new Set(["error", "uncertain"]);

/** What a row holds where a frame leaves its key out: the defaults of `StepRun`. */
const EMPTY_ROW = {
  task: "", tool_id: "", started_at: null, completed_at: null, output: null, error: null, name: "",
  duration_s: null, attempt: 0, progress: null, message: null, text: "", artifacts: [], artifact_count: 0,
  cost_usd: null, output_ref: null, reused_from: null, prediction_id: null, reattached: false,
};

/** Whether a step made a paid call, is over, and nobody told what it cost; that is not nothing. */
export function isUnpriced(row) {
  return Boolean(row.prediction_id) && OVER.has(row.status) && !Number.isFinite(row.cost_usd);
}

/** The run as the page knows it. Rows are kept by index: step_number - 1. */
export class State {
  head = { status: "waiting", total_steps: 0 };
  rows = [];
  writer = { kind: "none", who: null, pulse_at: null, stale: false };
  expected = null;
  problem = null;
  cursor = null;
  known = false; // whether anything has been received at all
  over = 0;
  failed = new Set();
  running = new Set();
  unpriced = new Set(); // paid calls whose cost nobody told
  #serverMs = Date.now();
  #hereMs = performance.now();

  /** Take a frame in. Returns the indexes that changed, or null when all of them did. */
  apply(frame, cursor = null) {
    if (frame.now) this.setClock(Date.parse(frame.now));
    if (cursor) this.cursor = cursor;
    if (frame.writer) this.writer = frame.writer;
    if (frame.expected !== undefined) this.expected = frame.expected;
    this.problem = frame.problem ?? null;
    const head = frame.head ?? {};
    const isBlank = this.problem && (!head.status || head.status === "waiting") && !head.total_steps;
    if (isBlank && this.known && this.rows.length) return []; // the last good state stays in sight
    this.known = true;
    if (frame.head) this.head = frame.head;
    if (frame.full) return this.#replace(frame.rows ?? []);
    const changed = [];
    for (const row of frame.rows ?? []) changed.push(this.#set(row.step_number - 1, row));
    return changed;
  }

  #replace(rows) {
    this.rows = [];
    this.over = 0;
    this.failed.clear();
    this.running.clear();
    this.unpriced.clear();
    for (const row of rows) this.#set(row.step_number - 1, row);
    return null;
  }

  #set(index, told) {
    const row = { ...EMPTY_ROW, ...told };
    const before = this.rows[index];
    if (before && OVER.has(before.status)) this.over -= 1;
    if (OVER.has(row.status)) this.over += 1;
    if (FAILED.has(row.status)) this.failed.add(index);
    else this.failed.delete(index);
    if (row.status === "running") this.running.add(index);
    else this.running.delete(index);
    if (isUnpriced(row)) this.unpriced.add(index);
    else this.unpriced.delete(index);
    this.rows[index] = row;
    return index;
  }

  /** Set what time it is at the server. */
  setClock(ms) {
    if (!Number.isFinite(ms)) return;
    this.#serverMs = ms;
    this.#hereMs = performance.now();
  }

  /** The server's time in milliseconds; the browser's own clock may be hours off. */
  now() {
    return this.#serverMs + performance.now() - this.#hereMs;
  }

  get runId() {
    return this.head.run_id || "";
  }

  get total() {
    return this.head.total_steps || this.rows.length;
  }

  /** Whether there is nothing to show yet. */
  get isEmpty() {
    return this.head.status === "waiting" && this.total === 0;
  }

  get isLost() {
    return this.head.outcome === "lost";
  }

  /** Whether a person has said what became of the last uncertain call, and the run waits for a resume. */
  get isSettled() {
    return this.head.status === "error" && this.failed.size === 0 && / is settled: [^\n]*; resume goes on$/.test(this.head.error ?? "");
  }

  /** What is left to say of a step's error: nothing once it is settled. */
  errorOf(row) {
    return row.status === "pending" && row.message?.startsWith("settled") ? null : row.error;
  }

  get isOver() {
    return this.head.status === "completed" || this.head.status === "error";
  }

  get isRunning() {
    return this.head.status === "running";
  }

  /** One word for the run, finer than its status: a key of RUN_WORDS. */
  get word() {
    const { status, outcome } = this.head;
    if (status === "completed") return outcome === "completed_with_issues" ? "issues" : "completed";
    if (status !== "error") return status || "waiting";
    if (this.isSettled) return "settled";
    return ["lost", "cancelled", "uncertain"].includes(outcome) ? outcome : "error";
  }

  /** A row's status as it is shown: what a dead writer left running is interrupted. */
  shownStatus(row) {
    if (row.status === "running" && this.isOver) return "interrupted";
    return row.status === "completed" && row.reused_from ? "reused" : row.status;
  }

  /** Percent done; a foreign snapshot without the key gets it from its steps. */
  get percent() {
    if (this.head.status === "completed") return 100;
    const share = this.total ? Math.floor((100 * this.over) / this.total) : 0;
    return Math.min(99, Math.max(this.head.progress || 0, share));
  }

  /** Seconds since the run began, or all it took. */
  elapsed() {
    const { started_at: began, completed_at: ended, duration_s: took, last_updated: updated } = this.head;
    if (Number.isFinite(took)) return took;
    if (!began) return null;
    const until = ended ? Date.parse(ended) : this.isOver && updated ? Date.parse(updated) : this.now();
    return Math.max(0, (until - Date.parse(began)) / 1000);
  }

  /** Seconds a step took, or has taken so far; null before it began. */
  stepSeconds(row) {
    if (row.status !== "running") {
      if (Number.isFinite(row.duration_s)) return row.duration_s;
      if (!row.started_at || !row.completed_at) return null;
      return Math.max(0, (Date.parse(row.completed_at) - Date.parse(row.started_at)) / 1000);
    }
    if (!row.started_at) return null;
    const until = this.isOver ? Date.parse(this.head.last_updated ?? row.started_at) : this.now();
    return Math.max(0, (until - Date.parse(row.started_at)) / 1000);
  }

  /** Seconds still to come, from earlier runs of the same plan; null where nothing is known. */
  left() {
    const expected = this.expected;
    if (!expected?.steps || !this.isRunning) return null;
    const all = Object.values(expected.steps).reduce((sum, s) => sum + s, 0);
    if (!(all > 0) || !(expected.wall_s > 0)) return null;
    let open = 0;
    for (const row of this.rows) {
      const usual = row && !OVER.has(row.status) ? expected.steps[row.name] : undefined;
      if (usual) open += Math.max(0, usual - (row.status === "running" ? this.stepSeconds(row) ?? 0 : 0));
    }
    return (open * expected.wall_s) / all;
  }

  /** The row to look at without being told: the running step, the first that failed, else the current one. */
  get focus() {
    const current = (this.head.current_step || 0) - 1;
    if (this.running.has(current)) return current;
    if (this.running.size) return Math.max(...this.running);
    if (this.isOver && this.failed.size) return Math.min(...this.failed);
    return current >= 0 && this.rows[current] ? current : null;
  }

  /** The first step that failed, or null. */
  get firstFailed() {
    return this.failed.size ? this.rows[Math.min(...this.failed)] : null;
  }

  /** Seconds since the last news of the run. */
  newsAge() {
    const { last_updated: updated } = this.head;
    return updated ? Math.max(0, (this.now() - Date.parse(updated)) / 1000) : null;
  }

  /** Seconds since the writer's last sign of life. */
  pulseAge() {
    return this.writer.pulse_at ? Math.max(0, (this.now() - Date.parse(this.writer.pulse_at)) / 1000) : null;
  }
}
