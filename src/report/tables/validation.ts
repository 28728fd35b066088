/** Tables: reward before and after ablation, and frequency of activation (paper, Tables 5 and 6). */
import type { AblateResults, ControlEffect, FrequencyResults } from "../../pipeline/results.js";
import { fixed, interval, percent, percentInterval, sample, whole } from "../format.js";
import { type PaperModel, table5, table6 } from "../published.js";
import { controlHead, ownHead, publishedRows, type Row, type Table } from "./table.js";

export function ablationTable(ablate: AblateResults, same?: PaperModel): Table {
  const { before, after, effect, completion, base, random, matchedFrequency, unlabelled } = ablate;
  const features = ablate.related.reduce((sum, { features }) => sum + features.length, 0);
  const controls: [string, ControlEffect | undefined][] = [
    ["Random features of the same layers", random],
    ["Features of the same frequency", matchedFrequency],
    ["Explained, not labelled", unlabelled],
  ];
  const rows: Row[] = [
    ...publishedRows(same, (model) => {
      const { before, after } = table5[model];
      return [fixed(before), fixed(after), fixed(after - before), "1,000 prompts"];
    }),
    {
      source: "run",
      cells: [
        ownHead(`${whole(features)} labelled features`),
        interval(before),
        interval(after),
        interval(effect),
        sample(effect),
      ],
    },
    ...controls.flatMap(([name, control]): Row[] =>
      control && control.draws.length > 0
        ? [
            {
              source: "control",
              cells: [
                controlHead(`${name}, ${control.draws.length} draws`),
                interval(before),
                fixed(before.value + control.meanEffect.value),
                interval(control.meanEffect),
                sample(control.meanEffect),
              ],
            },
          ]
        : [],
    ),
    { source: "control", cells: [controlHead("Base model"), interval(base), "", "", sample(base)] },
  ];
  if (completion) {
    rows.push({
      source: "run",
      cells: [
        ownHead("Labelled features, reward of the completion alone"),
        interval(completion.before),
        interval(completion.after),
        interval(completion.effect),
        sample(completion.effect),
      ],
    });
  }
  return {
    caption: "Reward before and after ablation",
    paper: "Table 5",
    columns: [
      { label: "Ablated", text: true },
      { label: "Before" },
      { label: "After" },
      { label: "After − before" },
      { label: "n" },
    ],
    rows,
    note:
      ablate.kind === "subtractFeatures"
        ? "Ablated: f_i d_i of the features is taken off the MLP output, so that what the autoencoder does not explain stays. Changes are paired over prompts."
        : "Ablated: the MLP output is replaced by the reconstruction without the features. Changes are paired over prompts.",
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
      { label: "R > 3" },
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
      ...ordered.map(({ model, related, average, matchedFrequency, positions, highPositions, shareAbove3 }) => ({
        source: model === "tuned" ? ("run" as const) : ("control" as const),
        cells: [
          model === "tuned" ? ownHead("Tuned model") : controlHead("Base model"),
          percentInterval(related),
          percentInterval(matchedFrequency),
          percentInterval(average),
          `${whole(highPositions)} of ${whole(positions)}`,
          percent(shareAbove3),
          sample(average),
        ],
      })),
    ],
    note: ordered.map(
      ({ model, criterion, threshold }) =>
        `${model === "tuned" ? "Tuned" : "Base"} model: high means ${criterion === "above 3" ? "R above 3, as in the paper" : `the top tenth (R at least ${fixed(threshold)}), since nothing exceeds 3`}. `,
    ),
  };
}
