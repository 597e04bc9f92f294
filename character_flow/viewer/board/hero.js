// What is the result to look at first: the run's newest video, large, and left alone by updates; until there is one,
// its newest picture.

import { button, el, setText, show } from "./dom.js";
import { kindOf, nameOf } from "./media.js";
import { size } from "./words.js";

const BROKEN = "The video cannot be played: it is missing, cut off or of another kind.";

/** The run's newest video. Its node stays; a newer one does not interrupt one that plays. */
export class Hero {
  path = null;
  #key = null;
  #next = null;

  constructor(board) {
    this.board = board;
    this.video = el("video", { controls: true, playsinline: true, preload: "metadata", testid: "hero-video" });
    this.video.addEventListener("error", () => this.#broken());
    this.video.addEventListener("ended", () => this.#takeNext());
    this.video.addEventListener("loadedmetadata", () => this.#shape());
    this.broken = el("p", { class: "quiet broken", hidden: true, text: BROKEN });
    this.picture = el("img", { class: "hero-picture", testid: "hero-picture", hidden: true, decoding: "async" });
    this.picture.addEventListener("error", () => {
      show(this.node, false);
      board.layOut();
    });
    this.newer = button("Show the newer video", () => this.#takeNext(), { hidden: true });
    this.loud = button("Sound on", () => this.play(), { hidden: true, testid: "sound-on" });
    for (const change of ["play", "pause", "volumechange", "emptied"]) {
      this.video.addEventListener(change, () => show(this.loud, this.video.muted && !this.video.paused));
    }
    this.about = el("span", { class: "user" });
    this.save = el("a", { class: "link", text: "Download", download: true });
    this.node = el("section", { class: "hero", "aria-label": "The video", hidden: true },
      el("div", { class: "hero-frame" }, this.video, this.picture, this.broken),
      el("div", { class: "hero-caption" }, this.about, this.newer, this.loud, this.save));
  }

  update() {
    const { state } = this.board;
    const files = state.runId ? state.head.artifacts ?? [] : [];
    const found = files.findLast((a) => kindOf(a.path, a.kind) === "video");
    const picture = found ? null : files.findLast((a) => kindOf(a.path, a.kind) === "image");
    show(this.node, Boolean(found || picture) && !(picture && this.#isBroken));
    show(this.save, Boolean(found));
    if (!found) this.#noVideo(picture);
    else this.#offer(found);
  }

  get #isBroken() {
    return this.picture.hasAttribute("src") && this.picture.complete && this.picture.naturalWidth === 0;
  }

  #noVideo(picture) {
    if (this.#key) this.video.removeAttribute("src");
    this.#key = this.path = this.#next = null;
    for (const node of [this.video, this.broken, this.newer]) show(node, false);
    const url = picture ? this.board.api.fileUrl(this.board.state.runId, picture.path) : null;
    if (!url || url === this.picture.getAttribute("src")) return;
    show(this.node, true);
    this.picture.src = url;
    this.picture.alt = nameOf(picture.path);
    show(this.picture, true);
    this.node.dataset.shape = "tall";
    setText(this.about, `${nameOf(picture.path)} \u00b7 the newest picture so far`);
  }

  #offer(found) {
    const { state } = this.board;
    const key = `${state.runId}|${found.path}|${found.sha256}`;
    if (key === this.#key) this.#dress();
    if (key === this.#key || this.#next?.key === key) return;
    this.#next = { key, artifact: found, run: state.runId };
    const isWatched = this.#key?.startsWith(`${state.runId}|`) && !this.video.paused;
    show(this.newer, Boolean(isWatched));
    if (!isWatched) this.#takeNext();
  }

  #takeNext() {
    if (!this.#next) return;
    const { key, artifact, run } = this.#next;
    const { api, state } = this.board;
    this.#key = key;
    this.#next = null;
    this.path = artifact.path;
    show(this.newer, false);
    show(this.broken, false);
    show(this.picture, false);
    this.picture.removeAttribute("src");
    show(this.video, true);
    this.video.removeAttribute("poster");
    this.#dress();
    const url = api.fileUrl(run, artifact.path);
    this.video.src = url;
    this.save.href = `${url}?download=1`;
    setText(this.about, [nameOf(artifact.path), size(artifact.bytes)].filter(Boolean).join(" · "));
    this.video.setAttribute("aria-label", `Video ${nameOf(artifact.path)}`);
    this.#playQuietly();
  }

  /** Give the video its poster, which may come after it. */
  #dress() {
    const { api, state } = this.board;
    const poster = posterOf(state.head.artifacts ?? [], this.path);
    const url = poster ? api.fileUrl(state.runId, poster.path) : null;
    if (url && url !== this.video.getAttribute("poster")) this.video.poster = url;
  }

  /** A video begins by itself, without sound, as browsers allow it; not for a reader who asked for less motion. */
  #playQuietly() {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.video.muted = true;
    this.video.play().catch(() => {});
  }

  #shape() {
    const { videoWidth: width, videoHeight: height } = this.video;
    this.node.dataset.shape = width > height ? "wide" : "tall";
    this.board.layOut();
    if (width && height) this.node.style.setProperty("--ratio", `${width} / ${height}`);
  }

  #broken() {
    if (!this.video.hasAttribute("src")) return;
    show(this.video, false);
    show(this.broken, true);
  }

  /** Bring it into sight and play, with sound. */
  play() {
    this.node.scrollIntoView({ block: "nearest" });
    this.video.focus();
    this.video.muted = false;
    this.video.play().catch(() => {}); // the browser may refuse before a gesture; the controls are there
  }

  /** Play or pause; false where there is no video. */
  toggle() {
    if (!this.path || this.video.hidden) return false;
    if (this.video.paused) this.play();
    else this.video.pause();
    return true;
  }
}

/** The picture made to stand for a video: of the same folder, with a name or kind that says so. */
function posterOf(artifacts, path) {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const meant = artifacts.filter((a) => kindOf(a.path, a.kind === "thumbnail" ? "image" : a.kind) === "image")
    .filter((a) => a.kind === "thumbnail" || (a.path.startsWith(folder) && /thumb|poster|cover/i.test(a.path)));
  return meant.findLast((a) => a.path.startsWith(folder)) ?? meant.at(-1); // of several videos each has its own
}
