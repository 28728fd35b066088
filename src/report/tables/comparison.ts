/** Table: the paper's main numbers and this run's. */
import {
  type PaperModel,
  paperModels,
  table1,
  table4,
  table5,
  table6,
  table7,
  table11,
  table12,
} from "../../paper/published.js";
import type { Results } from "../../results/results.js";
import { mean } from "../../stats/moments.js";
import { fixed, interval, percent, percentInterval, whole } from "../format.js";
import { type Content, html } from "../html.js";
import { kendallOf } from "./kendall.js";
import type { Row, Table } from "./table.js";

/**
 * One measure: its table in the paper, the paper's value for each model, the run's value, and the
 * run's control.
 */
interface Line {
  measure: string;
  table: string;
  paper: (model: PaperModel) => string;
  own: string;
  control?: [name: string, value: string];
}

export function comparisonTable(results: Results): Table {
  const shown = (value: string, name: string): Content =>
    value === "–" ? value : html`${value} <span class="source">${name}</span>`;
  return {
    caption: "Comparison with the paper",
    columns: [
      { label: "Measure", text: true },
      ...paperModels.map((model) => ({ label: html`${model} <span class="source">paper</span>` })),
      { label: "This run" },
      { label: "Control" },
    ],
    rows: lines(results).map(
      ({ measure, table, paper, own, control }): Row => ({
        source: "run",
        cells: [
          html`${measure} <span class="source">${table}</span>`,
          ...paperModels.map(paper),
          own,
          control && shown(control[1], control[0]),
        ],
      }),
    ),
    note: "Brackets: 95% bootstrap interval over prompts, words or texts; n is in the section of each measure. Change by ablation: reward after minus before. A dash: not run, or not published.",
  };
}

function lines({ tune, dictionaries, probe, ablate, frequency }: Results): Line[] {
  const all = dictionaries?.dictionaries ?? [];
  const quality = (pick: "l0" | "normalisedMse", model: "tuned" | "base") =>
    mean(all.filter((one) => one.model === model && one.size === "small").map((one) => one[pick]));
  const size = (wanted: "large" | "small") => whole(all.find((one) => one.size === wanted)?.dSae);
  const tied = (model: PaperModel) => table12.find((one) => one.model === model && one.setting === "tied weights");
  const tuned = frequency?.models.find(({ model }) => model === "tuned");
  const base = frequency?.models.find(({ model }) => model === "base");
  const tau = (model: "tuned" | "base", words: "all" | "negative") =>
    interval(probe && kendallOf(probe, model, words)?.tau, 3);
  return [
    {
      measure: "Reward, tuned model",
      table: "Table 7",
      paper: (model) => fixed(table7[model].tuned),
      own: interval(tune?.reward.tuned),
      control: ["base model", interval(tune?.reward.base)],
    },
    {
      measure: "Reward, base model",
      table: "Table 7",
      paper: (model) => fixed(table7[model].base),
      own: interval(tune?.reward.base),
    },
    {
      measure: "Kendall tau, all words",
      table: "Table 4",
      paper: (model) => fixed(table4[model].tau, 3),
      own: tau("tuned", "all"),
      control: ["base model", tau("base", "all")],
    },
    {
      measure: "Kendall tau, negative words",
      table: "Table 11",
      paper: (model) => fixed(table11[model].tau, 3),
      own: tau("tuned", "negative"),
      control: ["base model", tau("base", "negative")],
    },
    {
      measure: "Change by ablation",
      table: "Table 5",
      paper: (model) => fixed(table5[model].after - table5[model].before),
      own: interval(ablate?.effect),
      control: ["random features", interval(ablate?.random?.meanEffect)],
    },
    {
      measure: "Labelled features, active at high R",
      table: "Table 6",
      paper: (model) => percent(table6[model].ablated),
      own: percentInterval(tuned?.related),
      control: ["base model", percentInterval(base?.related)],
    },
    {
      measure: "Average feature, active at high R",
      table: "Table 6",
      paper: (model) => percent(table6[model].average),
      own: percentInterval(tuned?.average),
      control: ["same frequency", percentInterval(tuned?.matchedFrequency)],
    },
    {
      measure: "Features, large / small dictionary",
      table: "Table 1",
      paper: (model) => `${whole(table1[model].large)} / ${whole(table1[model].small)}`,
      own: all.length > 0 ? `${size("large")} / ${size("small")}` : "–",
    },
    {
      measure: "L0 / 100",
      table: "Table 12, tied",
      paper: (model) => fixed(tied(model)?.sparsity, 3),
      own: fixed(quality("l0", "tuned") / 100, 3),
      control: ["base model", fixed(quality("l0", "base") / 100, 3)],
    },
    {
      measure: "Reconstruction",
      table: "Table 12, tied",
      paper: (model) => fixed(tied(model)?.reconstruction, 3),
      own: fixed(quality("normalisedMse", "tuned"), 3),
      control: ["base model", fixed(quality("normalisedMse", "base"), 3)],
    },
  ];
}
