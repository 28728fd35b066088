/**
 * The frame of every table: caption, the paper's table number, header, rows, note, in a box that
 * scrolls.
 */

import { type PaperModel, paperModels } from "../../paper/published.js";
import { type Content, type Html, html } from "../html.js";

export interface Column {
  label: Content;
  /** Whether cells are texts, aligned left. Default: numbers, aligned right. */
  text?: boolean;
  /** Whether its texts are sentences, which need more width than a few words. */
  wide?: boolean;
}

export interface Row {
  /** The source of the row: the paper, this run, or a control of this run. */
  source: "published" | "run" | "control";
  /** The first cell is the row's header. */
  cells: readonly Content[];
}

export interface Table {
  caption: string;
  /** The corresponding table of the paper, e.g. "Table 7". */
  paper?: string;
  columns: readonly Column[];
  rows: readonly Row[];
  note?: Content;
}

export function showTable({ caption, paper, columns, rows, note }: Table): Html {
  const kind = (i: number) => (columns[i]?.wide ? "text wide" : columns[i]?.text ? "text" : "number");
  return html`<div class="table">
<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>
<caption><span>${caption}${paper && html` <small>paper: ${paper}</small>`}</span></caption>
<thead><tr>${columns.map(({ label }, i) => html`<th scope="col" class="${kind(i)}">${label}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ source, cells: [head, ...cells] }) =>
      html`<tr class="${source}"><th scope="row">${head}</th>${cells.map((cell, i) => html`<td class="${kind(i + 1)}">${cell}</td>`)}</tr>
`,
  )}</tbody></table></div>
${note && html`<p class="note">${note}</p>`}</div>`;
}

/** One row per model of the paper; this run's model is marked. */
export function publishedRows(same: PaperModel | undefined, cells: (model: PaperModel) => readonly Content[]): Row[] {
  return paperModels.map((model) => ({
    source: "published",
    cells: [html`${model} <span class="source">paper${model === same && ", same model"}</span>`, ...cells(model)],
  }));
}

/** The header of a row of this run. */
export function ownHead(name: string): Html {
  return html`${name} <span class="source">this run</span>`;
}

/** The header of a control's row. */
export function controlHead(name: string): Html {
  return html`${name} <span class="source">control</span>`;
}
