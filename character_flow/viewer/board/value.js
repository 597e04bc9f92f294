// How is a value shown: text, a tree, a table, or the media it names. Large ones open as far as they are looked at.

import { el, setText } from "./dom.js";
import { isRunPath, media } from "./media.js";
import { count } from "./words.js";

const LINES = 300;
const CHARS = 200_000;
const PAGE = 100;
const COLUMNS = 12;
const MEDIA = 12;

/** The nodes that show a value. `place`: fileUrl(path), known (path -> artifact), isHero(path), toHero(). */
export function valueNodes(value, place) {
  if (typeof value === "string") {
    return isRunPath(value) ? [fileNode(value, place)] : [textBlock(value)];
  }
  if (value === null || typeof value !== "object") return [el("pre", { class: "text", text: JSON.stringify(value) })];
  const paths = [...new Set(mediaPaths(value))].slice(0, MEDIA);
  const files = el("div", { class: paths.length > 1 ? "media-grid" : "media-one" }, ...paths.map((path) => fileNode(path, place)));
  const shown = [...(paths.length ? [files] : []), ...proseOf(value)];
  if (!shown.length) return [structure(value)];
  const rest = el("details", { class: "as-json" }, el("summary", { text: "All of it, as JSON" }));
  rest.addEventListener("toggle", () => rest.childElementCount === 1 && rest.append(structure(value)));
  return [...shown, rest];
}

function fileNode(path, place) {
  if (place.isHero(path)) {
    return el("button", { type: "button", class: "button to-hero", text: "Play the video", on: { click: place.toHero } });
  }
  return media(place.fileUrl(path), path, place.known(path));
}

/** The run's files a value names, in order. */
function mediaPaths(value, depth = 0, found = []) {
  if (found.length >= MEDIA || depth > 6) return found;
  if (isRunPath(value)) found.push(value);
  else if (value !== null && typeof value === "object") {
    for (const inner of Object.values(value).slice(0, 200)) mediaPaths(inner, depth + 1, found);
  }
  return found;
}

/** Texts worth reading as texts: the long ones of a flat object, each under its name. */
function proseOf(value) {
  if (Array.isArray(value)) return [];
  return Object.entries(value)
    .filter(([, inner]) => typeof inner === "string" && inner.length > 60 && !isRunPath(inner))
    .slice(0, 6)
    .flatMap(([key, inner]) => [el("h4", { class: "user", text: key.replaceAll("_", " ") }), textBlock(inner)]);
}

/** Text as text. Beyond 300 lines it is folded; beyond 200,000 characters only the beginning is shown. */
export function textBlock(text) {
  const shown = text.length > CHARS ? text.slice(0, CHARS) : text;
  const cut = endOfLines(shown, LINES);
  const pre = el("pre", { class: "text user", text: cut < shown.length ? shown.slice(0, cut) : shown });
  const box = el("div", { class: "text-box" }, pre);
  if (cut < shown.length) {
    const words = `Show all ${count(shown.split("\n").length, "line")}`;
    const more = el("button", { type: "button", class: "button", text: words });
    more.addEventListener("click", () => {
      setText(pre, shown);
      more.remove();
    });
    box.append(more);
  }
  if (shown.length < text.length) {
    const words = `The first ${CHARS.toLocaleString("en")} of ${text.length.toLocaleString("en")} characters; download it for the rest.`;
    box.append(el("p", { class: "quiet", text: words }));
  }
  return box;
}

/** Where the given number of lines ends. */
function endOfLines(text, lines) {
  let at = -1;
  for (let line = 0; line < lines; line += 1) {
    at = text.indexOf("\n", at + 1);
    if (at < 0) return text.length;
  }
  return at;
}

function structure(value) {
  const columns = columnsOf(value);
  if (columns) return table(value, columns);
  return el("div", { class: "tree", role: "tree" }, ...entries(value, 0));
}

/** The columns of a list of objects that is worth a table, or null. */
function columnsOf(value) {
  if (!Array.isArray(value) || value.length === 0) return null;
  const sample = value.slice(0, 200);
  if (!sample.every((item) => item !== null && typeof item === "object" && !Array.isArray(item))) return null;
  const columns = [...new Set(sample.flatMap(Object.keys))];
  return columns.length > 0 && columns.length <= COLUMNS ? columns : null;
}

function table(rows, columns) {
  const body = el("tbody");
  const box = el("div", { class: "table-box" },
    el("table", {}, el("thead", {}, el("tr", {}, ...columns.map((name) => heading(name, rows)))), body));
  paged(rows, (row) => el("tr", {}, ...columns.map((name) => cell(row[name]))), (nodes) => body.append(...nodes), box);
  return box;
}

function heading(name, rows) {
  return el("th", { scope: "col", class: typeof rows[0][name] === "number" ? "number" : "user", text: name });
}

function cell(value) {
  const isText = typeof value === "string";
  const words = value === undefined ? "" : isText ? value : JSON.stringify(value);
  return el("td", { class: typeof value === "number" ? "number" : "user", text: words.slice(0, 500) });
}

/** Add items a page at a time, with a button for the next. */
function paged(items, make, add, box) {
  let shown = 0;
  const more = el("button", { type: "button", class: "button" });
  const next = () => {
    add(items.slice(shown, shown + PAGE).map((item, i) => make(item, shown + i)));
    shown = Math.min(items.length, shown + PAGE);
    if (shown >= items.length) more.remove();
    else setText(more, `Show ${Math.min(PAGE, items.length - shown)} more of ${items.length - shown}`);
  };
  more.addEventListener("click", next);
  box.append(more);
  next();
}

function entries(value, depth) {
  const items = Array.isArray(value) ? value.map((inner, i) => [i, inner]) : Object.entries(value);
  const box = el("div", { class: "tree-items" });
  if (items.length > PAGE) paged(items, ([key, inner]) => branch(key, inner, depth), (nodes) => box.append(...nodes), box);
  else box.append(...items.map(([key, inner]) => branch(key, inner, depth)));
  return [box];
}

function branch(key, value, depth) {
  const name = el("span", { class: "tree-key user", text: String(key) });
  if (value === null || typeof value !== "object") {
    const words = typeof value === "string" ? value : JSON.stringify(value);
    return el("div", { class: "tree-leaf", role: "treeitem" }, name,
      el("span", { class: `tree-value is-${value === null ? "null" : typeof value} user`, text: words.slice(0, 2000) }));
  }
  const size = Array.isArray(value) ? count(value.length, "item") : count(Object.keys(value).length, "key");
  const node = el("details", { class: "tree-branch", role: "treeitem" },
    el("summary", {}, name, el("span", { class: "quiet", text: size })));
  const fill = () => node.childElementCount === 1 && node.append(...entries(value, depth + 1));
  node.addEventListener("toggle", fill);
  if (depth < 1 && size !== "0 keys" && JSON.stringify(value).length < 4000) {
    fill();
    node.open = true;
  }
  return node;
}
