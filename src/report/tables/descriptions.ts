/**
 * Tables: descriptions of features under the classifier reward, the paper's and a run's (Tables 2,
 * 8 and 9).
 */

import { type PublishedDescription, table2 } from "../../paper/published.js";
import { table8, table9 } from "../../paper/published-descriptions.js";
import { choiceOf } from "../../results/features.js";
import type { RunData } from "../../results/read-run.js";
import type { FeatureRecord, ModelRole } from "../../results/results.js";
import { type Content, html } from "../html.js";
import type { Row, Table } from "./table.js";

const dash = "–";

/** The best matched, or most changed, features of a layer; those without a pattern last. */
function best(run: RunData, model: ModelRole, layer: number, count: number): FeatureRecord[] {
  return run.features
    .filter((feature) => feature.model === model && feature.layer === layer)
    .sort((a, b) => Number(a.noPattern ?? false) - Number(b.noPattern ?? false) || choiceOf(b) - choiceOf(a))
    .slice(0, count);
}

const described = (feature: FeatureRecord | undefined): Content =>
  feature ? html`${feature.explanation} <span class="source">feature ${feature.feature}</span>` : dash;

function descriptionRows(run: RunData, printed: readonly PublishedDescription[], perLayer: number): Row[] {
  const published = [...new Set(printed.map(({ layer }) => layer))];
  const own = run.results.divergence?.chosen.toSorted((a, b) => a - b) ?? [];
  const rows: Row[] = [];
  for (let i = 0; i < Math.max(published.length, own.length); i++) {
    const theirs = printed.filter(({ layer }) => layer === published[i]);
    const [tuned, base] = (["tuned", "base"] as const).map((model) =>
      i < own.length ? best(run, model, own[i], perLayer) : [],
    );
    const count = Math.max(theirs.length, tuned.length, base.length);
    for (let k = 0; k < count; k++) {
      const paper = theirs[k];
      rows.push({
        source: "run",
        cells: [
          `Paper's layer ${published[i] ?? dash}, own layer ${own[i] ?? dash}, ${k + 1}`,
          paper ? html`${paper.explanation} <span class="source">feature ${paper.feature}</span>` : dash,
          described(tuned[k]),
          described(base[k]),
        ],
      });
    }
  }
  return rows;
}

const descriptionColumns = [
  { label: "Layer and rank", text: true },
  { label: "Paper, tuned", text: true },
  { label: "This run, tuned", text: true },
  { label: "This run, base", text: true },
];

/**
 * Descriptions of features under the classifier reward: five examples, and all printed ones (Tables
 * 2, 8 and 9).
 */
export function descriptionTables(run: RunData): { five: Table; all: Table } {
  return {
    five: {
      caption: "Five descriptions of features",
      paper: "Table 2",
      columns: descriptionColumns,
      rows: descriptionRows(run, table2, 1),
      note: "The paper's descriptions are by GPT-4. This run's are of the best matched feature of each layer that has a pattern, by the run's explainer.",
    },
    all: {
      caption: "Descriptions of the best matched features",
      paper: "Tables 8 and 9",
      columns: descriptionColumns,
      rows: descriptionRows(run, [...table8, ...table9], 10),
      note: "This run's features are ranked by cosine, those without a pattern last; the paper's have the order of its rows. The paper does not publish descriptions of the base model.",
    },
  };
}
