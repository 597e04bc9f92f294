// How is a node made: small builders. Content only ever arrives as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

const OVERRIDES = /[\u202d\u202e]/g;

/** The text as it may be shown: control characters become their visible symbols, and nothing turns its direction. */
export function plain(value) {
  return String(value)
    .replace(/\r\n/g, "\n")
    .replace(OVERRIDES, "\ufffd")
    .replace(CONTROLS, (c) => {
      const code = c.charCodeAt(0);
      if (code === 0x7f) return "\u2421";
      return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\ufffd";
    });
}

/** An element. `props`: class, testid, text, on (listeners), any other key is an attribute; null ones are left out. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") node.className = value;
    else if (key === "testid") node.dataset.testid = value;
    else if (key === "text") node.textContent = plain(value);
    else if (key === "on") for (const [name, listener] of Object.entries(value)) node.addEventListener(name, listener);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const shown = new WeakMap();

/** Set a node's text if it differs: an unchanged node keeps its selection and costs nothing. */
export function setText(node, value) {
  const wanted = value === null || value === undefined ? "" : String(value);
  if (shown.get(node) === wanted) return false;
  shown.set(node, wanted);
  node.textContent = plain(wanted);
  return true;
}

/** Text that only grows is appended to, so that what the reader has selected stays selected. */
export function growText(node, value) {
  const before = shown.get(node);
  const last = node.lastChild;
  if (before && last && value.length > before.length && value.startsWith(before)) {
    last.appendData(plain(value.slice(before.length)));
    shown.set(node, value);
    return true;
  }
  return setText(node, value);
}

/** Set an attribute if it differs; null removes it. */
export function setAttr(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
    return;
  }
  const wanted = value === true ? "" : String(value);
  if (node.getAttribute(name) !== wanted) node.setAttribute(name, wanted);
}

/** Show or hide a node. */
export function show(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}

const ICONS = {
  pending: "M4.5 2.5h7M4.5 13.5h7M5.5 2.5v2.2L8 8l2.5-3.3V2.5M5.5 13.5v-2.2L8 8l2.5 3.3v2.2",
  running: "M13 8a5 5 0 0 1-8.9 3.1M3 8a5 5 0 0 1 8.9-3.1M12.4 2.2v2.9H9.5M3.6 13.8v-2.9h2.9",
  completed: "M4.2 8.4l2.6 2.6 5-5.6",
  error: "M4.8 4.8l6.4 6.4M11.2 4.8l-6.4 6.4",
  skipped: "M4 4.5 8.5 8 4 11.5zM11.5 4.5v7",
  cancelled: "M5 5h6v6H5z",
  uncertain: "M6 6.1a2 2 0 1 1 3 1.7c-.7.4-1 .8-1 1.6M8 11.7v.1",
  interrupted: "M8.8 2.5 4.5 9H8l-.8 4.5L11.5 7H8z",
  reused: "M12 12V8.5a2 2 0 0 0-2-2H4M6.6 3.9 4 6.5l2.6 2.6",
  play: "M5 3.5v9l7-4.5z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  close: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  file: "M4.5 2.5h4.5l3 3v8h-7.5zM9 2.5v3h3",
  sound: "M3 6.5v3h2.5l3 2.5v-8l-3 2.5zM11 6a3 3 0 0 1 0 4",
  film: "M2.5 4h11v8h-11zM5 4v8M11 4v8",
};

/** A line icon that takes the colour of its text. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name] ?? ICONS.pending);
  svg.append(path);
  return svg;
}

/** A place for a status icon; `setStatus` fills it. */
export function statusIcon() {
  return el("span", { class: "icon", role: "img" });
}

/** Draw a status in its place, with its name in words. */
export function setStatus(holder, status, words) {
  if (holder.dataset.status !== status) {
    holder.dataset.status = status;
    holder.replaceChildren(icon(status));
  }
  setAttr(holder, "aria-label", words);
  setAttr(holder, "title", words);
}

/** A button with words. */
export function button(words, onclick, props = {}) {
  return el("button", { type: "button", class: "button", text: words, on: { click: onclick }, ...props });
}

/** Switch a button off with the reason as its title, or on again. */
export function allow(node, reason) {
  node.disabled = Boolean(reason);
  setAttr(node, "title", reason || null);
}
