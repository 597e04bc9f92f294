// How is a number, a time or a status said to a person.

/** Seconds: `3.2 s`, `2 min 05 s`, `1 h 04 min`. */
export function seconds(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "";
  const s = Math.max(0, value);
  if (s < 59.95) return `${s.toFixed(1)} s`;
  const whole = Math.round(s);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  const minutes = Math.floor(whole / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** Seconds with one decimal, and in longer words where that helps. */
export function exactSeconds(value) {
  if (value === null || value === undefined) return "";
  return value < 60 ? `${value.toFixed(1)} s` : `${value.toFixed(1)} s (${seconds(value)})`;
}

/** About how long is left: no false precision. */
export function roughly(value) {
  if (value < 10) return `${Math.max(1, Math.round(value))} s`;
  if (value < 90) return `${Math.round(value / 5) * 5} s`;
  return value < 5400 ? `${Math.round(value / 60)} min` : `${(value / 3600).toFixed(1)} h`;
}

/** How long ago: whole units. */
export function ago(value) {
  if (value < 1) return "now";
  if (value < 60) return `${Math.floor(value)} s ago`;
  if (value < 3600) return `${Math.floor(value / 60)} min ago`;
  return value < 172800 ? `${Math.floor(value / 3600)} h ago` : `${Math.floor(value / 86400)} days ago`;
}

/** A size in bytes. */
export function size(bytes) {
  if (!Number.isFinite(bytes)) return "";
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(bytes < 1e4 ? 1 : 0)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Dollars, with as many decimals as a small price needs. */
export function money(usd) {
  return `$${usd.toFixed(usd >= 1 || usd === 0 ? 2 : usd >= 0.01 ? 3 : 5)}`;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

function told(format, iso) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso ? String(iso) : "";
  return format.format(at);
}

/** A wall clock time of this computer: `15:03:42`. */
export const clock = (iso) => told(CLOCK, iso);

/** The whole date and time with its zone, for a title. */
export const fullTime = (iso) => told(FULL, iso);

export const STEP_WORDS = {
  pending: "pending",
  running: "running",
  completed: "completed",
  error: "error",
  skipped: "skipped",
  cancelled: "cancelled",
  uncertain: "uncertain: a paid call went out and nobody knows how it ended",
  interrupted: "interrupted: its process is gone",
  reused: "completed, taken over from an earlier run",
};

export const RUN_WORDS = {
  waiting: "Waiting",
  running: "Running",
  completed: "Completed",
  issues: "Completed with issues",
  error: "Failed",
  cancelled: "Cancelled",
  uncertain: "Uncertain",
  settled: "Settled, to be resumed",
  lost: "Lost",
};

/** `1 step`, `3 steps`. */
export function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** The short name of a run that every command takes: the end of its id. */
export function shortRun(runId) {
  return runId.split("-").at(-1) || runId;
}
