/** The parts of a section of the page. */

import type { RunData } from "../../results/read-run.js";
import { type Figure, showFigure } from "../figures/figure.js";
import { type Content, type Html, html } from "../html.js";

export interface Section {
  id: string;
  title: string;
  /** Its finding in a sentence or two. */
  lead: Content;
  body: Content;
}

/** Figures side by side if there is room; undefined ones are left out. */
export function figures(...list: readonly (Figure | undefined)[]): Html {
  return html`<div class="figures">${list.map((figure) => figure && showFigure(figure))}</div>`;
}

/** The text in place of results that the run does not have. */
export function notRun({ record }: RunData, ...stages: readonly string[]): Html {
  const lines = stages.map((name) => {
    const stage = record.stages[name];
    const state = stage
      ? `${stage.status}${stage.error ? `: ${stage.error}` : ""}`
      : "not part of this run, or not started";
    return html`<li><code>${name}</code> <span>${state}</span></li>`;
  });
  return html`<div class="not-run"><p>Not run.</p><ul>${lines}</ul></div>`;
}

/** Long tables, folded. */
export function folded(summary: string, body: Content): Html {
  return html`<details class="folded"><summary>${summary}</summary>${body}</details>`;
}
