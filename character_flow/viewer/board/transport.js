// How does news arrive: pushed over a WebSocket; asked for at an interval where that does not work.
//
// Not by Server-Sent Events: a browser opens at most six HTTP/1.1 connections to one host, over all its tabs, so that
// the seventh tab would wait for ever, and every file and request with it. WebSockets do not count among them.

const FAILURES_BEFORE_POLLING = 3;
const RECONNECT_MS = 300;
const LONGEST_RECONNECT_MS = 1500;
const SILENCE_MS = 40000; // the server says something every 15 seconds

/** News of one page. `onframe(frame, cursor, transport)`; `onstate` says connecting, live, polling, paused or offline. */
export class Transport {
  state = "connecting";
  #socket = null;
  #timers = {};
  #failures = 0;
  #hasNews = false;
  #live = false;
  #closed = false;
  #asking = null;

  constructor(api, { onframe, onstate }) {
    this.api = api;
    this.onframe = onframe;
    this.onstate = onstate;
    this.intervalS = 1;
    this.cursor = null;
    this.onback = () => this.#live && !this.#isOpen && this.#open(); // back from sleep, or in sight again
    window.addEventListener("online", this.onback);
    document.addEventListener("visibilitychange", this.onback);
  }

  /** Follow, or hold still. */
  setLive(live, intervalS) {
    this.intervalS = Math.max(0.2, intervalS || 1);
    if (this.#live === live) return;
    this.#live = live;
    if (live) this.#open();
    else {
      this.#stop();
      this.#say("paused");
      if (!this.#hasNews) this.refresh();
    }
  }

  /** Ask once. */
  async refresh() {
    if (this.#asking) return this.#asking;
    this.#asking = this.#ask().finally(() => (this.#asking = null));
    return this.#asking;
  }

  async #ask() {
    try {
      const frame = await this.api.json(`${this.api.page}/snapshot`, { signal: AbortSignal.timeout(10000) });
      if (this.#closed) return;
      if (this.#live && this.state !== "live") this.#say("polling");
      this.#news(frame, cursorOf(frame), "polling");
    } catch (error) {
      if (this.#closed) return;
      if (error.status && error.status < 500) this.onframe({ problem: error.message }, null, "polling");
      else if (this.#live && this.state !== "live") this.#say("offline");
    }
  }

  close() {
    this.#closed = true;
    window.removeEventListener("online", this.onback);
    document.removeEventListener("visibilitychange", this.onback);
    this.#stop();
  }

  get #isOpen() {
    return this.#socket !== null && this.#socket.readyState === WebSocket.OPEN;
  }

  #say(state) {
    if (this.state === state || this.#closed) return;
    this.state = state;
    this.onstate(state);
  }

  #news(frame, cursor, transport) {
    this.#hasNews = true;
    if (cursor) this.cursor = cursor;
    this.onframe(frame, cursor, transport);
  }

  #open() {
    if (this.#closed || !this.#live) return;
    this.#letGo();
    const socket = new WebSocket(this.#address());
    this.#socket = socket;
    socket.onmessage = (event) => socket === this.#socket && this.#heard(JSON.parse(event.data));
    socket.onclose = () => socket === this.#socket && this.#failed();
    this.#watchSilence();
  }

  #address() {
    const url = new URL(`${this.api.page}/ws`, document.baseURI);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    if (this.cursor && this.#hasNews) url.searchParams.set("after", this.cursor);
    return url;
  }

  /** A frame; or nothing but a sign of life. */
  #heard(frame) {
    this.#failures = 0;
    this.#clear("poll");
    this.#say("live");
    this.#watchSilence();
    if (frame.head) this.#news(frame, frame.id, "live");
  }

  #failed() {
    this.#letGo();
    this.#failures += 1;
    if (this.state === "live") this.#say("connecting");
    if (this.#failures === 1) this.refresh(); // where it is a refusal, this says why
    this.#after("reopen", Math.min(LONGEST_RECONNECT_MS, RECONNECT_MS * this.#failures), () => this.#open());
    if (this.#failures >= FAILURES_BEFORE_POLLING && !this.#timers.poll) this.#poll();
  }

  #poll() {
    if (!this.#live || this.state === "live") return;
    this.refresh();
    this.#after("poll", this.intervalS * 1000, () => this.#poll());
  }

  /** A connection may be gone without anybody being told, after a machine has slept for instance. */
  #watchSilence() {
    this.#after("silence", SILENCE_MS, () => {
      this.#letGo();
      this.#failed();
    });
  }

  #after(name, ms, action) {
    this.#clear(name);
    this.#timers[name] = setTimeout(() => {
      this.#timers[name] = null;
      if (!this.#closed) action();
    }, ms);
  }

  #clear(name) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = null;
  }

  #letGo() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #stop() {
    this.#letGo();
    for (const name of Object.keys(this.#timers)) this.#clear(name);
  }
}

/** The position a whole frame stands at. */
function cursorOf(frame) {
  const { run_id: run, epoch, seq } = frame.head ?? {};
  return run && seq ? `${run}:${epoch}.${seq}` : null;
}
