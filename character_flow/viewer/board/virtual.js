// Which rows of a long list are in the page: only those in sight, each keeping its node for as long as it is.
//
// Sizes and positions are remembered as the browser reports them: to ask while drawing would make it lay out the page
// for each piece of news, which is most of what a piece of news costs.

const SPARE = 6;

/** A list of rows of one height. `make(index)` builds a row's node, `fill(node, index)` brings it up to date. */
export class VirtualList {
  #nodes = new Map();
  #count = 0;
  #gap = { after: -1, height: 0 };
  #scheduled = false;
  #height = 400;
  #at = 0;
  #target = null;

  constructor({ rowHeight, make, fill, keep = () => [], ...props }, el) {
    this.rowHeight = rowHeight;
    this.make = make;
    this.fill = fill;
    this.keep = keep;
    this.sizer = el("div", { class: "sizer", role: "listbox", ...props.list });
    this.scroller = el("div", { class: "scroller", ...props.scroller }, this.sizer);
    this.scroller.addEventListener("scroll", () => {
      this.#at = this.scroller.scrollTop;
      this.#schedule();
    }, { passive: true });
    this.resized = new ResizeObserver(() => {
      this.#height = this.scroller.clientHeight || 400;
      this.#schedule();
    });
    this.resized.observe(this.scroller);
  }

  close() {
    this.resized.disconnect();
  }

  /** The number of rows. */
  setCount(count) {
    if (count === this.#count) return;
    this.#count = count;
    this.#resize();
    this.draw();
  }

  /** Leave room below a row, for what is opened there; an index of -1 for none. */
  setGap(after, height) {
    if (this.#gap.after === after && this.#gap.height === height) return;
    this.#gap = { after, height };
    this.#resize();
    for (const [index, node] of this.#nodes) this.#place(node, index);
    this.draw();
  }

  /** Where a row begins. */
  top(index) {
    return index * this.rowHeight + (this.#gap.after >= 0 && index > this.#gap.after ? this.#gap.height : 0);
  }

  #resize() {
    this.sizer.style.height = `${this.#count * this.rowHeight + (this.#gap.after >= 0 ? this.#gap.height : 0)}px`;
  }

  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      if (this.#target !== null) this.scroller.scrollTop = this.#target;
      this.#target = null;
      this.draw();
    });
  }

  #wanted() {
    let start = this.#at;
    if (this.#gap.after >= 0 && start > this.top(this.#gap.after)) start = Math.max(0, start - this.#gap.height);
    const first = Math.max(0, Math.floor(start / this.rowHeight) - SPARE);
    const visible = Math.ceil(this.#height / this.rowHeight) + 2 * SPARE;
    const last = Math.min(this.#count, first + Math.min(visible, 120));
    const wanted = new Set(this.keep().filter((index) => index >= 0 && index < this.#count));
    for (let index = first; index < last; index += 1) wanted.add(index);
    return wanted;
  }

  /** Bring the nodes in line with what is in sight. */
  draw() {
    const wanted = this.#wanted();
    for (const [index, node] of this.#nodes) {
      if (wanted.has(index)) continue;
      node.remove();
      this.#nodes.delete(index);
    }
    for (const index of [...wanted].sort((a, b) => a - b)) if (!this.#nodes.has(index)) this.#add(index);
  }

  #add(index) {
    const node = this.make(index);
    node.style.height = `${this.rowHeight}px`;
    this.#place(node, index);
    this.fill(node, index);
    const after = [...this.#nodes.keys()].filter((other) => other > index);
    this.sizer.insertBefore(node, after.length ? this.#nodes.get(Math.min(...after)) : null);
    this.#nodes.set(index, node);
  }

  #place(node, index) {
    node.style.transform = `translateY(${this.top(index)}px)`;
  }

  /** The row's node while it is in the page. */
  node(index) {
    return this.#nodes.get(index);
  }

  /** Bring rows up to date; null for all. Rows out of sight cost nothing. */
  refresh(indexes) {
    if (indexes === null) for (const [index, node] of this.#nodes) this.fill(node, index);
    else for (const index of indexes) if (this.#nodes.has(index)) this.fill(this.#nodes.get(index), index);
  }

  /** Scroll until a row is in sight, without moving anything but this list. */
  reveal(index) {
    const top = this.top(index);
    const room = this.#height - this.rowHeight;
    const margin = Math.min(1.5 * this.rowHeight, room / 3); // what comes next is in sight too
    let wanted = this.#at;
    if (top - margin < wanted) wanted = top - margin;
    else if (top + margin > wanted + room) wanted = top - room + margin;
    const last = this.top(this.#count - 1) + this.rowHeight - this.#height;
    wanted = Math.max(0, Math.min(wanted, last));
    if (Math.abs(wanted - this.#at) < 1) return;
    this.#at = this.#target = wanted;
    this.#schedule();
    this.draw();
  }
}
