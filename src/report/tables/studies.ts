/** Tables: autoencoders with other settings (paper, Appendix J: Figure 5, Tables 12 and 13). */

import { type PublishedQuality, table12, table13 } from "../../paper/published.js";
import type { Interval, MeasuredSetting, StudiesResults, StudyComparison } from "../../results/results.js";
import { fixed, interval, percent, sample } from "../format.js";
import { html } from "../html.js";
import { ownHead, type Row, type Table } from "./table.js";

const columns = [
  { label: "Model", text: true },
  { label: "Setting", text: true },
  { label: "L0 / 100" },
  { label: "Normalised reconstruction" },
  { label: "L0 / 100, over training" },
  { label: "Reconstruction, over training" },
  { label: "Explained variance" },
  { label: "Dead features" },
  { label: "n" },
];

const note =
  "L0: active features per token. Reconstruction: mean squared error divided by the variance of the MLP outputs. The first two numbers are measured on held-out texts after training; those “over training” are means over all training steps. The paper does not specify which of the two its losses are. Means over the given layers; brackets: 95% intervals over texts.";

const hundredth = (estimate: Interval): Interval => ({
  ...estimate,
  value: estimate.value / 100,
  low: estimate.low / 100,
  high: estimate.high / 100,
});

function ownRow(one: MeasuredSetting, dSae: number): Row {
  const layers = `layer${one.layers.length === 1 ? "" : "s"} ${one.layers.join(", ")}`;
  return {
    source: "run",
    cells: [
      ownHead("Tuned model"),
      html`${one.setting} <span class="source">${layers}</span>`,
      interval(hundredth(one.l0), 3),
      interval(one.normalisedMse, 3),
      fixed(one.training.l0 / 100, 3),
      fixed(one.training.normalisedMse, 3),
      percent(one.explainedVariance),
      `${fixed(one.deadFeatures, 1)} of ${dSae}`,
      sample(one.l0),
    ],
  };
}

function comparisonTable(
  { settings, differences }: StudyComparison,
  published: readonly PublishedQuality[],
  dSae: number,
): Pick<Table, "columns" | "rows"> {
  return {
    columns,
    rows: [
      ...published.map(
        ({ model, setting, sparsity, reconstruction }): Row => ({
          source: "published",
          cells: [
            html`${model} <span class="source">paper</span>`,
            setting,
            fixed(sparsity, 3),
            fixed(reconstruction, 3),
            ...Array<string>(5).fill(""),
          ],
        }),
      ),
      ...settings.map((one) => ownRow(one, dSae)),
      ...differences.map(
        ({ setting, from, l0, normalisedMse }): Row => ({
          source: "run",
          cells: [
            ownHead("Difference"),
            `${setting} − ${from}`,
            interval(hundredth(l0), 3),
            interval(normalisedMse, 3),
            ...Array<string>(4).fill(""),
            sample(l0),
          ],
        }),
      ),
    ],
  };
}

/** Table 12, with the paper's rows. Undefined if the study was not requested. */
export function tyingTable({ tying, dSae }: StudiesResults, published = table12): Table | undefined {
  if (!tying) return undefined;
  return {
    caption: "Autoencoders with tied and untied encoder and decoder",
    paper: "Table 12",
    ...comparisonTable(tying, published, dSae),
    note,
  };
}

/** Table 13, with the paper's rows. Undefined if the study was not requested. */
export function layerChoiceTable({ layerChoice, dSae }: StudiesResults, published = table13): Table | undefined {
  if (!layerChoice) return undefined;
  return {
    caption: "Layers of highest and of lowest divergence",
    paper: "Table 13",
    ...comparisonTable(layerChoice, published, dSae),
    note: `${note} The paper's “lowest layers” can mean those of lowest divergence or the first ones of the model; both are shown. Its Pythia-70m row of highest divergence differs from the same setting in Table 12.`,
  };
}

/** The numbers of Figure 5. Undefined if the study was not requested. */
export function sweepTable({ sweep, dSae }: StudiesResults): Table | undefined {
  if (sweep.length === 0) return undefined;
  return { caption: "Weights of the L1 norm", columns, rows: sweep.map((one) => ownRow(one, dSae)), note };
}
