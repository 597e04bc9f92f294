// How is a file of a run shown: by its kind, from the gateway's own addresses only.

import { el, icon } from "./dom.js";
import { size } from "./words.js";

const BY_ENDING = {
  image: /\.(png|jpe?g|gif|webp|avif|bmp|svg)$/i,
  video: /\.(mp4|webm|mov|m4v|ogv)$/i,
  audio: /\.(mp3|wav|ogg|oga|m4a|aac|flac|opus)$/i,
};
const LOCAL = /^(artifacts|inputs)\/(?!.*(^|\/)\.\.(\/|$)).+/;

/** image, video, audio or file. */
export function kindOf(path, kind) {
  if (["image", "video", "audio"].includes(kind)) return kind;
  return Object.keys(BY_ENDING).find((name) => BY_ENDING[name].test(path)) ?? "file";
}

/** Whether a text is the path of a file inside the run's folder. */
export function isRunPath(value) {
  return typeof value === "string" && value.length < 500 && !value.includes("\n") && LOCAL.test(value);
}

export const nameOf = (path) => path.split("/").at(-1);

/** A picture, player or link for one file. `about` may hold kind, bytes and poster. */
export function media(url, path, about = {}) {
  const kind = kindOf(path, about.kind);
  const figure = el("figure", { class: `media media-${kind}` });
  const node = player(kind, url, path, about);
  if (node) {
    node.addEventListener("error", () => unshowable(figure, node, kind), { once: true });
    figure.append(kind === "image" ? el("a", { href: url, target: "_blank", rel: "noopener", class: "zoom" }, node) : node);
  }
  figure.append(caption(url, path, about, kind));
  return figure;
}

function player(kind, url, path, about) {
  if (kind === "image") return el("img", { src: url, alt: nameOf(path), loading: "lazy", decoding: "async" });
  if (kind === "video") {
    return el("video", { src: url, controls: true, playsinline: true, preload: "metadata", poster: about.poster });
  }
  return kind === "audio" ? el("audio", { src: url, controls: true, preload: "metadata" }) : null;
}

function caption(url, path, about, kind) {
  const words = [nameOf(path), size(about.bytes)].filter(Boolean).join(" · ");
  const save = el("a", { href: `${url}?download=1`, download: nameOf(path), class: "link", text: "Download" });
  return el("figcaption", {}, kind === "file" ? icon("file") : null, el("span", { class: "user", text: words }), save);
}

function unshowable(figure, node, kind) {
  const box = node.closest("a") ?? node;
  box.replaceWith(el("p", { class: "quiet broken", text: `This ${kind} cannot be shown: it is missing, cut off or of another kind.` }));
  figure.classList.add("is-broken");
}

/** A small square that stands for a file; with `still`, a video shows its first picture. */
export function thumbnail(url, path, about = {}) {
  const kind = kindOf(path, about.kind);
  if (kind === "image") {
    const node = el("img", { class: "thumb", src: url, alt: "", loading: "lazy", decoding: "async" });
    node.addEventListener("error", () => node.replaceWith(symbol("file")), { once: true });
    return node;
  }
  if (kind === "video" && about.still) {
    const node = el("video", { class: "thumb", src: url, preload: "metadata", tabindex: "-1", "aria-hidden": "true" });
    node.muted = true;
    node.addEventListener("error", () => node.replaceWith(symbol("film")), { once: true });
    return node;
  }
  return symbol({ video: "film", audio: "sound" }[kind] ?? "file");
}

function symbol(name) {
  return el("span", { class: "thumb thumb-symbol" }, icon(name));
}
