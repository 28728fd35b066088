/**
 * Tables: reward before and after ablation, and frequency of activation (paper, Tables 5 and 6).
 */

import { type PaperModel, table5, table6 } from "../../paper/published.js";
import type { AblateResults, AblationKind, AblationOfKind, FrequencyResults } from "../../results/results.js";
import { type ControlNames, controlsOf } from "../ablation-controls.js";
import { excludesZero, fixed, interval, percent, percentInterval, sample, whole } from "../format.js";
import { controlHead, ownHead, publishedRows, type Row, type Table } from "./table.js";

/** Names of the controls in a sentence. */
export const controlNames: ControlNames = {
  random: "random features of the same layers",
  matchedFrequency: "features of the same frequency",
  unlabelled: "explained features without the label",
};

const kindNotes: Readonly<Record<AblationKind, string>> = {
  subtractFeatures:
    "Subtracted: for each feature, its activation times its direction is subtracted from the MLP output; the reconstruction error stays.",
  replace: "Replaced: the MLP output is replaced by the reconstruction without the features.",
};

export function ablationTable(ablate: AblateResults, same?: PaperModel): Table {
  const { before, completion, base, related, otherKinds } = ablate;
  const features = related.reduce((sum, { features }) => sum + features.length, 0);
  const kinds: AblationOfKind[] = [ablate, ...otherKinds];
  const rowsOf = (ofKind: AblationOfKind): Row[] => {
    const way = kinds.length > 1 ? (ofKind.kind === "replace" ? ", replaced" : ", subtracted") : "";
    return [
      {
        source: "run",
        cells: [
          ownHead(`${whole(features)} labelled features${way}`),
          interval(before),
          interval(ofKind.after),
          interval(ofKind.effect),
          "",
          sample(ofKind.effect),
        ],
      },
      ...controlsOf(ofKind, controlNames).map(
        ({ name, control }): Row => ({
          source: "control",
          cells: [
            controlHead(`Same number of ${name}${way}, ${control.draws.length} draws`),
            interval(before),
            fixed(before.value + control.meanEffect.value),
            interval(control.meanEffect),
            interval(control.difference),
            sample(control.meanEffect),
          ],
        }),
      ),
    ];
  };
  return {
    caption: "Reward before and after ablation",
    paper: "Table 5",
    columns: [
      { label: "Ablated", text: true },
      { label: "Before" },
      { label: "After" },
      { label: "After − before" },
      { label: "Labelled − control" },
      { label: "n" },
    ],
    rows: [
      ...publishedRows(same, (model) => {
        const { before, after } = table5[model];
        return [fixed(before), fixed(after), fixed(after - before), "–", "1,000 prompts"];
      }),
      ...kinds.flatMap(rowsOf),
      { source: "control", cells: [controlHead("Base model"), interval(base), "", "", "", sample(base)] },
      {
        source: "run",
        cells: [
          ownHead("Labelled features, reward of the completion only"),
          interval(completion.before),
          interval(completion.after),
          interval(completion.effect),
          "",
          sample(completion.effect),
        ],
      },
    ],
    note: `${kinds.map(({ kind }) => kindNotes[kind]).join(" ")} Changes are paired over prompts.`,
  };
}

/** Number of features that the table of single effects shows from either end. */
const FEATURES_SHOWN = 10;

/**
 * Each labelled feature ablated alone: the strongest effects of both signs. Undefined when it
 * was not requested.
 */
export function singleFeatureTable({ eachFeature }: AblateResults): Table | undefined {
  if (eachFeature.length === 0) return undefined;
  const shown =
    eachFeature.length > 2 * FEATURES_SHOWN
      ? [...eachFeature.slice(0, FEATURES_SHOWN), ...eachFeature.slice(-FEATURES_SHOWN)]
      : eachFeature;
  const beyond = eachFeature.filter(({ effect }) => excludesZero(effect)).length;
  return {
    caption: "Each labelled feature ablated by itself",
    columns: [{ label: "Feature", text: true }, { label: "After − before" }, { label: "n" }],
    rows: shown.map(({ layer, feature, effect }) => ({
      source: "run",
      cells: [`layer ${layer}, feature ${feature}`, interval(effect), sample(effect)],
    })),
    note: `${shown.length} of ${eachFeature.length} features, strongest first. The intervals of ${beyond} features exclude zero; 5% (${fixed(0.05 * eachFeature.length, 1)}) would by chance.`,
  };
}

export function frequencyTable({ models }: FrequencyResults, same?: PaperModel): Table {
  const ordered = [...models].sort((a) => (a.model === "tuned" ? -1 : 1));
  return {
    caption: "Frequency of activation where R predicts a high reward",
    paper: "Table 6",
    columns: [
      { label: "Model", text: true },
      { label: "Labelled features" },
      { label: "Same frequency (control)" },
      { label: "Average feature" },
      { label: "High positions" },
      { label: "R above threshold" },
      { label: "n" },
    ],
    rows: [
      ...publishedRows(same, (model) => [
        percent(table6[model].ablated),
        "–",
        percent(table6[model].average),
        "–",
        "–",
        "–",
      ]),
      ...ordered.map(({ model, related, average, matchedFrequency, positions, highPositions, shareAbove }) => ({
        source: model === "tuned" ? ("run" as const) : ("control" as const),
        cells: [
          model === "tuned" ? ownHead("Tuned model") : controlHead("Base model"),
          percentInterval(related),
          percentInterval(matchedFrequency),
          percentInterval(average),
          `${whole(highPositions)} of ${whole(positions)}`,
          percent(shareAbove),
          sample(average),
        ],
      })),
    ],
    note: ordered.map(
      ({ model, criterion, threshold }) =>
        `${model === "tuned" ? "Tuned" : "Base"} model: high means ${criterion === "top decile" ? `the top tenth (R at least ${fixed(threshold)}), since no value exceeds the threshold` : `R above ${threshold} (the paper: 3)`}. `,
    ),
  };
}
