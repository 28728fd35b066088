/** The frame of every table: caption, the paper's table number, header, rows, note; it scrolls inside its own box. */

import { type PaperModel, paperModels } from "../../paper/published.js";
import { type Content, type Html, html } from "../html.js";

export interface Column {
  label: Content;
  /** Texts stand left, numbers right. Default: numbers. */
  text?: boolean;
}

export interface Row {
  /** Where the row comes from: the paper, this run, or a control of this run. */
  source: "published" | "run" | "control";
  /** The first cell heads the row. */
  cells: readonly Content[];
}

export interface Table {
  caption: string;
  /** The paper's table that it stands beside, e.g. "Table 7". */
  paper?: string;
  columns: readonly Column[];
  rows: readonly Row[];
  note?: Content;
}

export function showTable({ caption, paper, columns, rows, note }: Table): Html {
  const kind = (i: number) => (columns[i]?.text ? "text" : "number");
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

/** One row per model of the paper; the model that this run tuned is marked. */
export function publishedRows(same: PaperModel | undefined, cells: (model: PaperModel) => readonly Content[]): Row[] {
  return paperModels.map((model) => ({
    source: "published",
    cells: [html`${model} <span class="source">paper${model === same && ", same model"}</span>`, ...cells(model)],
  }));
}

/** The head of a row of this run. */
export function ownHead(name: string): Html {
  return html`${name} <span class="source">this run</span>`;
}

/** The head of a row that an effect is to be compared with. */
export function controlHead(name: string): Html {
  return html`${name} <span class="source">control</span>`;
}
