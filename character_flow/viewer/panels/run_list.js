// The list of runs: rows are made as they come near, everything in them is text, a choice is told to the page.

const PAGE = 60;
const lists = new WeakMap();

export default function ({ parentElement, data, setStateValue }) {
  let list = lists.get(parentElement);
  if (!list) {
    list = makeList(parentElement);
    lists.set(parentElement, list);
  }
  list.choose = (id) => setStateValue("chosen", id);
  list.show(data);
  return () => list.sentinel.disconnect();
}

function makeList(root) {
  const box = root.appendChild(document.createElement("div"));
  box.className = "runs";
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", "Runs");
  const end = root.appendChild(document.createElement("div"));
  end.className = "end";
  const list = { rows: [], made: 0, chosen: null, text: "" };
  list.sentinel = new IntersectionObserver((seen) => seen.some((entry) => entry.isIntersecting) && list.more(), {
    rootMargin: "800px",
  });

  list.show = (data) => {
    list.sentinel.observe(end);
    if (data.rows !== list.text) {
      Object.assign(list, { rows: JSON.parse(data.rows), text: data.rows });
      const kept = Math.max(list.made, PAGE);
      box.replaceChildren();
      list.made = 0;
      list.more(kept);
    }
    list.mark(data.chosen);
  };
  list.more = (count = PAGE) => {
    for (const row of list.rows.slice(list.made, list.made + count)) box.append(makeRow(row));
    list.made = Math.min(list.made + count, list.rows.length);
    end.textContent = list.made < list.rows.length ? `${list.rows.length - list.made} more` : "";
    list.mark(list.chosen);
  };
  list.mark = (id) => {
    list.chosen = id;
    for (const row of box.children) {
      const isChosen = row.dataset.run === id;
      row.setAttribute("aria-selected", String(isChosen));
      row.tabIndex = isChosen || (id === null && row === box.firstElementChild) ? 0 : -1;
    }
    if (!box.querySelector('[tabindex="0"]') && box.firstElementChild) box.firstElementChild.tabIndex = 0;
  };
  box.addEventListener("click", (event) => {
    const row = event.target.closest("[data-run]");
    if (row) pick(list, row);
  });
  box.addEventListener("keydown", (event) => byKey(list, box, event));
  return list;
}

function pick(list, row) {
  list.mark(row.dataset.run);
  list.choose(row.dataset.run);
  row.getRootNode().host?.closest('[data-testid="stMain"]')?.scrollTo({ top: 0, behavior: smooth() });
}

function byKey(list, box, event) {
  const row = event.target.closest("[data-run]");
  if (!row) return;
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling", j: "nextElementSibling" };
  step.k = "previousElementSibling";
  if (event.key === "Enter" || event.key === " ") pick(list, row);
  else if (event.key === "Home") box.firstElementChild?.focus();
  else if (step[event.key]) row[step[event.key]]?.focus();
  else return;
  event.preventDefault();
}

const smooth = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

function makeRow(row) {
  const line = element("div", "run");
  line.dataset.run = row.id;
  line.dataset.testid = "run-row";
  line.setAttribute("role", "option");
  line.append(picture(row), words(row), element("span", `pill ${row.state}`, row.label), figures(row));
  return line;
}

function picture(row) {
  const frame = element("span", "picture", row.thumbnail ? undefined : [...row.title][0]);
  frame.setAttribute("aria-hidden", "true");
  if (!row.thumbnail) return frame;
  const image = document.createElement("img");
  image.loading = "lazy";
  image.alt = "";
  image.src = row.thumbnail;
  image.addEventListener("error", () => image.remove());
  frame.append(image);
  return frame;
}

function words(row) {
  const text = element("span", "words");
  const title = element("span", "title");
  if (row.pinned) title.append(label("span", "pin", "★", "Pinned"));
  title.append(element("bdi", "", row.title));
  text.append(title, element("bdi", row.error ? "why" : "id", row.error ?? row.id));
  if (row.error) text.title = row.id;
  return text;
}

function figures(row) {
  const box = element("span", "figures");
  const at = row.started_at ? new Date(row.started_at) : null;
  const known = at && !Number.isNaN(at.valueOf());
  const time = element("time", "at", known ? clock.format(at) : "not started");
  if (known) time.title = at.toString();
  const cost = row.cost_usd === null ? "" : ` · $${row.cost_usd.toFixed(row.cost_usd < 0.1 ? 4 : 2)}`;
  box.append(time, element("span", "took", row.duration_s === null ? "" : took(row.duration_s) + cost));
  return box;
}

const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function took(seconds) {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function label(tag, className, text, name) {
  const made = element(tag, className, text);
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", name);
  return made;
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}
