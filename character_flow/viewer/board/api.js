// Where does the page ask: the gateway's addresses, and one way to fetch and to send.

/** An answer that was not 2xx: its one line, and the rest of what was said. */
export class Refused extends Error {
  constructor(message, status, body) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

async function answered(response) {
  if (response.ok) return response;
  let body = {};
  try {
    body = await response.json();
  } catch {
    // not JSON: the status says enough
  }
  throw new Refused(body.problem || `the server answered ${response.status}`, response.status, body);
}

/** The gateway below a prefix, for the live page (`run` null) or for one run. */
export class Api {
  constructor(base, run) {
    this.base = base || "";
    this.run = run || null;
    this.plan = `${this.base}/plan`;
    this.page = this.run ? this.runUrl(this.run) : this.plan;
  }

  /** An address below one run. */
  runUrl(run, rest = "") {
    return `${this.plan}/runs/${encodeURIComponent(run)}${rest}`;
  }

  /** A file of a run, by its path relative to the run's folder. */
  fileUrl(run, path) {
    return this.runUrl(run, `/files/${path.split("/").map(encodeURIComponent).join("/")}`);
  }

  /** The page that shows a run. */
  pageUrl(run) {
    return `${this.base}/?run=${encodeURIComponent(run)}`;
  }

  async json(url, options = {}) {
    return (await answered(await fetch(url, { cache: "no-store", ...options }))).json();
  }

  async fetch(url, options = {}) {
    return answered(await fetch(url, { cache: "no-store", ...options }));
  }

  async post(url, body = {}) {
    const headers = { "content-type": "application/json" };
    return this.json(url, { method: "POST", headers, body: JSON.stringify(body) });
  }
}
