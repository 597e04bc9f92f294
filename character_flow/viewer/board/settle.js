// What became of a paid call nobody knows of: the three answers a person may give, each asked about before it counts.

import { allow, button, el, show } from "./dom.js";
import { clock } from "./words.js";

/** The answers for one uncertain step, wherever it is shown. */
export class Settle {
  #open = null; // {row, runId}: the page may show another run by the time a person has decided

  constructor(board) {
    this.board = board;
    this.adopt = button("Adopt \u2026", () => this.#askAdopt(), { testid: "settle-adopt", class: "button primary" });
    this.again = button("Charge again \u2026", () => this.#askAgain(), { testid: "settle-again" });
    this.skip = button("Skip \u2026", () => this.#askSkip(), { testid: "settle-skip" });
    this.node = el("div", { class: "actions settle", testid: "settle", role: "group",
      "aria-label": "What became of the call", hidden: true }, this.adopt, this.again, this.skip);
  }

  /** Offer the answers for this row; none for null. */
  update(row) {
    const { state, data, whyNot } = this.board;
    const isOpen = row?.status === "uncertain" && state.isOver && Boolean(state.runId && row.name) && data.mode !== "replay";
    this.#open = isOpen ? { row, runId: state.runId } : null;
    show(this.node, isOpen);
    for (const node of [this.adopt, this.again, this.skip]) allow(node, whyNot);
  }

  #askAdopt() {
    const open = this.#open;
    if (!open) return;
    const { row } = open;
    const since = row.started_at ? ` that was made after ${clock(row.started_at)}` : "";
    this.board.confirm.ask({
      title: `Adopt a prediction for \u201c${row.task || row.name}\u201d`,
      words: `Look at your provider's list of predictions. Is there one of this step's model${since}, with its input? Then give its`
        + " id: the run goes on with it, and nothing is called again.",
      field: "Id of the prediction",
      yes: "Adopt it", no: "Not now", kind: "primary",
      then: (id) => this.#settle(open, { adopt: id }, `Adopted prediction ${id}`),
    });
  }

  #askAgain() {
    const open = this.#open;
    if (!open) return;
    const { row } = open;
    this.board.confirm.ask({
      title: `Call the model of \u201c${row.task || row.name}\u201d again?`,
      words: "If the first call did arrive, it may be charged twice. Do this once you have seen that your provider's list of"
        + " predictions does not hold it.",
      yes: "Call again, may be charged twice", no: "Not now",
      then: () => this.#settle(open, { charge_again: true }, "It may be called again"),
    });
  }

  #askSkip() {
    const open = this.#open;
    if (!open) return;
    const { row } = open;
    this.board.confirm.ask({
      title: `Skip \u201c${row.task || row.name}\u201d?`,
      words: "The run goes on without this step's result. Steps that need it get nothing, and may fail.",
      yes: "Skip the step", no: "Not now",
      then: () => this.#settle(open, { skip: true }, "The step is skipped"),
    });
  }

  async #settle({ row, runId }, wish, done) {
    const { board } = this;
    const url = board.api.runUrl(runId, "/settle");
    await board.act(() => board.api.post(url, { step: row.name, ...wish }), `${done}. Resume goes on with the run.`);
  }
}
