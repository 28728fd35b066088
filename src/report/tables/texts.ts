/**
 * Tables of texts: sampled completions, contrastive triples, the paper's descriptions of features.
 */

import { table2 } from "../../paper/published.js";
import type { LexiconRow, TriplesResults, TuningSample } from "../../results/results.js";
import { fixed, signed, whole } from "../format.js";
import { type Content, html } from "../html.js";
import type { Table } from "./table.js";

/** Completions of the same query by base and tuned model, with marked lexicon words. */
export function samplesTable(samples: readonly TuningSample[], lexicon: readonly LexiconRow[]): Table {
  const values = new Map(lexicon.map(({ word, trueValue }) => [word, trueValue]));
  const completion = (text: string, reward: number) =>
    html`<div class="sample"><span class="reward">${signed(reward)}</span> ${marked(text, values)}</div>`;
  return {
    caption: "Completions of the same query",
    columns: [
      { label: "Query", text: true },
      { label: "Base model", text: true },
      { label: "Tuned model", text: true },
      { label: "Tuned − base" },
    ],
    rows: samples.map(({ batch, query, base, tuned, baseReward, tunedReward }) => ({
      source: "run",
      cells: [
        html`<span class="quote">${query}</span> <span class="source">batch ${batch}</span>`,
        completion(base, baseReward),
        completion(tuned, tunedReward),
        signed(tunedReward - baseReward),
      ],
    })),
    note: html`Before each completion: its reward. Marked: words of the rebuilt lexicon, <mark class="good">positive</mark> or <mark class="bad">negative</mark>. Words of several tokens count in the reward but are not marked.`,
  };
}

/** The text with marked lexicon words; a word is a sequence of letters, apostrophes and hyphens. */
function marked(text: string, values: ReadonlyMap<string, number>): Content[] {
  return text.split(/([\p{L}][\p{L}'’-]*)/u).map((piece) => {
    const value = values.get(piece.toLowerCase());
    if (value === undefined || value === 0) return piece;
    return html`<mark class="${value > 0 ? "good" : "bad"}" title="${signed(value, 1)}">${piece}</mark>`;
  });
}

export function triplesTable({ samples }: TriplesResults): Table {
  return {
    caption: "Examples of contrastive triples",
    columns: [
      { label: "Context", text: true },
      { label: "Positive", text: true },
      { label: "Neutral", text: true },
      { label: "Negative", text: true },
    ],
    rows: samples.map(({ context, positive, neutral, negative }) => ({
      source: "run",
      cells: [html`<span class="quote">${shortened(context)}</span>`, positive, neutral, negative],
    })),
  };
}

/** The end of the context, which the word follows. */
function shortened(context: string): string {
  const characters = [...context];
  return characters.length > 160 ? `… ${characters.slice(-160).join("")}` : context;
}

export function triplesCountsTable(triples: TriplesResults): Table {
  const share = (value: number) => `${fixed(100 * value, 1)}%`;
  return {
    caption: "Contrastive triples",
    paper: "section 4.3",
    columns: [
      { label: "Source", text: true },
      { label: "Triples" },
      { label: "Distinct positive words" },
      { label: "Neutral" },
      { label: "Negative" },
      { label: "Largest share of one neutral" },
      { label: "... of one negative" },
    ],
    rows: [
      { source: "published", cells: ["Paper", "6,602", "–", "–", "–", "–", "–"] },
      {
        source: "run",
        cells: [
          "This run",
          whole(triples.triples),
          whole(triples.distinctPositives),
          whole(triples.distinctNeutrals),
          whole(triples.distinctNegatives),
          share(triples.largestNeutralShare),
          share(triples.largestNegativeShare),
        ],
      },
    ],
  };
}

export function publishedDescriptionsTable(): Table {
  return {
    caption: "Five of the paper's descriptions, by GPT-4",
    paper: "Table 2",
    columns: [
      { label: "Feature", text: true },
      { label: "Description", text: true },
    ],
    rows: table2.map(({ layer, feature, explanation }) => ({
      source: "published",
      cells: [`Layer ${layer}, feature ${feature}`, explanation],
    })),
    note: "Of Pythia-70m tuned on the classifier reward of Appendix F; Tables 8 and 9 list fifty.",
  };
}
