// What does the board lie on: light or dark, wide or narrow.

const NARROW_PX = 620;
const NARROW_WITH_HERO_PX = 860;

/** Keeps the board's look in step with the page around it. */
export class Surface {
  #narrow = null;
  #width = 0;
  #detailHeight = 0;

  constructor(board) {
    this.board = board;
    this.box = board.outer;
    this.resized = new ResizeObserver(() => this.#measure());
    this.resized.observe(this.box);
    this.resized.observe(board.detail.node);
    this.update();
    this.#measure();
  }

  close() {
    this.resized.disconnect();
  }

  /** The theme is the page's: light or dark by how bright its background is. */
  update() {
    const style = getComputedStyle(this.box);
    const named = style.getPropertyValue("--st-background-color").trim();
    const theme = named ? (brightness(named) < 0.5 ? "dark" : "light") : this.#fallback();
    if (this.box.dataset.theme !== theme) this.box.dataset.theme = theme;
  }

  #fallback() {
    return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }

  #measure() {
    this.#width = this.box.clientWidth;
    this.#detailHeight = this.board.detail.node.offsetHeight;
    this.layOut();
  }

  /** On a narrow page the chosen step opens below its row; else beside the list. */
  layOut() {
    const { timeline, detail, stage, chosen } = this.board;
    const { list } = timeline;
    if (!this.#width) return;
    stage.dataset.open = !detail.node.hidden;
    const narrow = this.#width < (stage.dataset.hero === "tall" ? NARROW_WITH_HERO_PX : NARROW_PX);
    if (narrow !== this.#narrow) {
      this.#narrow = narrow;
      this.box.dataset.narrow = narrow;
      if (narrow) list.scroller.append(detail.node);
      else this.board.slot.append(detail.node);
      if (!narrow) detail.node.style.transform = "";
      this.#detailHeight = detail.node.offsetHeight;
    }
    if (!narrow || chosen === null || detail.node.hidden) return void list.setGap(-1, 0);
    list.setGap(chosen, this.#detailHeight);
    detail.node.style.transform = `translateY(${list.top(chosen) + list.rowHeight}px)`;
    return undefined;
  }
}

/** How bright a CSS colour is, from 0 to 1. */
function brightness(colour) {
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = "#ffffff";
  canvas.fillStyle = colour;
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i.exec(canvas.fillStyle);
  const [r, g, b] = hex ? hex.slice(1).map((part) => parseInt(part, 16)) : /[\d.]+/g[Symbol.match](canvas.fillStyle).map(Number);
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}
